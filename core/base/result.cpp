#include "core/base/result.h"

namespace tandem {

Error::Error() = default;
Error::Error(ErrorCode kind, std::string_view problem, std::string_view place, std::string_view advice)
    : code(kind), message(problem), where(place), hint(advice) {}
Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

std::string Error::text() const {
  std::string line;
  if (!where.empty()) line += where + ": ";
  line += message;
  if (!hint.empty()) line += ". " + hint;
  return line;
}

Error invalid(std::string_view message, std::string_view where, std::string_view hint) {
  return {ErrorCode::InvalidInput, message, where, hint};
}

void failAccess(const Error* error) {
  throw Bug(error ? "value() of a Result that holds an error: " + error->text()
                  : "error() of a Result that holds a value");
}

void failCheck(const char* condition, const char* file, int line, std::string_view context) {
  throw Bug(std::string(file) + ":" + std::to_string(line) + ": check '" + condition +
            "' failed: " + std::string(context));
}

}  // namespace tandem
