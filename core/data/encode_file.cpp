#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/data/byte_source.h"
#include "core/data/content_kind.h"
#include "core/data/csv_text.h"
#include "core/data/declared_table.h"
#include "core/data/encode.h"
#include "core/data/encode_text.h"
#include "core/data/numpy_files.h"
#include "core/data/split_names.h"
#include "core/data/text_file.h"
#include "core/data/utf8.h"

namespace tandem {
namespace {

// By its ending, perhaps before that of gzip.
bool isTableName(const std::filesystem::path& file) {
  const std::string ending = lowerCase(file.extension().string());
  if (ending == ".gz") return isTableName(file.stem());
  return ending == ".csv" || ending == ".tsv" || ending == ".arff";
}

}  // namespace

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
  const bool text = onlyText(preprocessing) != nullptr && !isTableName(file);
  // Unicode is recognized; any other file is assumed to be in the encoding of the training data.
  const bool marked = bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
  const bool utf8 = bytes.find('\0') == bytes.npos && firstInvalidUtf8(bytes) == bytes.npos;
  const std::string assumed = marked || utf8 ? "" : preprocessing.table.encoding;
  const std::string& encoding = given.encoding.empty() ? assumed : given.encoding;
  if (text) {
    if (labels == Labels::Needed)
      return invalid("a text file has no labels", where,
                     continuesText(preprocessing)
                         ? "Leave it out, to use the test part of the text that the network was trained on"
                         : "Provide a folder with one subfolder of texts per class, or a CSV file");
    TANDEM_ASSIGN(const std::string whole, plainText(std::move(bytes), encoding, where));
    return encodeText(whole, preprocessing, where);
  }
  TANDEM_ASSIGN(const std::string_view table, decodeText(bytes, encoding, where));
  if (!isArff(table)) return encodeTable(table, preprocessing, where, labels, given);
  TANDEM_ASSIGN(const DeclaredTable declared, readArff(table, where));
  TANDEM_ASSIGN(const TableFormat format, declaredFormat(given, where));
  Preprocessing same = preprocessing;  // but for what depends on how the training data was written
  same.table.quote = format.quote;
  same.table.comment = format.comment;
  return encodeTable(declared.text, same, where, labels, format);
}

}  // namespace tandem
