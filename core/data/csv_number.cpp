#include "core/data/csv_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace tandem {
namespace {

// A shape is 1 + group * 3 + decimal, or one of the two ambiguous ones: a single sign before exactly three digits.
enum Group : std::uint8_t { kNoGroup, kPointGroup, kCommaGroup, kSpaceGroup, kApostropheGroup };
enum Decimal : std::uint8_t { kNoDecimal, kPoint, kComma };
constexpr NumberShape kAmbiguousPoint = 16, kAmbiguousComma = 17;

constexpr NumberShape shape(Group group, Decimal decimal) {
  return static_cast<NumberShape>(1 + group * 3 + decimal);
}
constexpr Group groupOf(NumberShape shape) {
  return static_cast<Group>((shape - 1) / 3);
}
constexpr Decimal decimalOf(NumberShape shape) {
  return static_cast<Decimal>((shape - 1) % 3);
}
constexpr bool isAmbiguous(NumberShape shape) {
  return shape == kAmbiguousPoint || shape == kAmbiguousComma;
}
constexpr char kGroupSigns[] = {'\0', '.', ',', ' ', '\''};
constexpr char kDecimalSigns[] = {'\0', '.', ','};

// A space or apostrophe used as thousands separator, and its length in bytes: also U+00A0, U+202F, U+2009 and U+2019.
std::pair<Group, std::size_t> wideSign(std::string_view text) {
  if (text.starts_with(' ')) return {kSpaceGroup, 1};
  if (text.starts_with('\'')) return {kApostropheGroup, 1};
  if (text.starts_with("\xc2\xa0")) return {kSpaceGroup, 2};
  if (text.starts_with("\xe2\x80\xaf") || text.starts_with("\xe2\x80\x89")) return {kSpaceGroup, 3};
  if (text.starts_with("\xe2\x80\x99")) return {kApostropheGroup, 3};
  return {kNoGroup, 0};
}

bool isExponent(std::string_view text) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return false;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, isDigit);
}

bool isNotFinite(std::string_view cell) {
  char lower[8] = {};
  if (cell.size() > sizeof lower) return false;
  std::ranges::transform(cell, lower, [](char c) { return static_cast<char>(c | 0x20); });
  const std::string_view name(lower, cell.size());
  return name == "inf" || name == "infinity" || name == "nan";
}

// Four numbers up to 255, separated by points.
bool isAddress(std::string_view cell) {
  int parts = 0;
  while (!cell.empty()) {
    int number = 0;
    const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
    if (code != std::errc() || number > 255) return false;
    ++parts;
    cell.remove_prefix(static_cast<std::size_t>(end - cell.data()));
    if (cell.starts_with('.')) cell.remove_prefix(1);
  }
  return parts == 4;
}

constexpr std::string_view kMinus = "\xe2\x88\x92";  // U+2212

std::string_view withoutSign(std::string_view cell) {
  if (cell.starts_with('+') || cell.starts_with('-')) cell.remove_prefix(1);
  if (cell.starts_with(kMinus)) cell.remove_prefix(kMinus.size());
  return cell;
}

// The most frequent way of writing numbers: digits, perhaps with a sign before and a point between them.
struct Digits {
  std::uint64_t value = 0;  // without the point
  std::uint32_t whole = 0, decimals = 0;
};

// False for other numbers, and for such as ".5", "5." and those of more than 15 digits, which a double may not hold.
inline bool readDigits(std::string_view cell, Digits& digits) {
  constexpr std::ptrdiff_t kMost = 15;
  const char *at = cell.data(), *const end = at + cell.size();
  if (at != end && (*at == '-' || *at == '+')) ++at;
  const char *const start = at, *point = end;
  if (end - start > kMost + 1) return false;
  for (; at != end; ++at) {
    if (isDigit(*at))
      digits.value = 10 * digits.value + static_cast<std::uint64_t>(*at - '0');
    else if (*at == '.' && point == end)
      point = at;
    else
      return false;
  }
  digits.whole = static_cast<std::uint32_t>(point - start);
  digits.decimals = point == end ? 0 : static_cast<std::uint32_t>(end - point - 1);
  return digits.whole > 0 && (point == end || digits.decimals > 0) && digits.whole + digits.decimals <= kMost;
}

