// Which cells stand for missing values.
#include <algorithm>
#include <cctype>

#include "core/data/csv_number.h"

namespace tandem {
namespace {

// Without a fraction of zeros: "-999" for "-999.0". Three zeros may be thousands.
std::string_view withoutZeros(std::string_view cell) {
  const std::size_t sign = cell.find_first_of(".,");
  if (sign == cell.npos || sign == 0 || !isDigit(cell[sign - 1])) return cell;
  const bool zeros = cell.find_first_not_of('0', sign + 1) == cell.npos;
  return zeros && cell.size() != sign + 4 ? cell.substr(0, sign) : cell;
}

// Numbers match however they are written: "-999" and "-999.0".
bool isToken(std::string_view cell, const std::vector<std::string>& tokens) {
  return std::ranges::any_of(tokens, [&](const std::string& token) {
    return token == cell ||
           (!token.empty() && isDigit(token.back()) && withoutZeros(token) == withoutZeros(cell));
  });
}

}  // namespace

bool isMissingNumber(std::string_view cell, const std::vector<std::string>& tokens) {
  if (cell.empty() || isToken(cell, tokens)) return true;
  constexpr std::string_view kFirst = "nN?#<";
  if (cell.size() > 4 || kFirst.find(cell[0]) == kFirst.npos) return false;
  std::string lower(cell);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char x) { return static_cast<char>(std::tolower(x)); });
  for (const std::string_view token : {"?", "na", "n/a", "#n/a", "<na>", "nan", "null"})
    if (lower == token) return true;
  return false;
}

bool isMissingText(std::string_view cell, bool quoted, const std::vector<std::string>& tokens) {
  if (cell.empty() && !quoted) return true;
  return isToken(cell, tokens);
}

}  // namespace tandem
