#include "core/data/masks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "core/data/byte_source.h"
#include "core/data/image_batch.h"
#include "core/data/mask_classes.h"
#include "core/data/mask_listing.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 512u << 20, kMaxListBytes = 1u << 16;

// How the user names the files.
ImageNames namesIn(const MaskListing& listing, const std::vector<fs::path>& files) {
  return [&listing, &files](std::size_t i) {
    const fs::path name = files[i].lexically_relative(listing.root);
    return name.empty() || *name.begin() == ".." ? files[i].string() : name.string();
  };
}

Result<std::optional<ClassList>> readList(const MaskListing& listing) {
  if (listing.classes.empty()) return std::optional<ClassList>();
  TANDEM_ASSIGN(const auto bytes, readFile(listing.classes, kMaxListBytes));
  TANDEM_ASSIGN(ClassList list, parseClassList({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                               listing.classes.string()));
  return std::optional(std::move(list));
}

Result<MaskClasses> findClasses(const MaskListing& listing, const std::vector<MaskValues>& values,
                                const std::optional<ClassList>& list, const ImageNames& nameOf) {
  return classesOf(values, list ? &*list : nullptr, nameOf,
                   list ? listing.classes.string() : listing.root.string());
}

Result<Mask> readMask(const fs::path& file) {
  TANDEM_ASSIGN(const auto bytes, readFile(file, kMaxFileBytes));
  return decodeMask(bytes, file.string());
}

// Rounded to whole pixels, a mask may be smaller or larger than its image, but not of another shape.
Status checkShape(const Mask& mask, const Image& image) {
  const auto difference = std::abs(mask.height * image.width - image.height * mask.width);
  if (2 * difference <= image.width || 2 * difference <= image.height) {
    const bool same = mask.height == image.height || mask.width == image.width;
    if (!same || difference == 0) return success();
  }
  return invalid(fmt::format("its mask has {} x {} pixels, but the image {} x {}", mask.width, mask.height,
                             image.width, image.height));
}

// Images without a mask are like those that cannot be read.
Status checkUnmasked(const DataSpec& spec, MaskListing& listing) {
  if (listing.unmasked.empty()) return success();
  constexpr std::size_t kShown = 20;
  const ImageNames nameOf = namesIn(listing, listing.unmasked);
  const std::size_t shown = std::min(kShown, listing.unmasked.size());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shown; ++i) names.push_back(nameOf(i));
  std::string list = fmt::format("{}", fmt::join(names, ", "));
  if (shown < listing.unmasked.size()) list += fmt::format(" and {} more", listing.unmasked.size() - shown);
  const std::string which = fmt::format("{} of {}", listing.unmasked.size(),
                                        counted(listing.images.size() + listing.unmasked.size(), "image"));
  if (!spec.skipDamaged)
    return invalid(fmt::format("{} have no mask: {}", which, list), spec.path,
                   fmt::format("Add masks of the same names, or {}", kLeaveOutDamaged));
  listing.notes.push_back(fmt::format("Left out {} without a mask: {}", which, list));
  return success();
}

DatasetInfo describe(const DataSpec& spec, const MaskListing& listing, const MaskClasses& classes) {
  DatasetInfo info;
  const fs::path path(spec.path);
  info.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  info.inputs[0] = imageTensor(imageShape(spec));
  info.targets[0] = {.name = "mask",
                     .sample = Shape{spec.imageHeight, spec.imageWidth},
                     .classes = static_cast<int>(classes.names.size()),
                     .classNames = classes.names};
  info.fields = {{.name = "image", .kind = FieldKind::Image, .image = imageShape(spec)},
                 {.name = "mask",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = classes.names,
                  .image = Shape{spec.imageHeight, spec.imageWidth, 1}}};
  info.named = true;
  info.notes = listing.notes;
  info.notes.insert(info.notes.end(), classes.notes.begin(), classes.notes.end());
  return info;
}

// Removes samples that cannot be read, also from `values`.
Status leaveOut(const DataSpec& spec, const std::vector<DamagedImage>& damaged, MaskListing& listing,
                RawData& raw, std::vector<MaskValues>& values) {
  if (damaged.empty()) return success();
  const std::size_t count = listing.images.size();
  const std::string which = fmt::format("{} of {}", damaged.size(), counted(count, "image"));
  const std::string list = damageList(damaged, namesIn(listing, listing.images));
  if (!spec.skipDamaged || damaged.size() == count)
    return Error{ErrorCode::Io, fmt::format("{} cannot be used with their masks: {}", which, list), spec.path,
                 fmt::format("Replace or remove the images and masks, or {}", kLeaveOutDamaged)};
  listing.notes.push_back(fmt::format("Left out {} that cannot be used with their masks: {}", which, list));
  std::vector<std::size_t> rows;
  for (const DamagedImage& one : damaged) rows.push_back(one.file);
  leaveOutSamples(rows, raw);
  const std::size_t testFrom = count - static_cast<std::size_t>(listing.ownTest);
  const std::size_t validationFrom = testFrom - static_cast<std::size_t>(listing.ownValidation);
  const bool test = listing.ownTest > 0, validation = listing.ownValidation > 0;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(*row));
    listing.masks.erase(listing.masks.begin() + static_cast<std::ptrdiff_t>(*row));
    if (*row >= testFrom)
      --listing.ownTest;
    else if (*row >= validationFrom)
      --listing.ownValidation;
  }
  if ((test && listing.ownTest == 0) || (validation && listing.ownValidation == 0))
    return Error{
        ErrorCode::Io,
        fmt::format("no image of the {} folder can be used with its mask",
                    test && listing.ownTest == 0 ? "test" : "validation"),
        spec.path,
        "Replace the images or masks, or remove the folder so that this part is drawn from the others"};
  return success();
}

}  // namespace