// Correctly rounded, because both numbers are exact (Clinger, "How to read floating point numbers accurately", 1990).
double valueOf(const Digits& digits, bool negative) {
  constexpr double kPower[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const double value = static_cast<double>(digits.value) / kPower[digits.decimals];
  return negative ? -value : value;
}

std::optional<double> parsePlain(std::string_view cell) {
  if (Digits digits; readDigits(cell, digits)) return valueOf(digits, cell[0] == '-');
  if (cell.starts_with('+')) {
    cell.remove_prefix(1);
    if (cell.starts_with('-')) return std::nullopt;
  }
  double value = 0;
  const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (cell.empty() || end != cell.data() + cell.size()) return std::nullopt;
  if (code == std::errc::result_out_of_range) {
    const bool tiny = cell.find("e-") != cell.npos || cell.find("E-") != cell.npos;
    const double huge = cell.starts_with('-') ? -std::numeric_limits<double>::infinity()
                                              : std::numeric_limits<double>::infinity();
    // Not 0, so that a column of such numbers is not taken for a constant one.
    return tiny ? std::copysign(std::numeric_limits<double>::denorm_min(), huge) : huge;
  }
  if (code != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

NumberShape shapeOf(std::string_view cell) {
  double ignored = 0;
  return shapeOf(cell, ignored);
}

NumberShape shapeOf(std::string_view cell, double& value) {
  if (Digits digits; readDigits(cell, digits)) {
    value = valueOf(digits, cell[0] == '-');
    if (digits.decimals == 0) return kWhole;
    const bool ambiguous = digits.decimals == 3 && digits.whole <= 3;
    if (!ambiguous) return shape(kNoGroup, kPoint);
  }
  const bool plus = cell.starts_with('+');
  const std::string_view whole = cell = withoutSign(cell);
  std::size_t i = 0;
  while (i < cell.size() && isDigit(cell[i])) ++i;
  if (i == cell.size()) return i > 0 ? kWhole : kText;
  if (i == 0 && cell[0] != '.' && cell[0] != ',') return isNotFinite(whole) ? kWhole : kText;
  // Groups: one to three digits, then a sign and three digits once or more. In India, groups before the last one have
  // two digits: "2,52,793".
  const std::size_t lead = i;
  Group group = kNoGroup;
  std::size_t groups = 0;
  if (lead >= 1 && lead <= 3) {
    for (;;) {
      Group sign = cell[i] == '.' ? kPointGroup : cell[i] == ',' ? kCommaGroup : kNoGroup;
      std::size_t length = 1;
      if (sign == kNoGroup) std::tie(sign, length) = wideSign(cell.substr(i));
      if (sign == kNoGroup || (group != kNoGroup && sign != group)) break;
      const std::string_view rest = cell.substr(i + length);
      const std::size_t digits = std::min(rest.size(), rest.find_first_not_of("0123456789"));
      const bool indian = sign == kCommaGroup && lead <= 2 && digits == 2 && rest.substr(2, 1) == ",";
      if (digits != 3 && !indian) break;
      group = sign;
      ++groups;
      i += length + digits;
      if (i == cell.size()) break;
    }
  }
  if (groups == 1 && (group == kPointGroup || group == kCommaGroup)) {
    const bool exponent = isExponent(cell.substr(i));
    if (i == cell.size() && cell[0] != '0') return group == kPointGroup ? kAmbiguousPoint : kAmbiguousComma;
    if (i == cell.size() || exponent) return shape(kNoGroup, group == kPointGroup ? kPoint : kComma);
  }
  if (group == kPointGroup && i == cell.size() && isAddress(cell)) return kAddress;
  if (plus && group == kSpaceGroup) return kText;  // "+49 100 123": a telephone number
  if (groups > 0 && i == cell.size()) return cell[0] == '0' ? kText : shape(group, kNoDecimal);
  if (groups > 0 && cell[0] == '0') return kText;
  Decimal decimal = kNoDecimal;
  if (cell[i] == '.' || cell[i] == ',') {
    decimal = cell[i] == '.' ? kPoint : kComma;
    if (groups > 0 && kGroupSigns[group] == kDecimalSigns[decimal]) return kText;
    const std::size_t start = ++i;
    while (i < cell.size() && isDigit(cell[i])) ++i;
    if (i == start && lead == 0) return kText;
  }
  if (i < cell.size() && !isExponent(cell.substr(i))) return kText;
  return shape(group, decimal);
}

bool fits(NumberShape shape, NumberStyle style) {
  if (shape == kText) return false;
  if (shape == kAddress) return style.thousands == '.';
  if (shape >= kAmbiguousPoint) {
    const char sign = shape == kAmbiguousPoint ? '.' : ',';
    return style.decimal == sign || style.thousands == sign;
  }
  const char group = kGroupSigns[groupOf(shape)], decimal = kDecimalSigns[decimalOf(shape)];
  return (group == '\0' || group == style.thousands) && (decimal == '\0' || decimal == style.decimal);
}

std::optional<double> parseNumber(std::string_view cell, NumberStyle style) {
  if (cell.starts_with(kMinus)) {
    const std::string_view rest = cell.substr(kMinus.size());
    const auto value = withoutSign(rest) == rest ? parseNumber(rest, style) : std::nullopt;
    return value ? std::optional(-*value) : std::nullopt;
  }
  if (style == NumberStyle{}) return parsePlain(cell);
  if (!fits(shapeOf(cell), style)) return std::nullopt;
  char plain[64];
  std::size_t length = 0;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (length == sizeof plain) return std::nullopt;
    const char c = cell[i];
    if (c == style.decimal) {
      plain[length++] = '.';
    } else if (c == style.thousands && c != '\0') {
      continue;
    } else if (const auto [sign, bytes] = wideSign(cell.substr(i)); sign != kNoGroup) {
      i += bytes - 1;
    } else {
      plain[length++] = c;
    }
  }
  return parsePlain({plain, length});
}

namespace {

// Ways of writing numbers that are not read: hexadecimal, with Fortran's exponent "1.5D0", with the digits of other
// scripts (full-width and Arabic).
bool isOtherNotation(std::string_view cell) {
  if (cell.starts_with("0x") || cell.starts_with("0X"))
    return cell.size() > 2 &&
           std::ranges::all_of(cell.substr(2), [](unsigned char c) { return std::isxdigit(c); });
  if (const std::size_t d = cell.find_first_of("dD");
      d != cell.npos && cell.substr(0, d).find('.') != cell.npos) {
    std::string number(cell);
    number[d] = 'e';
    return parsePlain(number).has_value();
  }
  std::size_t digits = 0;
  for (std::size_t i = 0; i < cell.size();) {
    const std::string_view rest = cell.substr(i);
    const auto last = [&](std::size_t length) {
      return rest.size() >= length ? static_cast<unsigned char>(rest[length - 1]) : 0u;
    };
    if (rest.starts_with("\xef\xbc") && last(3) >= 0x90 && last(3) <= 0x99) {  // U+FF10
      ++digits;
      i += 3;
    } else if (rest.starts_with("\xd9") && last(2) >= 0xa0 && last(2) <= 0xa9) {  // U+0660
      ++digits;
      i += 2;
    } else if (rest.starts_with("\xdb") && last(2) >= 0xb0 && last(2) <= 0xb9) {  // U+06F0
      ++digits;
      i += 2;
    } else if (rest[0] == '.' || rest[0] == ',') {
      ++i;
    } else {
      return false;
    }
  }
  return digits > 0;
}

}  // namespace

bool looksLikeNumber(std::string_view cell, bool typing) {
  for (const std::string_view mark :
       {"$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5"}) {  // dollar, euro, pound, yen
    if (cell.starts_with(mark)) cell.remove_prefix(mark.size());
    if (cell.ends_with(mark)) cell.remove_suffix(mark.size());
  }
  if (cell.starts_with('(') && cell.ends_with(')'))
    cell = cell.substr(1, cell.size() - 2);  // negative, in accounts
  if (cell.ends_with('%') || cell.ends_with('-')) cell.remove_suffix(1);
  while (cell.starts_with(' ')) cell.remove_prefix(1);
  while (cell.ends_with(' ')) cell.remove_suffix(1);
  cell = withoutSign(cell);
  if (isOtherNotation(cell)) return true;
  std::size_t digits = 0, letters = 0, inGroup = 0;
  char sign = '\0';  // the last one
  bool repeated = false;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const char c = cell[i];
    if (isDigit(c)) {
      ++digits;
      ++inGroup;
    } else if (typing && (c == 'O' || c == 'o' || c == 'l' || c == 'I')) {
      ++letters;  // in the place of 0 or 1
      ++inGroup;
    } else if (const auto [group, bytes] = wideSign(cell.substr(i)); group != kNoGroup || c == '_') {
      i += bytes > 0 ? bytes - 1 : 0;
    } else if (c == '.' || c == ',') {
      repeated = repeated || sign == c;
      sign = c;
      inGroup = 0;
    } else if (!(digits > 0 && (c == 'e' || c == 'E')) &&
               !((c == '+' || c == '-') && i > 0 && (cell[i - 1] | 0x20) == 'e')) {
      return false;
    }
  }
  // "1.2.3", "31.12.2020" and "10.0.0.1" are versions, dates and addresses.
  if (repeated && inGroup != 3) return false;
  return digits > 0 && letters <= digits;
}

std::string_view unitOf(std::string_view cell, NumberStyle style) {
  constexpr std::size_t kLongest = 8;
  const auto isSign = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalpha(byte) != 0 || byte >= 0x80 || c == '%';
  };
  std::size_t start = 0;  // of the unit; a space of several bytes belongs to the number
  while (start < cell.size() && !isSign(cell[start])) {
    ++start;
    if (const auto [group, bytes] = wideSign(cell.substr(start)); bytes > 1) start += bytes;
  }
  std::string_view number = cell.substr(0, start);
  const std::string_view unit = cell.substr(start);
  while (number.ends_with(' ')) number.remove_suffix(1);
  if (number.ends_with("\xc2\xa0")) number.remove_suffix(2);
  if (!parseNumber(number, style) || unit.empty() || unit.size() > kLongest) return {};
  return unit.find(' ') == unit.npos ? unit : std::string_view{};
}

