// ARFF, the format of Weka: attributes with their kinds, then rows, which may list only what is not 0.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/data/csv_rows.h"
#include "core/data/declared_table.h"
#include "core/data/reader.h"
#include "core/data/split_names.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

constexpr char kComment = '%';
constexpr std::size_t kUnchecked = std::size_t{64} << 20;  // sparse rows become much longer

bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the next line off `text`; the ends of lines are "\n", "\r\n" or "\r".
std::string_view takeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  const std::size_t ending = text.substr(end).starts_with("\r\n") ? 2 : 1;
  text.remove_prefix(std::min(end + ending, text.size()));
  return line;
}

bool isEmpty(std::string_view line) {
  return line.empty() || line.front() == kComment;
}

std::string_view firstWord(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t"));
}

// A value, or the name of an attribute.
struct Token {
  std::string text;
  bool quoted = false;
  bool isMissing() const { return !quoted && (text == "?" || text.empty()); }
};

class ArffReader {
 public:
  ArffReader(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  // Up to the line @data.
  Status readColumns() {
    bool named = false;
    while (nextLine()) {
      if (isEmpty(line_)) continue;
      const std::string word = lowerCase(firstWord(line_));
      if (word == "@data") {
        if (columns_.empty()) return bad("there is no attribute above @data");
        for (const DeclaredColumn& column : columns_)
          values_.emplace_back(column.categories.begin(), column.categories.end());
        return success();
      }
      if (word == "@relation") {
        named = true;
        continue;
      }
      if (word != "@attribute" || !named)
        return bad(fmt::format("\"{}\" is not a declaration of an ARFF file", shortened(line_)),
                   "There must be @relation, then one @attribute for each column, then @data");
      line_.remove_prefix(word.size());
      TANDEM_TRY(readAttribute());
    }
    return Error{ErrorCode::Io, "the file ends before @data", where_, "Download the file again"};
  }

  // The rows after @data; the lines above become empty ones.
  Result<std::string> readRows() {
    std::string text(static_cast<std::size_t>(number_ - 1), '\n');
    appendNames(text, columns_);
    text += '\n';
    for (std::size_t checked = kUnchecked; nextLine();) {
      if (!isEmpty(line_)) TANDEM_TRY(line_.front() == '{' ? readSparse(text) : readDense(text));
      text += '\n';
      if (text.size() <= checked) continue;
      TANDEM_TRY(checkMemory(static_cast<double>(text.size()), where_));
      checked = text.size() + kUnchecked;
    }
    return text;
  }

  std::vector<DeclaredColumn> takeColumns() { return std::move(columns_); }

 private:
  bool nextLine() {
    if (rest_.empty()) return false;
    line_ = trimmed(takeLine(rest_));
    ++number_;
    return true;
  }

  static std::string shortened(std::string_view text) {
    constexpr std::size_t kMost = 40;
    if (text.size() <= kMost) return std::string(text);
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
      --end;  // not inside a character
    return std::string(text.substr(0, end)) + "…";
  }

  Error bad(std::string_view message, std::string_view hint = {}) const {
    return invalid(message, fmt::format("{}:{}", where_, number_), hint);
  }

  // Takes a token off the line, up to one of `ends`, which stays.
  Result<Token> takeToken(std::string_view ends) {
    line_ = trimmed(line_);
    Token token;
    if (line_.empty() || (line_.front() != '\'' && line_.front() != '"')) {
      const std::size_t end = std::min(line_.find_first_of(ends), line_.size());
      token.text = trimmed(line_.substr(0, end));
      line_.remove_prefix(end);
      return token;
    }
    token.quoted = true;
    const char quote = line_.front();
    for (std::size_t i = 1; i < line_.size(); ++i) {
      if (line_[i] == quote) {
        line_ = trimmed(line_.substr(i + 1));
        return token;
      }
      if (line_[i] != '\\' || i + 1 == line_.size()) {
        token.text += line_[i];
        continue;
      }
      const char next = line_[++i];
      // Ends of lines become spaces, so that the rows of the table stay at their lines.
      token.text += next == 'n' || next == 'r' || next == 't' ? ' ' : next;
    }
    return bad("a quote is never closed");
  }

  Status readAttribute() {
    DeclaredColumn column;
    TANDEM_ASSIGN(Token name, takeToken(" \t{"));
    column.name = std::move(name.text);
    if (column.name.empty()) return bad("the attribute has no name");
    if (!names_.insert(column.name).second)
      return bad(fmt::format("two attributes are named \"{}\"", column.name), "Rename one");
    line_ = trimmed(line_);
    if (line_.starts_with('{')) {
      column.kind = DeclaredColumn::Kind::Category;
      TANDEM_TRY(readValues(column));
    } else {
      const std::string kind = lowerCase(line_.substr(0, line_.find_first_of(" \t%")));
      if (kind == "numeric" || kind == "real" || kind == "integer") {
        column.kind = DeclaredColumn::Kind::Number;
      } else if (kind == "string") {
        column.kind = DeclaredColumn::Kind::Text;
      } else if (kind == "date") {
        column.kind = DeclaredColumn::Kind::Date;
      } else if (kind == "relational") {
        return Error{ErrorCode::Unsupported,
                     fmt::format("the attribute \"{}\" is relational: its values are tables", column.name),
                     fmt::format("{}:{}", where_, number_),
                     "Convert the data to one table, such as with Weka"};
      } else {
        return bad(fmt::format("\"{}\" is not the type of an attribute", shortened(line_)),
                   "Types are numeric, real, integer, string, date, or a list of values in braces");
      }
    }
    columns_.push_back(std::move(column));
    return success();
  }

  // "{a, 'b c', d}"
  Status readValues(DeclaredColumn& column) {
    std::set<std::string> seen;
    do {
      line_.remove_prefix(1);
      TANDEM_ASSIGN(Token value, takeToken(",}"));
      if (value.text.empty() && !value.quoted)
        return bad(fmt::format("the list of values of \"{}\" has an empty one", column.name));
      if (!seen.insert(value.text).second)
        return bad(
            fmt::format("\"{}\" is twice among the values of \"{}\"", shortened(value.text), column.name));
      column.categories.push_back(std::move(value.text));
    } while (line_.starts_with(','));
    if (line_.starts_with('}')) return success();
    return bad(fmt::format("the list of values of \"{}\" is not closed", column.name), "It ends in }");
  }

  Status append(std::string& text, std::size_t c, const Token& value) const {
    const DeclaredColumn& column = columns_[c];
    if (c > 0) text += ',';
    if (value.isMissing()) return success();
    if (column.kind == DeclaredColumn::Kind::Category && !values_[c].contains(value.text))
      return bad(
          fmt::format("\"{}\" is not a value of the attribute \"{}\"", shortened(value.text), column.name),
          "It has " + shortList(column.categories));
    appendCell(text, value.text);
    return success();
  }

  Status readDense(std::string& text) {
    std::size_t count = 0;
    do {
      if (count > 0) line_.remove_prefix(1);
      line_ = trimmed(line_);
      if (line_.starts_with('{'))
        return bad("the row has a weight, which is not supported",
                   "Write the weight as a further attribute, and choose it as the sample weights");
      TANDEM_ASSIGN(const Token value, takeToken(","));
      if (count == columns_.size())
        return bad(fmt::format("the row has more values than the {} of the attributes", columns_.size()));
      TANDEM_TRY(append(text, count++, value));
    } while (line_.starts_with(','));
    if (!isEmpty(line_)) return bad(fmt::format("\"{}\" follows a closing quote", shortened(line_)));
    if (count < columns_.size())
      return bad(fmt::format("the row has {}, but there are {}", counted(count, "value"),
                             counted(columns_.size(), "attribute")));
    return success();
  }

  // What a row leaves out: 0, or the first value.
  static Token omitted(const DeclaredColumn& column) {
    switch (column.kind) {
      case DeclaredColumn::Kind::Number:
        return {"0", false};
      case DeclaredColumn::Kind::Category:
        return {column.categories.front(), true};
      case DeclaredColumn::Kind::Text:
      case DeclaredColumn::Kind::Date:
        break;
    }
    return {"", true};
  }

  // "{1 5, 3 'a b'}": the position of an attribute, from 0, and its value.
  Status readSparse(std::string& text) {
    std::size_t next = 0;  // the first column that is not yet written
    line_.remove_prefix(1);
    line_ = trimmed(line_);
    while (!line_.starts_with('}')) {
      std::size_t column = 0;
      const auto [end, code] = std::from_chars(line_.data(), line_.data() + line_.size(), column);
      if (code != std::errc() || end == line_.data() + line_.size() || !isBlank(*end))
        return bad(fmt::format("\"{}\" is not the number of an attribute and its value", shortened(line_)));
      if (column >= columns_.size() || column < next)
        return bad(column < next ? fmt::format("attribute {} does not come after the one before it", column)
                                 : fmt::format("there is no attribute {}; they are 0 to {}", column,
                                               columns_.size() - 1));
      line_.remove_prefix(static_cast<std::size_t>(end - line_.data()));
      TANDEM_ASSIGN(const Token value, takeToken(",}"));
      for (; next < column; ++next) TANDEM_TRY(append(text, next, omitted(columns_[next])));
      TANDEM_TRY(append(text, next++, value));
      if (line_.starts_with(',')) {
        line_ = trimmed(line_.substr(1));
        continue;
      }
      if (!line_.starts_with('}')) return bad("the row is not closed", "It ends in }");
    }
    line_ = trimmed(line_.substr(1));
    if (!isEmpty(line_))
      return bad("text follows the row",
                 "Weights of rows, such as {5}, are not supported; write them as an attribute");
    for (; next < columns_.size(); ++next) TANDEM_TRY(append(text, next, omitted(columns_[next])));
    return success();
  }

  std::string_view rest_;
  const std::string& where_;
  std::string_view line_;    // what is left of the current line
  std::int64_t number_ = 0;  // of the current line, from 1
  std::vector<DeclaredColumn> columns_;
  std::set<std::string> names_;
  std::vector<std::set<std::string>> values_;  // the categories of each column
};

}  // namespace

bool isArff(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = trimmed(takeLine(text));
    if (!isEmpty(line)) return lowerCase(firstWord(line)) == "@relation";
  }
  return false;
}

Result<std::vector<DeclaredColumn>> readArffColumns(std::string_view text, const std::string& where) {
  ArffReader reader(text, where);
  TANDEM_TRY(reader.readColumns());
  return reader.takeColumns();
}

Result<DeclaredTable> readArff(std::string_view text, const std::string& where) {
  ArffReader reader(text, where);
  TANDEM_TRY(reader.readColumns());
  DeclaredTable table;
  TANDEM_ASSIGN(table.text, reader.readRows());
  table.columns = reader.takeColumns();
  return table;
}

}  // namespace tandem
