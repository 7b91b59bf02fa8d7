#include <span>

#include "core/base/file.h"
#include "core/data/byte_source.h"
#include "core/data/content_kind.h"
#include "core/data/csv_text.h"
#include "core/data/encode.h"
#include "core/data/numpy_files.h"
#include "core/data/utf8.h"

namespace tandem {

Result<EncodedSamples> encodeFile(const std::filesystem::path& file, const Preprocessing& preprocessing,
                                  Labels labels, const TableFormat& given) {
  constexpr std::size_t kLargest = 1u << 30;
  const std::string where = file.string();
  TANDEM_ASSIGN(const auto start, readFile(file, 64));
  if (isArrayFile(file, start)) return encodeArray(file, preprocessing);
  TANDEM_ASSIGN(auto plain, openFile(file));
  TANDEM_ASSIGN(const auto source, unpackGzip(std::move(plain), where));
  auto read = readAll(*source, kLargest, where);
  if (!read.ok()) return std::move(read).error();
  std::string& bytes = *read;
  const std::span content(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (isPicture(content)) return encodeImage(content, preprocessing, where);
  // Unicode is recognized; any other file is assumed to be in the encoding of the training data.
  const bool marked = bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
  const bool utf8 = bytes.find('\0') == bytes.npos && firstInvalidUtf8(bytes) == bytes.npos;
  const std::string assumed = marked || utf8 ? "" : preprocessing.table.encoding;
  TANDEM_ASSIGN(const std::string_view text,
                decodeText(bytes, given.encoding.empty() ? assumed : given.encoding, where));
  return encodeTable(text, preprocessing, where, labels, given);
}

}  // namespace tandem
