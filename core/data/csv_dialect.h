// How a text table is laid out: delimiter, header and columns, decided for the whole file from its first rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/csv_rows.h"
#include "core/data/table_format.h"

namespace tandem {

constexpr std::size_t kMaxOneHot = 32;  // values of a category that is a feature, if the user has not set it

struct CsvDialect {
  CsvSyntax syntax;
  bool header = false;
  std::vector<std::string> names;  // of the columns; numbered without a header
  std::string reason;              // for the user: why line 1 is taken as the header, or as data
  bool certain = false;            // the decision follows from numbers, not from texts alone
  std::size_t start = 0;           // where the header or the first row begins, and the line there: after
  std::int64_t startLine = 1;      // a line such as "sep=;", with which Excel marks the delimiter
  std::int64_t firstLine = 1;      // the line of the header or the first row
  std::size_t body = 0;            // where the rows after the header begin, and the line there
  std::int64_t bodyLine = 1;
  std::int64_t wideLine =
      0;  // if line 1 has one value: the first line below that has several, such as under a title
  bool trailing = false;            // each row ends in a delimiter, after which there is no column
  bool index = false;               // the first column numbers or names the rows
  std::vector<std::size_t> prose;   // columns of names or free texts
  std::vector<std::size_t> images;  // columns in which the first texts name images

  std::size_t width() const { return names.size(); }
};

// The columns' names in a header. Those without a name are numbered, and differ from the others.
std::vector<std::string> columnNames(const std::vector<std::string>& header);

// The delimiter of the text, and the quote and comment character of `format`. Errors: impossible settings.
Result<CsvSyntax> findSyntax(std::string_view text, const TableFormat& format);

// `format` sets what the user has decided. Errors: no rows, an unreadable first row.
Result<CsvDialect> findDialect(std::string_view text, const TableFormat& format, const std::string& where,
                               bool partial = false);

// An Error unless the current row has the columns of the table; a trailing delimiter is no column.
Status checkWidth(const CsvRows& rows, std::size_t width);

// "column 1" for the first of `names` if none of them has this name; npos if `name` is unknown.
std::size_t findColumn(const std::vector<std::string>& names, std::string_view name);

}  // namespace tandem
