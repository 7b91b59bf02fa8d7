// Logs a crash: the signal and the addresses of the calls that led to it.
#pragma once

#include <string_view>

namespace tandem {

// On SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, writes to `descriptor`, then lets the signal end the
// process as usual. Does nothing in builds with a sanitizer, which reports crashes itself.
void installCrashLog(int descriptor, std::string_view program);

}  // namespace tandem
