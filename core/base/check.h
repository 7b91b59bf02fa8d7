// TANDEM_CHECK guards internal invariants. A failed check throws Bug, which is caught only at the outermost
// level (a thread's top-level function, main) to report the failure and save what can be saved.
#pragma once

#include <stdexcept>
#include <string_view>

namespace tandem {

class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void failCheck(const char* condition, const char* file, int line, std::string_view context);

}  // namespace tandem

#define TANDEM_CHECK(condition, context)                                              \
  do {                                                                                \
    if (!(condition)) ::tandem::failCheck(#condition, __FILE__, __LINE__, (context)); \
  } while (false)
