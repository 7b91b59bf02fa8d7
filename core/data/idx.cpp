#include "core/data/idx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/base/install_dirs.h"
#include "core/data/reader.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

struct Builtin {
  std::string_view path, name, folder, package;  // folder: see datasetDir()
  std::array<const char*, 10> classNames;
};
constexpr Builtin kFashionMnist = {"builtin:fashion-mnist",
                                   "Fashion-MNIST",
                                   "fashion-mnist",
                                   "dataset-fashion-mnist",
                                   {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                                    "Sneaker", "Bag", "Ankle boot"}};

// The paths of one part; empty if it does not exist.
struct PartFiles {
  fs::path images, labels;
};

constexpr std::string_view kImages = "images", kLabels = "labels";

// ("train", "images") finds train-images-idx3-ubyte, also with a dot before idx3, plain or .gz.
fs::path findFile(const fs::path& folder, std::string_view part, std::string_view kind) {
  std::error_code code;
  for (const char* separator : {"-", "."}) {
    for (const char* ending : {"", ".gz"}) {
      fs::path file = folder / fmt::format("{}-{}{}idx{}-ubyte{}", part, kind, separator,
                                           kind == kImages ? 3 : 1, ending);
      if (fs::exists(file, code)) return file;
    }
  }
  return {};
}

Result<PartFiles> findPart(const fs::path& folder, std::string_view part) {
  const PartFiles files{findFile(folder, part, kImages), findFile(folder, part, kLabels)};
  if (files.images.empty() == files.labels.empty()) return files;
  const bool noImages = files.images.empty();
  return Error{ErrorCode::NotFound,
               fmt::format("the {} set has {} but no {}", part == "train" ? "training" : "test",
                           noImages ? kLabels : kImages, noImages ? kImages : kLabels),
               folder.string(),
               fmt::format("Add {}-{}-ubyte, plain or .gz", part, noImages ? "images-idx3" : "labels-idx1")};
}

struct Place {
  fs::path folder;
  PartFiles train, test;
  const Builtin* builtin = nullptr;
};

Result<Place> locate(const DataSpec& spec) {
  Place place;
  place.folder = spec.path;
  if (spec.path.starts_with("builtin:")) {
    if (spec.path != kFashionMnist.path) {
      return Error{ErrorCode::NotFound, "there is no built-in dataset with this name", spec.path,
                   fmt::format("Choose {}", kFashionMnist.path)};
    }
    place.builtin = &kFashionMnist;
    place.folder = datasetDir(kFashionMnist.folder);
  }
  std::error_code code;
  if (!fs::is_directory(place.folder, code)) {
    return Error{
        ErrorCode::NotFound, place.builtin ? "the dataset is not installed" : "the folder does not exist",
        place.folder.string(),
        place.builtin ? fmt::format("Install the Debian package {}", place.builtin->package) : std::string()};
  }
  TANDEM_ASSIGN(place.train, findPart(place.folder, "train"));
  TANDEM_ASSIGN(place.test, findPart(place.folder, "t10k"));
  if (place.train.images.empty()) {
    return Error{
        ErrorCode::NotFound, "there are no IDX files named as in MNIST", place.folder.string(),
        place.builtin
            ? fmt::format("Reinstall the Debian package {}", place.builtin->package)
            : std::string(
                  "The folder needs train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz")};
  }
  return place;
}

Result<std::unique_ptr<ByteSource>> open(const fs::path& file) {
  TANDEM_ASSIGN(std::unique_ptr<ByteSource> source, openFile(file));
  return unpackGzip(std::move(source), file.string());
}

Status checkRank(const IdxHeader& header, std::size_t rank, const fs::path& file) {
  if (header.extents.size() == rank) return success();
  return invalid(fmt::format("the file has {} dimensions, but {} have {}", header.extents.size(),
                             rank == 3 ? "images" : "labels", rank),
                 file.string());
}

struct Part {
  IdxArray images, labels;
};

