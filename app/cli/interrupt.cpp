#include "app/cli/interrupt.h"

#include <unistd.h>
#include <csignal>

namespace tandem::cli {
namespace {

volatile std::sig_atomic_t asked = 0;

void onSignal(int) {
  if (asked) _exit(130);
  asked = 1;
}

}  // namespace

void installInterruptHandler() {
  struct sigaction action {};
  action.sa_handler = onSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return asked != 0;
}

}  // namespace tandem::cli
