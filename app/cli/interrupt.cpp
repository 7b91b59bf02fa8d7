#include "app/cli/interrupt.h"

#include <unistd.h>
#include <csignal>

namespace tandem::cli {
namespace {

volatile std::sig_atomic_t asked = 0;

void onSignal(int signal) {
  if (asked && signal != SIGPIPE) _exit(128 + signal);
  asked = 1;
}

}  // namespace

void installInterruptHandler() {
  struct sigaction action {};
  action.sa_handler = onSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGPIPE, &action, nullptr);
  struct sigaction hangup {};
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)  // not under nohup
    sigaction(SIGHUP, &action, nullptr);
}

bool interrupted() {
  return asked != 0;
}

}  // namespace tandem::cli
