// How a text table is written. In a project an empty setting means that it is decided from the file; with a trained
// model the decisions are stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tandem {

enum class HeaderChoice : std::uint8_t { Auto, Yes, No };
std::string_view nameOf(HeaderChoice header);  // "auto", "yes", "no"

struct TableFormat {
  HeaderChoice header = HeaderChoice::Auto;
  std::string delimiter;     // one ASCII character; " " stands for any number of spaces and tabs
  std::string decimal;       // "." or ","
  std::string thousands;     // ".", ",", " ", "'", or "none"
  std::string quote = "\"";  // one ASCII character, or empty: quotes have no meaning
  std::string comment;       // one ASCII character: lines that begin with it are ignored; empty: none are
  std::string encoding;  // a name that iconv knows; empty: UTF-8, or UTF-16 if the file begins with its mark
  // More values that stand for a missing one, in every column. Among numbers "?", "NA", "N/A", "#N/A", "<NA>", "NaN"
  // and "null" always do, in any case, and everywhere a cell that is empty and not quoted.
  std::vector<std::string> missing;
  bool operator==(const TableFormat&) const = default;
};

// An Error that names the setting which is not possible, or contradicts another one.
Status checkFormat(const TableFormat& format);

// For messages and settings: "tab", "comma", "semicolon", "spaces", or the character in quotes.
std::string signText(std::string_view sign);

}  // namespace tandem
