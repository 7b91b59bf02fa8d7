#include "core/data/time_stamp.h"

#include <chrono>

#include "core/data/csv_number.h"

namespace tandem {
namespace {

// Takes what it reads from the start of the text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  char next() const { return done() ? '\0' : text_.front(); }
  bool take(char c) {
    if (next() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // A number of `least` to `most` digits.
  std::optional<int> digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < text_.size() && count < most && isDigit(text_[count])) ++count;
    if (count < least) return std::nullopt;
    int value = 0;
    for (const char digit : text_.substr(0, count)) value = value * 10 + (digit - '0');
    text_.remove_prefix(count);
    return value;
  }
  // Of a second: ".25".
  double fraction() {
    double value = 0, unit = 0.1;
    for (; isDigit(next()); text_.remove_prefix(1), unit /= 10) value += unit * (next() - '0');
    return value;
  }

 private:
  std::string_view text_;
};

std::optional<double> dateOf(Scanner& text, bool dayFirst) {
  const auto first = dayFirst ? text.digits(1, 2) : text.digits(4, 4);
  const char sign = text.next();
  const bool known = dayFirst ? sign == '.' : sign == '-' || sign == '/' || sign == '.';
  if (!first || !known || !text.take(sign)) return std::nullopt;
  const auto month = text.digits(1, 2);
  if (!month || !text.take(sign)) return std::nullopt;
  const auto last = dayFirst ? text.digits(4, 4) : text.digits(1, 2);
  if (!last) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(dayFirst ? *last : *first),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(dayFirst ? *first : *last)));
  if (!date.ok()) return std::nullopt;
  constexpr double kDay = 86400;
  return kDay * static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count());
}

// "14:05", "14:05:10.25"
std::optional<double> clockOf(Scanner& text) {
  const auto hours = text.digits(1, 2);
  if (!hours || *hours > 24 || !text.take(':')) return std::nullopt;
  const auto minutes = text.digits(2, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  double seconds = 0;
  if (text.take(':')) {
    const auto whole = text.digits(2, 2);
    if (!whole || *whole > 60) return std::nullopt;
    seconds = *whole;
    if (text.take('.') || text.take(',')) seconds += text.fraction();
  }
  return 3600.0 * *hours + 60.0 * *minutes + seconds;
}

// "Z", "+02:00", "-0530": what the clock is ahead of UTC.
std::optional<double> zoneOf(Scanner& text) {
  if (text.done() || text.take('Z')) return 0;
  const double sign = text.next() == '-' ? -1 : 1;
  if (!text.take('+') && !text.take('-')) return std::nullopt;
  const auto hours = text.digits(2, 2);
  text.take(':');
  const auto minutes = text.digits(2, 2);
  if (!hours) return std::nullopt;
  return sign * (3600.0 * *hours + 60.0 * minutes.value_or(0));
}

}  // namespace

std::optional<double> timeOf(std::string_view text) {
  const std::size_t sign = text.find_first_of("-/.");
  Scanner scanner(text);
  const auto date = dateOf(scanner, sign < 4);
  if (!date || scanner.done()) return date;
  if (!scanner.take(' ') && !scanner.take('T')) return std::nullopt;
  const auto clock = clockOf(scanner);
  if (!clock) return std::nullopt;
  scanner.take(' ');
  const auto zone = zoneOf(scanner);
  if (!zone || !scanner.done()) return std::nullopt;
  return *date + *clock - *zone;
}

}  // namespace tandem