std::optional<double> categoryNumber(std::string_view cell, NumberStyle style, bool amongTexts) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: above it different whole numbers may be one double
  std::string_view digits = withoutSign(cell);
  if (digits.size() > 1 && digits[0] == '0' && isDigit(digits[1])) return std::nullopt;
  if (amongTexts) {
    if (const std::size_t point = digits.find(style.decimal); point != digits.npos)
      if (digits.find_first_not_of('0', point + 1) == digits.npos) digits = digits.substr(0, point);
    if (!std::ranges::all_of(digits, isDigit)) return std::nullopt;
  }
  const auto number = fits(shapeOf(cell), style) ? parseNumber(cell, style) : std::nullopt;
  return number && std::abs(*number) < kExact ? number : std::nullopt;
}

void ColumnShapes::add(NumberShape shape, std::string_view cell, std::int64_t line) {
  if (isAmbiguous(shape)) zeros = zeros || cell.ends_with('0');
  for (Shape& each : shapes) {
    if (each.shape != shape) continue;
    ++each.count;
    return;
  }
  shapes.push_back({shape, 1, line, std::string(cell)});
}

void ColumnShapes::add(const ColumnShapes& later) {
  zeros = zeros || later.zeros;
  for (const Shape& each : later.shapes) {
    const auto known = std::ranges::find(shapes, each.shape, &Shape::shape);
    if (known == shapes.end())
      shapes.push_back(each);
    else
      known->count += each.count;
  }
}