Result<RawData> readMasks(const DataSpec& spec, const LoadProgress& progress) {
  TANDEM_ASSIGN(MaskListing listing, listMasks(spec, progress));
  TANDEM_TRY(checkUnmasked(spec, listing));
  TANDEM_ASSIGN(const auto list, readList(listing));
  const std::size_t count = listing.images.size();
  const std::int64_t size = imageShape(spec).elements(), pixels = spec.imageHeight * spec.imageWidth;
  TANDEM_TRY(checkMemory(
      static_cast<double>(count) * (static_cast<double>(size) + 4.0 * static_cast<double>(pixels)),
      spec.path));
  RawData raw;
  raw.data.info.inputs[0] = imageTensor(imageShape(spec));
  raw.data.info.targets[0] = {
      .name = "mask", .sample = Shape{spec.imageHeight, spec.imageWidth}, .classes = 1};
  std::vector<std::uint8_t>& levels = raw.data.inputs[0].bytes;
  std::vector<std::int32_t>& classOf = raw.data.targets[0].classOf;  // at first, the values of the masks
  levels.resize(count * static_cast<std::size_t>(size));
  classOf.resize(count * static_cast<std::size_t>(pixels));
  std::vector<MaskValues> values(count);
  ImageBatch batch{count, [&](std::size_t i) { return listing.images[i]; },
                   [&](std::size_t i) { return levels.data() + static_cast<std::int64_t>(i) * size; }};
  batch.also = [&](std::size_t i, const Image& image) -> Status {
    TANDEM_ASSIGN(const Mask mask, readMask(listing.masks[i]));
    TANDEM_TRY(checkShape(mask, image));
    TANDEM_ASSIGN(values[i], valuesOf(mask));
    resizeMask(mask, spec.imageHeight, spec.imageWidth,
               classOf.data() + static_cast<std::int64_t>(i) * pixels);
    return success();
  };
  TANDEM_ASSIGN(const ImageFindings found, decodeImages(spec, batch, progress));
  if (!found.dark.empty())
    listing.notes.push_back(darkNote(found.dark, counted(count - found.damaged.size(), "image"),
                                     namesIn(listing, listing.images)));
  TANDEM_TRY(leaveOut(spec, found.damaged, listing, raw, values));
  TANDEM_ASSIGN(const MaskClasses classes,
                findClasses(listing, values, list, namesIn(listing, listing.masks)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::optional<std::int32_t> before;
    std::int32_t number = 0;
    const auto first = classOf.begin() + static_cast<std::ptrdiff_t>(i) * pixels;
    for (auto at = first; at != first + pixels; ++at) {
      if (before != *at) {
        before = *at;
        number = classes.of(static_cast<std::uint32_t>(*at), values[i].colours);
      }
      *at = number;
    }
  }
  raw.data.info = describe(spec, listing, classes);
  raw.ownValidation = listing.ownValidation;
  raw.ownTest = listing.ownTest;
  return raw;
}

Result<DatasetInfo> probeMasks(const DataSpec& spec) {
  constexpr std::size_t kExamined = 100;
  TANDEM_ASSIGN(MaskListing listing, listMasks(spec, {}));
  TANDEM_TRY(checkUnmasked(spec, listing));
  TANDEM_ASSIGN(const auto list, readList(listing));
  const std::size_t count = listing.masks.size(), examined = std::min(kExamined, count);
  std::vector<MaskValues> values;
  std::vector<std::size_t> files;
  std::optional<Error> damage;  // loading the data reports all
  for (std::size_t k = 0; k < examined; ++k) {
    const std::size_t i = k * count / examined;
    const auto mask = readMask(listing.masks[i]);
    auto found = mask.ok() ? valuesOf(*mask) : Result<MaskValues>(mask.error());
    if (found.ok()) {
      values.push_back(std::move(found).value());
      files.push_back(i);
    } else if (!damage) {
      damage = found.error();
      if (damage->where.empty()) damage->where = listing.masks[i].string();
    }
  }
  if (damage && (values.empty() || !spec.skipDamaged)) return *damage;
  const ImageNames nameOf = namesIn(listing, listing.masks);
  const ImageNames nameOfExamined = [&](std::size_t i) { return nameOf(files[i]); };
  TANDEM_ASSIGN(const MaskClasses classes, findClasses(listing, values, list, nameOfExamined));
  const bool partial = !list && examined < count;
  if (partial)
    listing.notes.push_back(fmt::format(
        "The classes are those of {} of the {} masks; loading the data finds those of all", examined, count));
  DatasetInfo info = describe(spec, listing, classes);
  info.targets[0].moreClasses = partial;
  return info;
}

}  // namespace tandem
