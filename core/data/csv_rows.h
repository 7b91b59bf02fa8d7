// The rows of a CSV text: RFC 4180 quoting, with any delimiter, quote, comment character and line ending.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tandem {

struct CsvSyntax {
  char delimiter = ',';  // ' ': any number of spaces and tabs
  char quote = '"';      // '\0': none
  char comment = '\0';   // at the start of a line; '\0': none
  bool operator==(const CsvSyntax&) const = default;
};

class CsvRows {
 public:
  // `partial`: the text is the start of a longer one, so a last row without a line ending is not returned.
  CsvRows(std::string_view text, CsvSyntax syntax, std::string_view where, bool partial = false,
          std::int64_t firstLine = 1)
      : text_(text), syntax_(syntax), where_(where), partial_(partial), nextLine_(firstLine) {}

  // Reads the next row that is neither blank nor a comment; false at the end of the text.
  Result<bool> next();
  // The values of the current row, without quotes and surrounding spaces. Valid until next().
  std::span<const std::string_view> cells() const { return cells_; }
  bool isQuoted(std::size_t cell) const { return quoted_[cell] != 0; }
  // An empty cell without quotes.
  bool isBlank(std::size_t cell) const { return cells_[cell].empty() && !isQuoted(cell); }
  std::int64_t line() const { return line_; }          // where the row starts
  std::string place() const;                           // "file.csv:17"
  std::size_t position() const { return position_; }   // bytes read
  std::int64_t nextLine() const { return nextLine_; }  // the line of position()

 private:
  Result<std::string_view> quotedCell();
  std::string_view plainCell();
  void endLine();
  void skipLine();
  void skipBlanks();

  std::string_view text_;
  CsvSyntax syntax_;
  std::string_view where_;
  bool partial_;
  std::size_t position_ = 0;
  std::int64_t line_ = 0, nextLine_;
  std::vector<std::string_view> cells_;
  std::vector<std::uint8_t> quoted_;
  std::deque<std::string> unescaped_;  // cells of the row that contained doubled quotes
};

// Rows that are not used because values are missing.
struct CsvSkipped {
  std::int64_t rows = 0;
  std::vector<std::int64_t> lines;  // the first of them

  void add(std::int64_t line);
  void add(const CsvSkipped& later);
  std::string text() const;  // "Skipped 2 rows with missing values: lines 14, 90"
};

// For messages: the first names, separated by commas.
std::string shortList(const std::vector<std::string>& names);

}  // namespace tandem
