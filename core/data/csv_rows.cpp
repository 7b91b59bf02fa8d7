#include "core/data/csv_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/text/plural.h"

namespace tandem {
namespace {

bool isLineEnd(char c) {
  return c == '\n' || c == '\r';
}

bool isSpace(char c) {
  return c == ' ' || c == '\t';
}

// Also without no-break spaces (U+00A0), which office programs pad numbers with.
std::string_view trim(std::string_view cell) {
  constexpr std::string_view kNoBreak = "\xc2\xa0";
  const auto size = [&](bool blank, bool noBreak) {
    return blank ? 1 : noBreak ? kNoBreak.size() : std::size_t{0};
  };
  while (const std::size_t n = cell.empty() ? 0 : size(isSpace(cell.front()), cell.starts_with(kNoBreak)))
    cell.remove_prefix(n);
  while (const std::size_t n = cell.empty() ? 0 : size(isSpace(cell.back()), cell.ends_with(kNoBreak)))
    cell.remove_suffix(n);
  return cell;
}

// The first of four characters, or `end`. Long tables spend most of their time here.
const char* findAnyOf(const char* at, const char* end, const std::array<char, 4>& chars) {
#ifdef __SSE2__
  const auto each = [](char c) { return _mm_set1_epi8(c); };
  const std::array wanted = {each(chars[0]), each(chars[1]), each(chars[2]), each(chars[3])};
  for (; end - at >= 16; at += 16) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto equal = [&](std::size_t i) { return _mm_cmpeq_epi8(text, wanted[i]); };
    const int found =
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(equal(0), equal(1)), _mm_or_si128(equal(2), equal(3))));
    if (found != 0) return at + std::countr_zero(static_cast<unsigned>(found));
  }
#endif
  return std::find_first_of(at, end, chars.begin(), chars.end());
}

}  // namespace

std::string CsvRows::place() const {
  return fmt::format("{}:{}", where_, line_);
}

// Skips "\n", "\r\n" or "\r".
void CsvRows::endLine() {
  if (text_[position_] == '\r' && position_ + 1 < text_.size() && text_[position_ + 1] == '\n') ++position_;
  ++position_;
  ++nextLine_;
}

void CsvRows::skipLine() {
  while (position_ < text_.size() && !isLineEnd(text_[position_])) ++position_;
}

void CsvRows::skipBlanks() {
  const bool tabs = syntax_.delimiter == ' ';
  while (position_ < text_.size() && (text_[position_] == ' ' || (tabs && text_[position_] == '\t')))
    ++position_;
}

std::string_view CsvRows::plainCell() {
  const std::size_t start = position_;
  const char delimiter = syntax_.delimiter;
  const char tab = delimiter == ' ' ? '\t' : delimiter;
  const char* const at = text_.data() + position_;
  const char* const end = text_.data() + text_.size();
  position_ = static_cast<std::size_t>(findAnyOf(at, end, {delimiter, tab, '\n', '\r'}) - text_.data());
  return trim(text_.substr(start, position_ - start));
}

Result<std::string_view> CsvRows::quotedCell() {
  const char quote = syntax_.quote;
  const std::size_t start = ++position_;
  bool doubled = false;
  for (;; ++position_) {
    if (position_ >= text_.size()) return invalid("a quote is never closed", place());
    const char c = text_[position_];
    const bool another = position_ + 1 < text_.size() && text_[position_ + 1] == quote;
    if (c == '\n' || (c == '\r' && !(position_ + 1 < text_.size() && text_[position_ + 1] == '\n')))
      ++nextLine_;
    if (c != quote) continue;
    if (!another) break;
    doubled = true;
    ++position_;
  }
  std::string_view cell = text_.substr(start, position_ - start);
  ++position_;
  if (!plainCell().empty())
    return invalid("text follows a closing quote", place(), "Double the quotes inside a value");
  if (!doubled) return cell;
  std::string& plain = unescaped_.emplace_back();
  for (std::size_t i = 0; i < cell.size(); ++i) {
    plain += cell[i];
    if (cell[i] == quote) ++i;
  }
  return std::string_view(plain);
}

Result<bool> CsvRows::next() {
  do {
    cells_.clear();
    quoted_.clear();
    unescaped_.clear();
    for (;;) {
      while (position_ < text_.size() && isLineEnd(text_[position_])) endLine();
      if (syntax_.comment == '\0' || position_ >= text_.size() || text_[position_] != syntax_.comment) break;
      skipLine();
    }
    line_ = nextLine_;
    if (position_ >= text_.size()) return false;
    for (;;) {
      skipBlanks();
      // With blanks as delimiters, those at the end of a line do not begin another cell.
      const bool ended = position_ >= text_.size() || isLineEnd(text_[position_]);
      if (syntax_.delimiter == ' ' && ended && !cells_.empty()) {
        // no cell
      } else if (syntax_.quote != '\0' && !ended && text_[position_] == syntax_.quote) {
        Result<std::string_view> cell = quotedCell();
        if (!cell.ok() && partial_ && position_ >= text_.size()) return false;
        TANDEM_ASSIGN(const std::string_view text, std::move(cell));
        cells_.push_back(text);
        quoted_.push_back(1);
      } else {
        cells_.push_back(plainCell());
        quoted_.push_back(0);
      }
      if (position_ >= text_.size()) {
        if (partial_) return false;
        break;
      }
      if (isLineEnd(text_[position_])) {
        endLine();
        break;
      }
      ++position_;  // the delimiter
    }
  } while (cells_.size() == 1 && cells_[0].empty() && !isQuoted(0));  // a line of spaces
  return true;
}

void CsvSkipped::add(std::int64_t line) {
  constexpr std::size_t kShown = 20;
  ++rows;
  if (lines.size() < kShown) lines.push_back(line);
}

void CsvSkipped::add(const CsvSkipped& later) {
  for (const std::int64_t line : later.lines) add(line);
  rows += later.rows - std::ssize(later.lines);
}

std::string CsvSkipped::text() const {
  const bool all = std::ssize(lines) == rows;
  return fmt::format("Skipped {} with missing values: line{} {}{}", counted(rows, "row"),
                     rows == 1 ? "" : "s", fmt::join(lines, ", "), all ? "" : ", ...");
}

std::string shortList(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 12;
  const std::size_t shown = std::min(kShown, names.size());
  return fmt::format("{}{}",
                     fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < names.size() ? ", ..." : "");
}

}  // namespace tandem
