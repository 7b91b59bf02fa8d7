#include "core/data/detect.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/data/builtin.h"
#include "core/data/byte_source.h"
#include "core/data/cifar_files.h"
#include "core/data/content_kind.h"
#include "core/data/csv_dialect.h"
#include "core/data/csv_text.h"
#include "core/data/idx_files.h"
#include "core/data/image.h"
#include "core/data/image_listing.h"
#include "core/data/mask_listing.h"
#include "core/data/numpy_files.h"
#include "core/data/split_names.h"
#include "core/data/text_file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestImage = 512u << 20;
constexpr std::int64_t kLargestSide = 64;

DataSpec specOf(DataKind kind, const fs::path& path) {
  DataSpec spec;
  spec.kind = kind;
  spec.path = path.string();
  return spec;
}

// Whether one of the first files below a folder is a PNG or JPEG image.
bool containsImage(const fs::path& folder) {
  constexpr int kMost = 1000;
  std::error_code code;
  int count = 0;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, code), end;
       !code && at != end && count < kMost; at.increment(code)) {
    if (!at->is_regular_file(code)) continue;
    ++count;
    const auto bytes = readFile(at->path(), 64);
    if (bytes.ok())
      if (const auto kind = contentKind(*bytes); kind == kPng || kind == kJpeg) return true;
  }
  return false;
}

// Whether one of the first files below a folder is named like a text.
bool containsText(const fs::path& folder) {
  constexpr int kMost = 100'000;
  std::error_code code;
  int count = 0;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, code), end;
       !code && at != end && count < kMost; at.increment(code), ++count)
    if (lowerCase(at->path().extension().string()) == ".txt") return true;
  return false;
}

// Whether the first rows of a text all have the same number of values, of which there are several. There may be comments.
bool isTable(std::string_view text, const std::string& where) {
  constexpr int kRows = 50;
  const auto dialect = findDialect(text, {.comment = "#"}, where, true);
  if (!dialect.ok() || dialect->width() < 2) return false;
  text.remove_prefix(dialect->start);
  CsvRows rows(text, dialect->syntax, where, true, dialect->startLine);
  for (int r = 0; r < kRows; ++r) {
    const auto more = rows.next();
    if (!more.ok()) return false;
    if (!*more) return r > 1;
    if (!checkWidth(rows, dialect->width()).ok()) return false;
  }
  return true;
}