Result<Part> readPart(const PartFiles& files, const LoadProgress& progress) {
  Part part;
  TANDEM_ASSIGN(const auto labels, open(files.labels));
  TANDEM_ASSIGN(part.labels, readIdxArray(*labels, files.labels.string(), {}));
  TANDEM_TRY(checkRank(part.labels.header, 1, files.labels));
  TANDEM_ASSIGN(const auto images, open(files.images));
  TANDEM_ASSIGN(part.images, readIdxArray(*images, files.images.string(), progress));
  TANDEM_TRY(checkRank(part.images.header, 3, files.images));
  if (part.images.header.extents[0] != part.labels.header.extents[0]) {
    return invalid(
        fmt::format("{} images but {} labels", part.images.header.extents[0], part.labels.header.extents[0]),
        files.images.string(), "The two files do not belong together");
  }
  return part;
}

void describe(DatasetInfo& info, const Place& place, const std::vector<std::int64_t>& extents, int classes) {
  info.name = place.builtin ? std::string(place.builtin->name) : place.folder.filename().string();
  info.sample = Shape{extents[1], extents[2], 1};
  info.classes = classes;
  info.bytes = ByteScale::of(std::array{0.0f}, std::array{1.0f});
  for (int c = 0; c < classes; ++c) {
    info.classNames.push_back(place.builtin ? place.builtin->classNames[static_cast<std::size_t>(c)]
                                            : std::to_string(c));
  }
}

// Classes are 0 to the largest label, unless their number is already `known` (not 0).
Result<int> countClasses(const std::vector<std::uint8_t>& labels, const fs::path& file, int known) {
  const auto largest = std::ranges::max_element(labels);
  if (known > 0 && *largest >= known) {
    return invalid(fmt::format("label {} of sample {} is out of range; the classes are 0 to {}", *largest,
                               largest - labels.begin(), known - 1),
                   file.string());
  }
  if (known == 0 && *largest == 0)
    return invalid("all labels are 0; at least two classes are needed", file.string());
  return std::max(known, *largest + 1);
}

Result<DatasetInfo> probe(const DataSpec& spec) {
  TANDEM_ASSIGN(const Place place, locate(spec));
  TANDEM_ASSIGN(const auto images, open(place.train.images));
  TANDEM_ASSIGN(const IdxHeader header, readIdxHeader(*images, place.train.images.string()));
  TANDEM_TRY(checkRank(header, 3, place.train.images));
  int classes = place.builtin ? static_cast<int>(place.builtin->classNames.size()) : 0;
  if (!place.builtin) {  // labels are small: one byte per sample
    TANDEM_ASSIGN(const auto source, open(place.train.labels));
    TANDEM_ASSIGN(const IdxArray labels, readIdxArray(*source, place.train.labels.string(), {}));
    TANDEM_TRY(checkRank(labels.header, 1, place.train.labels));
    TANDEM_ASSIGN(classes, countClasses(labels.values, place.train.labels, 0));
  }
  DatasetInfo info;
  describe(info, place, header.extents, classes);
  return info;
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  TANDEM_ASSIGN(const Place place, locate(spec));
  TANDEM_ASSIGN(Part part, readPart(place.train, progress));
  const int known = place.builtin ? static_cast<int>(place.builtin->classNames.size()) : 0;
  TANDEM_ASSIGN(const int classes, countClasses(part.labels.values, place.train.labels, known));
  const std::vector<std::int64_t> extents = part.images.header.extents;
  RawData raw;
  describe(raw.data.info, place, extents, classes);
  raw.data.bytes = std::move(part.images.values);
  raw.data.classOf.assign(part.labels.values.begin(), part.labels.values.end());
  if (!place.test.images.empty()) {
    TANDEM_ASSIGN(const Part test, readPart(place.test, {}));
    const auto& e = test.images.header.extents;
    if (e[1] != extents[1] || e[2] != extents[2]) {
      return invalid(fmt::format("the images are {} x {}, but those of the training set are {} x {}", e[1],
                                 e[2], extents[1], extents[2]),
                     place.test.images.string());
    }
    TANDEM_TRY(countClasses(test.labels.values, place.test.labels, classes));
    raw.ownTest = e[0];
    raw.data.bytes.insert(raw.data.bytes.end(), test.images.values.begin(), test.images.values.end());
    raw.data.classOf.insert(raw.data.classOf.end(), test.labels.values.begin(), test.labels.values.end());
  }
  return raw;
}

}  // namespace

