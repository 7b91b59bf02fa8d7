// The last words of a program that crashes: the signal and the addresses of the calls that led to it.
#pragma once

#include <string_view>

namespace tandem {

// On SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, writes to `descriptor`, then lets the signal end the
// process as it would have. Sanitizers report crashes themselves: with one, nothing is installed.
void installCrashLog(int descriptor, std::string_view program);

}  // namespace tandem