// Whether a file is an ARFF file whose last attribute is a number, which is then predicted.
bool predictsNumber(const fs::path& file) {
  constexpr std::size_t kStart = 1u << 20;
  auto plain = openFile(file);
  if (!plain.ok()) return false;
  const auto source = unpackGzip(std::move(plain).value(), file.string());
  if (!source.ok()) return false;
  std::string bytes(kStart, '\0');
  const auto got = (*source)->read({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  if (!got.ok()) return false;
  bytes.resize(*got);
  const auto text = decodeText(bytes, {}, file.string(), *got == kStart);
  if (!text.ok() || !isArff(*text)) return false;
  const auto columns = readArffColumns(*text, file.string());
  return columns.ok() && columns->back().kind == DeclaredColumn::Kind::Number;
}

// In any encoding: the user may set it. What cannot be read is refused when it is loaded, as a text.
bool isPlainText(const fs::path& file) {
  constexpr std::size_t kStart = 1u << 16;
  if (lowerCase(file.extension().string()) != ".txt") return false;
  bool partial = false;
  for (const char* encoding : {"", "iso-8859-1"})
    if (const auto text = readPlainText(file, encoding, kStart, &partial); text.ok())
      return !isTable(*text, file.string());
  for (const char* encoding : {"utf-16le", "utf-16be"})  // without a byte order mark
    if (const auto text = readPlainText(file, encoding, kStart, &partial);
        text.ok() && isTable(*text, file.string()))
      return false;
  return true;
}

// The size that half of the images exceed, and colour if any of them has it. Of a sample from all classes.
Status chooseImageSize(const std::vector<fs::path>& files, DataSpec& spec) {
  constexpr std::size_t kSample = 40;
  std::vector<std::int64_t> heights, widths;
  spec.imageChannels = 1;
  std::optional<Error> damage;
  const std::size_t step = std::max<std::size_t>(1, files.size() / kSample);
  for (std::size_t i = 0; i < files.size(); i += step) {
    const auto bytes = readFile(files[i], kLargestImage);
    const auto image = bytes.ok() ? decodeImage(*bytes, files[i].string()) : Result<Image>(bytes.error());
    if (!image.ok()) {  // loading the data reports all that cannot be read
      damage = image.error();
      continue;
    }
    heights.push_back(image->height);
    widths.push_back(image->width);
    spec.imageChannels = std::max(spec.imageChannels, image->channels);
  }
  if (heights.empty()) return *damage;
  const auto middle = [](std::vector<std::int64_t>& sizes) {
    const auto half = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::ranges::nth_element(sizes, half);
    return std::min(*half, kLargestSide);
  };
  spec.imageHeight = middle(heights);
  spec.imageWidth = middle(widths);
  return success();
}

Result<DataSpec> detectFolder(const fs::path& folder, const fs::path& masks) {
  DataSpec spec = specOf(DataKind::ImageFolder, folder);
  spec.masks = masks.string();
  if (masks.empty()) {
    const auto idx = findIdxFiles(folder);
    if (idx.ok()) return specOf(DataKind::Idx, folder);
    if (idx.error().code != ErrorCode::NotFound) return idx.error();  // several, or incomplete
    const auto cifar = findCifarFiles(folder);
    if (cifar.ok()) return specOf(DataKind::Cifar, folder);
    if (cifar.error().code != ErrorCode::NotFound) return cifar.error();  // of another size
  }
  if (hasMasks(spec)) {
    TANDEM_ASSIGN(const MaskListing listing, listMasks(spec, {}));
    TANDEM_TRY(chooseImageSize(listing.images, spec));
    return spec;
  }
  const auto listing = listImages(folder, {});
  if (!listing.ok() && !containsImage(folder)) {
    if (!containsText(folder))
      return invalid(
          "the folder contains neither images, texts nor IDX files", spec.path,
          "Choose a table, a folder with one subfolder of images or texts per class or with folders of images and "
          "masks, or a folder with files named as in MNIST");
    const auto texts = listTexts(folder, {});
    if (!texts.ok()) return texts.error();
    return specOf(DataKind::TextFolder, folder);
  }
  if (!listing.ok()) return listing.error();
  TANDEM_TRY(chooseImageSize(listing->files, spec));
  return spec;
}

}  // namespace

Result<DataSpec> detectData(const std::filesystem::path& path, const std::filesystem::path& masks) {
  std::error_code code;
  const std::string name = path.string();
  if (isBuiltin(name) || (!fs::exists(path, code) && findBuiltin("builtin:" + name).ok())) {
    TANDEM_ASSIGN(const BuiltinSet* set, findBuiltin(isBuiltin(name) ? name : "builtin:" + name));
    if (masks.empty()) return set->spec;
    return invalid("masks belong to a folder of images, which this is not", name, "Leave out the masks");
  }
  const fs::path whole = fs::absolute(path, code).lexically_normal();
  const fs::path wholeMasks = masks.empty() ? masks : fs::absolute(masks, code).lexically_normal();
  if (fs::is_directory(whole, code)) return detectFolder(whole, wholeMasks);
  if (masks.empty() && findIdxFiles(whole).ok())
    return specOf(DataKind::Idx, whole);  // one of several datasets in a folder
  if (masks.empty() && whole.extension() == ".bin" && findCifarFiles(whole).ok())
    return specOf(DataKind::Cifar, whole);
  TANDEM_ASSIGN(const auto bytes, readFile(whole, 64));
  if (!masks.empty())
    return invalid("masks belong to a folder of images, which this is not", whole.string(),
                   "Choose the folder of the images, or leave out the masks");
  if (isPicture(bytes))
    return invalid("this is a single image", whole.string(),
                   "Choose the folder that has one subfolder per class");
  if (isArrayFile(whole, bytes)) return specOf(DataKind::Numpy, whole);
  if (!isPlainText(whole)) {
    DataSpec table = specOf(DataKind::Csv, whole);
    table.classification = !predictsNumber(whole);
    return table;
  }
  DataSpec spec = specOf(DataKind::TextFile, whole);
  spec.text.unit = TextUnit::Characters;
  spec.text.lowerCase = false;
  return spec;
}

}  // namespace tandem
