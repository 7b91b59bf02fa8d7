// The rows of a CSV text: RFC 4180 quoting, with any separator and line ending.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tandem {

class CsvRows {
 public:
  // `partial`: the text is the start of a longer one, so a last row without a line ending is not returned.
  CsvRows(std::string_view text, char separator, std::string where, bool partial = false)
      : text_(text), separator_(separator), where_(std::move(where)), partial_(partial) {}

  // Reads the next row that is not blank; false at the end of the text.
  Result<bool> next();
  // The values of the current row, without quotes and surrounding spaces. Valid until next().
  std::span<const std::string_view> cells() const { return cells_; }
  std::int64_t line() const { return line_; }         // where the row starts, from 1
  std::string place() const;                          // "file.csv:17"
  std::size_t position() const { return position_; }  // bytes read

 private:
  Result<std::string_view> quotedCell();
  std::string_view plainCell();
  void endLine();

  std::string_view text_;
  char separator_;
  std::string where_;
  bool partial_;
  std::size_t position_ = 0;
  std::int64_t line_ = 0, nextLine_ = 1;
  std::vector<std::string_view> cells_;
  std::deque<std::string> unescaped_;  // cells of the row that contained doubled quotes
};

// A number too large for a double is returned as infinity. If the separator is a semicolon, a comma may be
// the decimal separator, as spreadsheets write it in much of Europe.
std::optional<double> parseNumber(std::string_view cell, char separator);

// Tab, semicolon or comma: the first one for which all leading rows have the same number of cells.
char sniffSeparator(std::string_view text);

}  // namespace tandem
