// TANDEM_CHECK guards invariants of our own code. A failed check throws Bug, which only the edges
// (a thread's top function, main) catch to report and save what can be saved.
#pragma once

#include <stdexcept>
#include <string>

namespace tandem {

class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void failCheck(const char* condition, const char* file, int line, const std::string& context);

}  // namespace tandem

#define TANDEM_CHECK(condition, context)                                              \
  do {                                                                                \
    if (!(condition)) ::tandem::failCheck(#condition, __FILE__, __LINE__, (context)); \
  } while (false)
