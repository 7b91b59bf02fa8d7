// Numbers as they are written in tables: with a decimal point or comma, with or without thousands separators. Which of
// them a file uses is one decision for the whole file, because "7.341" alone may be 7.341 or 7341.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/table_format.h"

namespace tandem {

// Unlike std::isdigit, independent of the locale, and false for bytes of UTF-8.
constexpr bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

struct NumberStyle {
  char decimal = '.';
  char thousands = '\0';  // '.', ',', ' ' (also the no-break spaces), '\'' or none
  bool operator==(const NumberStyle&) const = default;
};

// How a cell is written, independent of the style: 0 for a text; otherwise a number, with the signs it uses.
using NumberShape = std::uint8_t;
constexpr NumberShape kText = 0, kWhole = 1;
constexpr std::size_t kNumberShapes = 19;
constexpr NumberShape kAddress =
    18;  // "192.168.100.200": an address, unless other cells use the point for thousands

NumberShape shapeOf(std::string_view cell);
// Also sets `value` where that costs nothing: to the number in the usual style. It is unchanged for other cells.
NumberShape shapeOf(std::string_view cell, double& value);
bool fits(NumberShape shape,
          NumberStyle style);  // whether the cell is a number in this style; false for kText

// The value of a number in the style; nothing if the cell is not one. A number too large for a double is returned as
// infinity; "inf" and "nan" are read as well.
std::optional<double> parseNumber(std::string_view cell, NumberStyle style);

// Whether a text was probably meant as a number: digits with signs, a percent or a currency sign, brackets; but not a
// date, a time, a range, a version or an address. With `typing`, a letter in the place of a digit counts ("5O").
bool looksLikeNumber(std::string_view cell, bool typing = false);

// What follows the number in "7 kg" or "3k": a sign or a few letters, perhaps after a space; empty for other texts.
std::string_view unitOf(std::string_view cell, NumberStyle style);

// The number by which a category is known: 1 and 1.0 are one, but codes such as "01" and numbers that a double may not
// hold are texts. Where other categories are texts (versions, codes), only a fraction of zeros makes no difference:
// "1.1" and "1.10", "100" and "1E2" are different.
std::optional<double> categoryNumber(std::string_view cell, NumberStyle style, bool amongTexts);

// Whether a cell of a column of numbers stands for a missing value (TableFormat::missing). An empty one does.
bool isMissingNumber(std::string_view cell, const std::vector<std::string>& tokens);
// The same in a column of texts, in which the usual tokens are ordinary values unless the user has set them.
bool isMissingText(std::string_view cell, bool quoted, const std::vector<std::string>& tokens);

// How often each shape occurs in a column, and where first.
struct ColumnShapes {
  struct Shape {
    NumberShape shape = kText;
    std::int64_t count = 0, line = 0;
    std::string cell;
  };
  std::vector<Shape> shapes;  // few of the possible ones occur
  bool zeros = false;         // such as "7.340" occur, which as decimals would usually be written "7.34"

  void add(NumberShape shape, std::string_view cell, std::int64_t line);
  void add(const ColumnShapes& later);  // counted in a later part of the column
};

// What is known about the cells of a table's columns of numbers.
struct NumberEvidence {
  struct Example {
    std::string cell, column;
    std::int64_t line = 0;
  };
  std::array<std::int64_t, kNumberShapes> count{};
  std::array<Example, kNumberShapes> first;
  bool mixed = false;  // a column contains whole numbers and such as "7.341"
  bool zeros = false;  // ColumnShapes::zeros of such a column

  void add(const ColumnShapes& column, const std::string& name);
};

struct StyleDecision {
  NumberStyle style;
  std::string
      note;  // for the user if the file leaves it open: "7.341 in line 2 is read as 7.341, not 7341. ..."
};

// Decides from the evidence; where that is ambiguous, from `expected` if given (the style of the training data), and
// then from the delimiter. An Error names two cells that contradict each other.
Result<StyleDecision> decideStyle(const NumberEvidence& evidence, const TableFormat& format, char delimiter,
                                  const std::optional<NumberStyle>& expected, const std::string& where);

}  // namespace tandem
