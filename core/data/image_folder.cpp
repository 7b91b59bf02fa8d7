// A folder of images with one subfolder per class (image_listing.h), or with masks (masks.h). Images are decoded on all cores.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "core/data/byte_source.h"
#include "core/data/image.h"
#include "core/data/image_batch.h"
#include "core/data/image_listing.h"
#include "core/data/mask_listing.h"
#include "core/data/masks.h"
#include "core/data/reader.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

Status checkSpec(const DataSpec& spec) {
  if (spec.path.empty()) return invalid("no folder is chosen", "data");
  return checkImageSpec(spec);
}

DatasetInfo describe(const DataSpec& spec, const ImageListing& listing) {
  DatasetInfo info;
  const fs::path path(spec.path);
  info.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  info.inputs[0] = imageTensor(imageShape(spec));
  info.targets[0] = {.name = "target",
                     .sample = {},
                     .classes = static_cast<int>(listing.classNames.size()),
                     .classNames = listing.classNames};
  info.notes = listing.notes;
  return info;
}

// Relative to the folder of the data: "cat/1.jpg".
ImageNames namesIn(const DataSpec& spec, const std::vector<fs::path>& files) {
  return [&](std::size_t file) { return files[file].lexically_relative(spec.path).string(); };
}

// "cat/1.jpg, cat/2.jpg (the JPEG is damaged: ...); dog/3.jpg (this is an HTML page ...)"
std::string listOf(const DataSpec& spec, const ImageListing& listing, std::span<const DamagedImage> damaged) {
  constexpr std::size_t kShown = 100;
  const auto shown = damaged.first(std::min(kShown, damaged.size()));
  FolderCounts rest;
  for (const DamagedImage& one : damaged.subspan(shown.size())) {
    const fs::path name = listing.files[one.file].lexically_relative(spec.path);
    ++rest[name.parent_path().string()][name.extension().string()];
  }
  std::string text = damageText(shown, namesIn(spec, listing.files));
  if (!rest.empty()) text += "; and " + countsText(rest);
  return text;
}

// Removes the damaged images from the listing and their samples from the bytes.
void leaveOut(const std::vector<DamagedImage>& damaged, ImageListing& listing,
              std::vector<std::uint8_t>& bytes) {
  const std::size_t count = listing.files.size(), size = bytes.size() / count;
  const std::size_t testFrom = count - static_cast<std::size_t>(listing.ownTest);
  const std::size_t validationFrom = testFrom - static_cast<std::size_t>(listing.ownValidation);
  for (const DamagedImage& one : damaged) {
    if (one.file >= testFrom)
      --listing.ownTest;
    else if (one.file >= validationFrom)
      --listing.ownValidation;
  }
  std::size_t next = 0, kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (next < damaged.size() && damaged[next].file == i) {
      ++next;
      continue;
    }
    if (kept != i) {
      std::copy_n(bytes.data() + i * size, size, bytes.data() + kept * size);
      listing.classOf[kept] = listing.classOf[i];
    }
    ++kept;
  }
  bytes.resize(kept * size);
  listing.classOf.resize(kept);
}

Status handleDamage(const DataSpec& spec, const std::vector<DamagedImage>& damaged, ImageListing& listing,
                    std::vector<std::uint8_t>& bytes) {
  if (damaged.empty()) return success();
  const std::string which = fmt::format("{} of {} images", damaged.size(), listing.files.size());
  if (!spec.skipDamaged || damaged.size() == listing.files.size())
    return Error{ErrorCode::Io, fmt::format("{} cannot be read: {}", which, listOf(spec, listing, damaged)),
                 spec.path, fmt::format("Replace or remove them, or {}", kLeaveOutDamaged)};
  listing.notes.push_back(
      fmt::format("Left out {} that cannot be read: {}", which, listOf(spec, listing, damaged)));
  const bool test = listing.ownTest > 0, validation = listing.ownValidation > 0;
  leaveOut(damaged, listing, bytes);
  if ((test && listing.ownTest == 0) || (validation && listing.ownValidation == 0))
    return Error{ErrorCode::Io,
                 fmt::format("every image of the {} folder is damaged",
                             test && listing.ownTest == 0 ? "test" : "validation"),
                 spec.path,
                 "Replace the images, or remove the folder so that this part is drawn from the others"};
  return success();
}

// Reads a sample from all classes, but of images with fewer than 16 bits only the headers.
void noteDarkSample(const DataSpec& spec, ImageListing& listing) {
  constexpr std::size_t kSample = 10, kHeader = 33;
  const std::size_t count = std::min(kSample, listing.files.size());
  std::vector<DarkImage> dark;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = k * listing.files.size() / count;
    const auto header = readFile(listing.files[i], kHeader);
    if (!header.ok() || !isPngOf16Bits(*header)) continue;
    const Result<int> level = examineImage(spec, listing.files[i]);
    if (level.ok() && *level > 0) dark.push_back({i, *level});
  }
  const std::string read =
      fmt::format("{} {}", count, count == listing.files.size() ? "images" : "examined images");
  if (!dark.empty()) listing.notes.push_back(darkNote(dark, read, namesIn(spec, listing.files)));
}

// Splits the labels without reading all images, so that the notes name classes without training samples.
Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  TANDEM_TRY(checkSpec(spec));
  if (hasMasks(spec)) return probeMasks(spec);
  TANDEM_ASSIGN(ImageListing listing, listImages(spec.path, {}));
  noteDarkSample(spec, listing);
  RawData raw;
  raw.data.info = describe(spec, listing);
  raw.data.targets[0].classOf = std::move(listing.classOf);
  raw.ownValidation = listing.ownValidation;
  raw.ownTest = listing.ownTest;
  TANDEM_TRY(splitDataset(raw, spec));
  return std::move(raw.data.info);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  TANDEM_TRY(checkSpec(spec));
  if (hasMasks(spec)) return readMasks(spec, progress);
  TANDEM_ASSIGN(ImageListing listing, listImages(spec.path, progress));
  const std::int64_t size = imageShape(spec).elements();
  const double bytes = static_cast<double>(listing.files.size()) * static_cast<double>(size);
  TANDEM_TRY(checkMemory(bytes, spec.path));
  RawData raw;
  std::vector<std::uint8_t>& levels = raw.data.inputs[0].bytes;
  levels.resize(static_cast<std::size_t>(bytes));
  const ImageBatch batch{listing.files.size(), [&](std::size_t i) { return listing.files[i]; },
                         [&](std::size_t i) { return levels.data() + static_cast<std::int64_t>(i) * size; }};
  TANDEM_ASSIGN(const ImageFindings found, decodeImages(spec, batch, progress));
  TANDEM_TRY(handleDamage(spec, found.damaged, listing, levels));
  if (!found.dark.empty())
    listing.notes.push_back(darkNote(found.dark,
                                     fmt::format("{} images", listing.files.size() - found.damaged.size()),
                                     namesIn(spec, listing.files)));
  raw.data.info = describe(spec, listing);
  raw.data.targets[0].classOf = std::move(listing.classOf);
  raw.ownValidation = listing.ownValidation;
  raw.ownTest = listing.ownTest;
  return raw;
}

}  // namespace

const DataReader imageFolderReader = {DataKind::ImageFolder, read, probe};

}  // namespace tandem
