#include "core/data/csv_text.h"

#include <fmt/format.h>
#include <iconv.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "core/data/content_kind.h"
#include "core/data/utf8.h"

namespace tandem {
namespace {

struct CloseConverter {
  void operator()(void* converter) const { iconv_close(converter); }
};

std::string placeOf(const std::string& where, std::string_view before) {
  std::int64_t line = 1;
  for (std::size_t i = 0; i < before.size(); ++i)
    line += before[i] == '\n' || (before[i] == '\r' && (i + 1 == before.size() || before[i + 1] != '\n'));
  return fmt::format("{}:{}", where, line);
}

Result<std::string> convert(std::string_view bytes, const std::string& encoding, const std::string& where,
                            bool partial) {
  void* const opened = iconv_open("UTF-8", encoding.c_str());
  if (std::bit_cast<std::intptr_t>(opened) == -1)
    return invalid(fmt::format("the encoding \"{}\" is not known", encoding), where,
                   "Use utf-8, utf-16, windows-1252, iso-8859-1 or another name that `iconv --list` shows");
  const std::unique_ptr<void, CloseConverter> converter(opened);
  std::string text(bytes.size() * 3 / 2 + 64, '\0');
  std::size_t used = 0, left = bytes.size();
  char* from = const_cast<char*>(bytes.data());  // iconv does not write to it
  for (;;) {
    char* to = text.data() + used;
    std::size_t space = text.size() - used;
    const bool done = iconv(opened, &from, &left, &to, &space) != static_cast<std::size_t>(-1);
    const int reason = errno;
    used = text.size() - space;
    if (done || (reason == EINVAL && partial)) break;
    if (reason == E2BIG) {
      text.resize(text.size() * 2);
      continue;
    }
    return invalid(fmt::format("the text is not {}", encoding), placeOf(where, {text.data(), used}),
                   "Set the encoding of the file, or save it as UTF-8");
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<std::string_view> decodeText(std::string& bytes, const std::string& encoding, const std::string& where,
                                    bool partial) {
  if (bytes.empty()) return Error{ErrorCode::Io, "the file is empty", where, "Choose another file"};
  if (const std::string_view kind = contentKind(bytes); !kind.empty())
    return Error{ErrorCode::Unsupported, fmt::format("this is {}, not a table", kind), where,
                 "Save the table as CSV"};
  std::string from = encoding;
  if (from.empty() && (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))) from = "UTF-16";
  if (!from.empty()) {
    TANDEM_ASSIGN(bytes, convert(bytes, from, where, partial));
  }
  std::string_view text = bytes;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (partial) text = text.substr(0, text.find_last_of("\n\r") + 1);  // whole lines: no half UTF-8 sequence
  if (text.empty()) return Error{ErrorCode::Io, "there are no data rows", where, {}};
  const std::size_t zero = text.find('\0');
  if (zero != text.npos)
    return invalid("this is not a text file", placeOf(where, text.substr(0, zero)),
                   bytes.starts_with("PK") ? "Export the spreadsheet as CSV"
                                           : "If it is UTF-16 without a byte order mark, set its encoding");
  const std::size_t bad = firstInvalidUtf8(text);
  if (bad != text.npos)
    return invalid("the text is not UTF-8", placeOf(where, text.substr(0, bad)),
                   "Save it as UTF-8, or set its encoding, such as windows-1252");
  if (!hasMarks(text)) return text;
  bytes = composed(std::string(text));
  return std::string_view(bytes);
}

}  // namespace tandem
