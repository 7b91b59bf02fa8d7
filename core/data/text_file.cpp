#include "core/data/text_file.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "core/data/byte_source.h"
#include "core/data/content_kind.h"
#include "core/data/csv_text.h"

namespace tandem {
namespace {

void unifyLines(std::string& text) {
  if (text.find('\r') == text.npos) return;
  std::size_t to = 0;
  for (std::size_t from = 0; from < text.size(); ++from) {
    if (text[from] != '\r')
      text[to++] = text[from];
    else if (from + 1 == text.size() || text[from + 1] != '\n')
      text[to++] = '\n';
  }
  text.resize(to);
}

}  // namespace

Result<std::string> plainText(std::string bytes, const std::string& encoding, const std::string& where,
                              bool partial) {
  if (const std::string_view kind = contentKind(bytes); !kind.empty())
    return Error{ErrorCode::Unsupported, fmt::format("this is {}, not a plain text", kind), where,
                 "Save it as plain text"};
  if (partial && bytes.find_first_of("\n\r") == bytes.npos) {
    while (!bytes.empty() && static_cast<unsigned char>(bytes.back()) >= 0x80) bytes.pop_back();
    partial = false;
  }
  TANDEM_ASSIGN(const std::string_view decoded, decodeText(bytes, encoding, where, partial));
  std::string text(decoded);
  unifyLines(text);
  return text;
}

Result<std::string> readPlainText(const std::filesystem::path& file, const std::string& encoding,
                                  std::size_t limit, bool* partial) {
  const std::string where = file.string();
  TANDEM_ASSIGN(auto packed, openFile(file));
  TANDEM_ASSIGN(const auto source, unpackGzip(std::move(packed), where));
  if (partial == nullptr) {
    TANDEM_ASSIGN(std::string bytes, readAll(*source, limit, where));
    return plainText(std::move(bytes), encoding, where);
  }
  std::string bytes(limit, '\0');
  TANDEM_ASSIGN(const std::size_t got,
                source->read({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  bytes.resize(got);
  *partial = got == limit && source->remaining() > 0;
  return plainText(std::move(bytes), encoding, where, *partial);
}

}  // namespace tandem