Result<IdxHeader> readIdxHeader(ByteSource& source, const std::string& where) {
  std::array<std::uint8_t, 4> magic{};
  TANDEM_ASSIGN(const std::size_t got, source.read(magic));
  if (got == 0) return Error{ErrorCode::Io, "the file is empty", where, "Download the file again"};
  if (got < 4 || magic[0] != 0 || magic[1] != 0) {
    return invalid("this is not an IDX file: it does not start with two zero bytes", where);
  }
  if (magic[2] != 0x08) {
    return invalid(
        fmt::format("the values have IDX type 0x{:02x}; only unsigned bytes (0x08) are supported", magic[2]),
        where);
  }
  if (magic[3] < 1 || magic[3] > 4) {
    return invalid(fmt::format("the header declares {} dimensions; 1 to 4 are supported", magic[3]), where);
  }
  IdxHeader header;
  header.elements = 1;
  std::array<std::uint8_t, 16> words{};
  TANDEM_ASSIGN(const std::size_t more, source.read(std::span(words).first(std::size_t{4} * magic[3])));
  if (more < std::size_t{4} * magic[3]) {
    return Error{ErrorCode::Io, "the file ends within its header", where, "Download the file again"};
  }
  double elements = 1;  // in double: the product of four 32-bit numbers may not fit 64 bits
  for (std::size_t d = 0; d < magic[3]; ++d) {
    std::int64_t extent = 0;
    for (std::size_t k = 0; k < 4; ++k) extent = extent << 8 | words[4 * d + k];
    if (extent == 0) return invalid("the header declares no values", where);
    header.extents.push_back(extent);
    elements *= static_cast<double>(extent);
  }
  const auto available = static_cast<double>(source.remaining());
  if (elements > available || (!source.packed() && elements < available)) {
    return Error{
        ErrorCode::Io,
        fmt::format("the header declares {} = {:.0f} values, but the file has {}{:.0f}",
                    fmt::join(header.extents, " x "), elements, source.packed() ? "at most " : "", available),
        where, "Download the file again"};
  }
  TANDEM_TRY(checkMemory(elements, where));
  for (const std::int64_t extent : header.extents) header.elements *= extent;
  return header;
}

Result<IdxArray> readIdxArray(ByteSource& source, const std::string& where, const LoadProgress& progress) {
  constexpr std::size_t kChunk = 4u << 20;
  IdxArray array;
  TANDEM_ASSIGN(array.header, readIdxHeader(source, where));
  array.values.resize(static_cast<std::size_t>(array.header.elements));
  std::span<std::uint8_t> rest(array.values);
  while (!rest.empty()) {
    const std::size_t want = std::min(kChunk, rest.size());
    TANDEM_ASSIGN(const std::size_t got, source.read(rest.first(want)));
    if (got < want) {
      return Error{ErrorCode::Io,
                   fmt::format("the header declares {} values, but the file ends after {}",
                               array.values.size(), array.values.size() - rest.size() + got),
                   where, "Download the file again"};
    }
    rest = rest.subspan(want);
    TANDEM_TRY(
        report(progress, 1 - static_cast<double>(rest.size()) / static_cast<double>(array.values.size())));
  }
  std::array<std::uint8_t, 1> extra{};
  TANDEM_ASSIGN(const std::size_t more, source.read(extra));
  if (more > 0) {
    return Error{
        ErrorCode::Io,
        fmt::format("there is more data than the {} values that the header declares", array.values.size()),
        where, "Download the file again"};
  }
  return array;
}

Result<IdxArray> parseIdx(std::span<const std::uint8_t> bytes, const std::string& where) {
  TANDEM_ASSIGN(const std::unique_ptr<ByteSource> source, unpackGzip(openMemory(bytes), where));
  return readIdxArray(*source, where, {});
}

const DataReader idxReader = {DataKind::Idx, read, probe};

}  // namespace tandem
