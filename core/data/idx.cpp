#include "core/data/idx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "core/data/builtin.h"
#include "core/data/idx_files.h"
#include "core/data/reader.h"
#include "core/data/split_names.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

struct Place {
  IdxFiles files;
  const BuiltinSet* builtin = nullptr;
};

Result<Place> locate(const DataSpec& spec) {
  if (isBuiltin(spec.path)) {
    TANDEM_ASSIGN(const BuiltinSet* set, findBuiltin(spec.path));
    if (set->spec.kind != DataKind::Idx)
      return invalid("this built-in dataset is a table", spec.path, "Set the kind of the data to \"csv\"");
    TANDEM_ASSIGN(const fs::path folder, builtinFolder(*set));
    auto files = findIdxFiles(folder);
    if (files.ok()) return Place{std::move(files).value(), set};
    return Error{files.error().code, files.error().message, folder.string(),
                 fmt::format("Reinstall the Debian package {}", set->package)};
  }
  if (spec.path.empty()) return invalid("no folder is chosen", "data");
  TANDEM_ASSIGN(IdxFiles files, findIdxFiles(spec.path));
  return Place{std::move(files), nullptr};
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

Result<IdxArray> readLabels(const IdxFiles::Part& files) {
  TANDEM_ASSIGN(const auto source, open(files.labels));
  TANDEM_ASSIGN(IdxArray labels, readIdxArray(*source, files.labels.string(), {}));
  TANDEM_TRY(checkRank(labels.header, 1, files.labels));
  return labels;
}

Status checkImages(const IdxHeader& images, const IdxFiles::Part& files, std::int64_t labels) {
  TANDEM_TRY(checkRank(images, 3, files.images));
  if (images.extents[0] == labels) return success();
  return invalid(fmt::format("{} images but {} labels", images.extents[0], labels), files.images.string(),
                 "The two files must belong to the same dataset");
}

// EMNIST's file of names: lines of a label and one or two character codes. Other labels are named by their number.
void nameByMapping(const IdxFiles& files, std::vector<std::string>& names) {
  constexpr std::uint64_t kMaxBytes = 1 << 16;
  const auto bytes = readFile(files.folder / (files.set + "-mapping.txt"), kMaxBytes);
  if (files.set.empty() || !bytes.ok()) return;
  std::istringstream lines(std::string(bytes->begin(), bytes->end()));
  std::vector<std::string> mapped = names;
  for (std::string line; std::getline(lines, line);) {
    std::size_t label = 0;
    int code = 0;
    if (!(std::istringstream(line) >> label >> code) || label >= mapped.size() || code <= ' ' || code > '~')
      continue;
    mapped[label] = std::string(1, static_cast<char>(code));
  }
  if (std::set(mapped.begin(), mapped.end()).size() == mapped.size()) names = std::move(mapped);
}

// EMNIST stores images with rows and columns exchanged.
bool isTransposed(const Place& place) {
  return !place.builtin && lowerCase(place.files.set).starts_with("emnist");
}

// Exchanges the rows and columns of images of `rows` x `columns` values.
void transpose(std::span<std::uint8_t> images, std::size_t rows, std::size_t columns) {
  std::vector<std::uint8_t> stored(rows * columns);
  for (; !images.empty(); images = images.subspan(stored.size())) {
    std::ranges::copy(images.first(stored.size()), stored.begin());
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) images[c * rows + r] = stored[r * columns + c];
  }
}

void describe(DatasetInfo& info, const Place& place, const std::vector<std::int64_t>& extents, int classes) {
  const IdxFiles& files = place.files;
  info.name = place.builtin       ? place.builtin->name
              : files.set.empty() ? files.folder.filename().string()
                                  : files.set;
  const bool transposed = isTransposed(place);
  info.inputs[0] = imageTensor(Shape{extents[transposed ? 2 : 1], extents[transposed ? 1 : 2], 1});
  info.targets[0] = {.name = "target", .sample = {}, .classes = classes};
  for (int c = 0; c < classes; ++c) {
    info.targets[0].classNames.push_back(place.builtin ? place.builtin->classes[static_cast<std::size_t>(c)]
                                                       : std::to_string(c));
  }
  if (place.builtin) return;
  nameByMapping(files, info.targets[0].classNames);
  if (transposed)
    info.notes.emplace_back(
        "EMNIST stores images with rows and columns exchanged; they are exchanged back, so images to predict must be upright");
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

constexpr SplitPart kParts[] = {SplitPart::Train, SplitPart::Validation, SplitPart::Test};

// Reads the labels and, unless probing, the images of all parts.
Result<RawData> readParts(const DataSpec& spec, bool probing, const LoadProgress& progress) {
  TANDEM_ASSIGN(const Place place, locate(spec));
  RawData raw;
  std::vector<std::uint8_t>& bytes = raw.data.inputs[0].bytes;
  std::vector<std::int32_t>& classOf = raw.data.targets[0].classOf;
  std::vector<std::int64_t> extents;  // of the training images
  int classes = place.builtin ? static_cast<int>(place.builtin->classes.size()) : 0;
  for (const SplitPart part : kParts) {
    const IdxFiles::Part& files = place.files.part(part);
    if (files.images.empty()) continue;
    TANDEM_ASSIGN(const IdxArray labels, readLabels(files));
    TANDEM_ASSIGN(const auto source, open(files.images));
    IdxArray images;
    if (probing) {
      TANDEM_ASSIGN(images.header, readIdxHeader(*source, files.images.string()));
    } else {
      TANDEM_ASSIGN(images, readIdxArray(*source, files.images.string(),
                                         part == SplitPart::Train ? progress : LoadProgress()));
    }
    const auto& e = images.header.extents;
    const auto count = static_cast<std::int64_t>(labels.values.size());
    TANDEM_TRY(checkImages(images.header, files, count));
    if (part == SplitPart::Train) extents = e;
    if (e[1] != extents[1] || e[2] != extents[2]) {
      return invalid(fmt::format("the images are {} x {}, but those of the training set are {} x {}", e[1],
                                 e[2], extents[1], extents[2]),
                     files.images.string());
    }
    if (isTransposed(place))
      transpose(images.values, static_cast<std::size_t>(e[1]), static_cast<std::size_t>(e[2]));
    TANDEM_ASSIGN(classes, countClasses(labels.values, files.labels, classes));
    if (part == SplitPart::Validation) raw.ownValidation = count;
    if (part == SplitPart::Test) raw.ownTest = count;
    if (part == SplitPart::Train)
      bytes = std::move(images.values);
    else
      bytes.insert(bytes.end(), images.values.begin(), images.values.end());
    classOf.insert(classOf.end(), labels.values.begin(), labels.values.end());
  }
  describe(raw.data.info, place, extents, classes);
  return raw;
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  return readParts(spec, false, progress);
}

// Splits the labels, which are small, so that the notes name classes without training samples.
Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  TANDEM_ASSIGN(RawData raw, readParts(spec, true, {}));
  TANDEM_TRY(splitDataset(raw, spec));
  return std::move(raw.data.info);
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
