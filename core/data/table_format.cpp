#include "core/data/table_format.h"

#include <fmt/format.h>

namespace tandem {
namespace {

bool isSign(std::string_view sign) {
  if (sign.size() != 1) return false;
  const auto byte = static_cast<unsigned char>(sign.front());
  return (byte >= 0x20 || byte == '\t') && byte < 0x7f;
}

bool isAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Error bad(std::string_view setting, std::string_view value, std::string_view hint) {
  return invalid(fmt::format("the {} cannot be {}", setting, signText(value)), "data", hint);
}

}  // namespace

std::string_view nameOf(HeaderChoice header) {
  constexpr std::string_view kNames[] = {"auto", "yes", "no"};
  return kNames[static_cast<std::size_t>(header)];
}

std::string signText(std::string_view sign) {
  if (sign == "\t") return "tab";
  if (sign == ",") return "comma";
  if (sign == ";") return "semicolon";
  if (sign == ".") return "point";
  if (sign == " ") return "spaces";
  return fmt::format("\"{}\"", sign);
}

Status checkFormat(const TableFormat& format) {
  const std::string& delimiter = format.delimiter;
  if (!delimiter.empty() &&
      (!isSign(delimiter) || isAlnum(delimiter[0]) || delimiter == "." || delimiter == "-"))
    return bad("delimiter", delimiter, "Use one character, such as , ; | or a tab");
  if (!format.decimal.empty() && format.decimal != "." && format.decimal != ",")
    return bad("decimal separator", format.decimal, "Use . or ,");
  constexpr std::string_view kThousands[] = {"", ".", ",", " ", "'", "none"};
  bool known = false;
  for (const std::string_view each : kThousands) known = known || format.thousands == each;
  if (!known) return bad("thousands separator", format.thousands, "Use . , ' or a space, or \"none\"");
  if (!format.thousands.empty() && format.thousands == format.decimal)
    return invalid("the decimal and the thousands separator are the same", "data", "Change one of them");
  for (const auto& [setting, value] :
       {std::pair("quote", &format.quote), std::pair("comment character", &format.comment)}) {
    if (value->empty()) continue;
    if (!isSign(*value) || isAlnum(value->front())) return bad(setting, *value, "Use one character, or none");
    if (*value == delimiter)
      return invalid(fmt::format("the {} and the delimiter are the same", setting), "data",
                     "Change one of them");
  }
  return success();
}

}  // namespace tandem
