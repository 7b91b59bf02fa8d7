#include "core/base/result.h"

namespace tandem {

std::string Error::text() const {
  std::string line;
  if (!where.empty()) line += where + ": ";
  line += message;
  if (!hint.empty()) line += ". " + hint;
  return line;
}

void failCheck(const char* condition, const char* file, int line, const std::string& context) {
  throw Bug(std::string(file) + ":" + std::to_string(line) + ": check '" + condition +
            "' failed: " + context);
}

}  // namespace tandem