void NumberEvidence::add(const ColumnShapes& column, const std::string& name) {
  bool whole = false, open = false;
  for (const ColumnShapes::Shape& each : column.shapes) {
    if (count[each.shape] == 0 || each.line < first[each.shape].line)
      first[each.shape] = {each.cell, name, each.line};
    count[each.shape] += each.count;
    whole = whole || each.shape == kWhole;
    open = open || isAmbiguous(each.shape);
  }
  mixed = mixed || (whole && open);
  zeros = zeros || (whole && column.zeros);
}

Result<StyleDecision> decideStyle(const NumberEvidence& evidence, const TableFormat& format, char delimiter,
                                  const std::optional<NumberStyle>& expected, const std::string& where) {
  const auto firstOf = [&](auto&& matches) -> const NumberEvidence::Example* {
    for (NumberShape s = kWhole; s < kNumberShapes; ++s)
      if (evidence.count[s] > 0 && matches(s)) return &evidence.first[s];
    return nullptr;
  };
  const auto certain = [](NumberShape s) { return s < kAmbiguousPoint; };
  const auto* point = firstOf(
      [&](NumberShape s) { return certain(s) && (decimalOf(s) == kPoint || groupOf(s) == kCommaGroup); });
  const auto* comma = firstOf(
      [&](NumberShape s) { return certain(s) && (decimalOf(s) == kComma || groupOf(s) == kPointGroup); });
  const auto* openPoint = firstOf([&](NumberShape s) { return s == kAmbiguousPoint; });
  const auto* openComma = firstOf([&](NumberShape s) { return s == kAmbiguousComma; });
  const auto clash = [&](const auto& a, const auto& b) {
    return invalid(
        fmt::format("\"{}\" in column \"{}\" and \"{}\" in column \"{}\" (line {}) use different decimal "
                    "separators",
                    b.cell, b.column, a.cell, a.column, a.line),
        fmt::format("{}:{}", where, b.line),
        "Correct one of them, or set the decimal separator; a column that does not contain numbers can be "
        "made a category or ignored");
  };
  StyleDecision result;
  char decimal = format.decimal.empty() ? '\0' : format.decimal[0];
  if (decimal == '\0' && (format.thousands == "." || format.thousands == ","))
    decimal = format.thousands == "." ? ',' : '.';
  if (decimal == '\0' && point && comma)
    return point->line < comma->line ? clash(*point, *comma) : clash(*comma, *point);
  if (decimal == '\0' && (point || comma)) decimal = point ? '.' : ',';
  const bool open = decimal == '\0';
  // Only a sign that the expected style uses decides what the file leaves open.
  const auto known = [&](const auto* example, char sign) {
    return !example || expected->decimal == sign || expected->thousands == sign;
  };
  if (open && expected && known(openPoint, '.') && known(openComma, ',')) {
    decimal = expected->decimal;
  } else if (open) {
    if (openPoint && openComma)
      return openPoint->line < openComma->line ? clash(*openPoint, *openComma)
                                               : clash(*openComma, *openPoint);
    const auto* example = openPoint ? openPoint : openComma;
    const char sign = openPoint ? '.' : ',', other = openPoint ? ',' : '.';
    // Programs that write 950 instead of 950.000 write 7.25 instead of 7.250: whole numbers beside groups of exactly
    // three digits are evidence of thousands, the more so if groups end in a zero.
    const bool usual = sign == '.' ? delimiter == ',' : delimiter == ';';  // a decimal separator there
    const bool thousands =
        (evidence.mixed && (!usual || evidence.zeros)) || (sign == ',' && delimiter == ',');
    decimal = example && thousands ? other : example ? sign : '.';
    if (example && (thousands || evidence.mixed || !usual)) {
      std::string grouped = example->cell, plain = example->cell;
      std::erase_if(grouped, [](char c) { return c == '.' || c == ','; });
      std::ranges::replace(plain, ',', '.');
      result.note = fmt::format(
          "\"{}\" in column \"{}\" (line {}) is read as {}, not {}; if that is wrong, set the decimal separator to {}",
          example->cell, example->column, example->line, thousands ? grouped : plain,
          thousands ? plain : grouped, decimal == '.' ? "a comma" : "a point");
    }
  }
  result.style.decimal = decimal;
  if (format.thousands.empty()) {
    const char other = decimal == '.' ? ',' : '.';
    const Group group = decimal == '.' ? kCommaGroup : kPointGroup;
    const auto grouped = [&](Group g) {
      return firstOf([&](NumberShape s) { return certain(s) && groupOf(s) == g; });
    };
    if (grouped(group) || (other == '.' ? openPoint : openComma))
      result.style.thousands = other;
    else if (grouped(kSpaceGroup))
      result.style.thousands = ' ';
    else if (grouped(kApostropheGroup))
      result.style.thousands = '\'';
    else if (expected && decimal == expected->decimal)
      result.style.thousands = expected->thousands;
  } else if (format.thousands != "none") {
    result.style.thousands = format.thousands[0];
  }
  return result;
}

}  // namespace tandem
