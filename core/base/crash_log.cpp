#include "core/base/crash_log.h"

#include <execinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <ctime>

namespace tandem {
namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t kStackBytes = 64 * 1024;

int output = -1;
std::array<char, 32> name{};
alignas(16) std::array<char, kStackBytes> signalStack;

// In a signal handler nothing may allocate or lock, which rules out every usual way to format text.
struct Line {
  std::array<char, 256> text{};
  std::size_t size = 0;

  void add(const char* part) {
    while (*part && size < text.size()) text[size++] = *part++;
  }
  void addNumber(std::uint64_t value, int digits = 1) {
    std::array<char, 20> reversed{};
    int count = 0;
    do {
      reversed[static_cast<std::size_t>(count++)] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value > 0);
    for (int zero = count; zero < digits && size < text.size(); ++zero) text[size++] = '0';
    while (count > 0 && size < text.size()) text[size++] = reversed[static_cast<std::size_t>(--count)];
  }
};

// Like the log's other lines: 2026-11-20T07:30:00.123Z
void addTime(Line& line) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::chrono::sys_seconds seconds{std::chrono::seconds(now.tv_sec)};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  line.addNumber(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  line.add("-");
  line.addNumber(static_cast<unsigned>(date.month()), 2);
  line.add("-");
  line.addNumber(static_cast<unsigned>(date.day()), 2);
  line.add("T");
  line.addNumber(static_cast<std::uint64_t>(time.hours().count()), 2);
  line.add(":");
  line.addNumber(static_cast<std::uint64_t>(time.minutes().count()), 2);
  line.add(":");
  line.addNumber(static_cast<std::uint64_t>(time.seconds().count()), 2);
  line.add(".");
  line.addNumber(static_cast<std::uint64_t>(now.tv_nsec / 1'000'000), 3);
  line.add("Z ");
}

const char* nameOf(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    default:
      return "SIGABRT";
  }
}

void onCrash(int signal) {
  Line line;
  addTime(line);
  line.add(name.data());
  line.add("[");
  line.addNumber(static_cast<std::uint64_t>(::getpid()));
  line.add("] error: crashed with ");
  line.add(nameOf(signal));
  line.add("; calls, innermost first:\n");
  [[maybe_unused]] const ssize_t written = ::write(output, line.text.data(), line.size);
  std::array<void*, 64> calls{};
  ::backtrace_symbols_fd(calls.data(), ::backtrace(calls.data(), static_cast<int>(calls.size())), output);
  std::raise(signal);  // the handler is gone (SA_RESETHAND): ends the process once this one returns
}

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
void installCrashLog(int, std::string_view) {}
#else
void installCrashLog(int descriptor, std::string_view program) {
  output = descriptor;
  std::copy_n(program.begin(), std::min(program.size(), name.size() - 1), name.begin());
  void* call = nullptr;
  ::backtrace(&call, 1);  // the first call loads a library, which a signal handler may not
  stack_t stack{};        // a separate one: a stack that overflowed has no room for the handler
  stack.ss_sp = signalStack.data();
  stack.ss_size = signalStack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = onCrash;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_ONSTACK;
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}
#endif

}  // namespace tandem
