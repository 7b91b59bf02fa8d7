#include "core/data/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace tandem {
namespace {

bool isLineEnd(char c) {
  return c == '\n' || c == '\r';
}

std::string_view trim(std::string_view cell) {
  const auto isSpace = [](char c) { return c == ' ' || c == '\t'; };
  while (!cell.empty() && isSpace(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && isSpace(cell.back())) cell.remove_suffix(1);
  return cell;
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

std::string_view CsvRows::plainCell() {
  const std::size_t start = position_;
  while (position_ < text_.size() && text_[position_] != separator_ && !isLineEnd(text_[position_]))
    ++position_;
  return trim(text_.substr(start, position_ - start));
}

Result<std::string_view> CsvRows::quotedCell() {
  const std::size_t start = ++position_;
  bool doubled = false;
  for (;; ++position_) {
    if (position_ >= text_.size()) return invalid("a quote is never closed", place());
    const char c = text_[position_];
    const bool another = position_ + 1 < text_.size() && text_[position_ + 1] == '"';
    if (c == '\n' || (c == '\r' && !(position_ + 1 < text_.size() && text_[position_ + 1] == '\n')))
      ++nextLine_;
    if (c != '"') continue;
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
    if (cell[i] == '"') ++i;
  }
  return std::string_view(plain);
}

Result<bool> CsvRows::next() {
  do {
    cells_.clear();
    unescaped_.clear();
    while (position_ < text_.size() && isLineEnd(text_[position_])) endLine();
    line_ = nextLine_;
    if (position_ >= text_.size()) return false;
    for (;;) {
      while (position_ < text_.size() && text_[position_] == ' ') ++position_;
      if (position_ < text_.size() && text_[position_] == '"') {
        Result<std::string_view> cell = quotedCell();
        if (!cell.ok() && partial_ && position_ >= text_.size()) return false;
        TANDEM_ASSIGN(const std::string_view text, std::move(cell));
        cells_.push_back(text);
      } else {
        cells_.push_back(plainCell());
      }
      if (position_ >= text_.size()) {
        if (partial_) return false;
        break;
      }
      if (isLineEnd(text_[position_])) {
        endLine();
        break;
      }
      ++position_;  // the separator
    }
  } while (cells_.size() == 1 && cells_[0].empty());  // a line of spaces
  return true;
}

std::optional<double> parseNumber(std::string_view cell, char separator) {
  char buffer[64];
  if (cell.starts_with('+')) cell.remove_prefix(1);
  const std::size_t comma = separator == ';' ? cell.find(',') : std::string_view::npos;
  if (comma != std::string_view::npos && cell.size() < sizeof buffer) {
    std::ranges::copy(cell, buffer);
    buffer[comma] = '.';
    cell = {buffer, cell.size()};
  }
  double value = 0;
  const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || cell.empty()) return std::nullopt;
  if (code == std::errc::result_out_of_range) {
    const bool tiny = cell.find("e-") != cell.npos || cell.find("E-") != cell.npos;
    return tiny ? 0.0 : std::numeric_limits<double>::infinity();
  }
  if (code != std::errc()) return std::nullopt;
  return value;
}

char sniffSeparator(std::string_view text) {
  constexpr int kRows = 20;
  char best = ',';
  std::size_t mostCells = 1;
  for (const char separator : {'\t', ';', ','}) {
    CsvRows rows(text, separator, {});
    std::size_t width = 0;
    bool same = true;
    for (int r = 0; r < kRows; ++r) {
      const Result<bool> more = rows.next();
      same = same && more.ok();
      if (!more.ok() || !*more) break;
      if (r == 0) width = rows.cells().size();
      same = same && rows.cells().size() == width;
    }
    if (same && width > 1) return separator;
    if (width > mostCells) {
      mostCells = width;
      best = separator;
    }
  }
  return best;
}

}  // namespace tandem
