// A folder of images with one subfolder per class (image_listing.h). Images are decoded on all cores.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "core/data/byte_source.h"
#include "core/data/image.h"
#include "core/data/image_listing.h"
#include "core/data/reader.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 512u << 20;
constexpr std::int64_t kMaxSide = 4096;

Status checkSpec(const DataSpec& spec) {
  if (spec.path.empty()) return invalid("no folder is chosen", "data");
  if (spec.imageHeight < 1 || spec.imageHeight > kMaxSide || spec.imageWidth < 1 ||
      spec.imageWidth > kMaxSide) {
    return invalid(fmt::format("the image size is {} x {}; each side must be between 1 and {}",
                               spec.imageHeight, spec.imageWidth, kMaxSide),
                   "data");
  }
  if (spec.imageChannels != 1 && spec.imageChannels != 3) {
    return invalid(fmt::format("{} image channels requested; only 1 (grey) and 3 (colour) are supported",
                               spec.imageChannels),
                   "data");
  }
  return success();
}

DatasetInfo describe(const DataSpec& spec, const ImageListing& listing) {
  DatasetInfo info;
  const fs::path path(spec.path);
  info.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  info.sample = Shape{spec.imageHeight, spec.imageWidth, spec.imageChannels};
  info.classes = static_cast<int>(listing.classNames.size());
  info.classNames = listing.classNames;
  info.bytes = ByteScale::of(std::array{0.0f}, std::array{1.0f});
  info.notes = listing.notes;
  return info;
}

// An image of 16 bits that is nearly black as read.
struct Dark {
  std::size_t file = 0;
  int highest = 0;  // of its levels as stored
};

// `read` names the images among which the dark ones were found: "40 images".
std::string darkNote(const DataSpec& spec, const std::vector<fs::path>& files, const std::vector<Dark>& dark,
                     const std::string& read) {
  const bool one = dark.size() == 1;
  const fs::path first = files[dark.front().file].lexically_relative(spec.path);
  return fmt::format(
      "Warning: {} of {} {} only the lowest {} of 65536 levels and {} nearly black after reading{}. Rescale {} to "
      "the full range",
      dark.size(), read, one ? "uses" : "use", std::ranges::max(dark, {}, &Dark::highest).highest + 1,
      one ? "is" : "are", (one ? ": " : "; the first is ") + first.string(), one ? "it" : "them");
}

// Returns the highest level of an image that is nearly black, 0 of any other. Without `out`, only examines it.
Result<int> readPicture(const DataSpec& spec, const fs::path& file, std::uint8_t* out) {
  try {
    TANDEM_ASSIGN(const std::vector<std::uint8_t> bytes, readFile(file, kMaxFileBytes));
    TANDEM_ASSIGN(const Image image, decodeImage(bytes, file.string()));
    if (out) resizeImage(image, spec.imageHeight, spec.imageWidth, spec.imageChannels, out);
    return isNearlyBlack(image) ? image.highestOf16Bits : 0;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "not enough memory to decode the image", file.string(), {}};
  }
}

struct Damage {
  std::size_t file = 0;
  Error error;
};

// In the order of the files.
struct Findings {
  std::vector<Damage> damaged;  // the images that cannot be read
  std::vector<Dark> dark;
};

// Decodes all files on several threads.
class Decoder {
 public:
  Decoder(const DataSpec& spec, const std::vector<fs::path>& files, std::vector<std::uint8_t>& bytes)
      : spec_(spec), files_(files), bytes_(bytes) {}

  Result<Findings> run(const LoadProgress& progress) {
    const std::size_t count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64);
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < std::min(count, files_.size()); ++t) threads.emplace_back([this] { work(); });
    Status status = watch(progress);
    stop_ = true;
    threads.clear();  // joins
    TANDEM_TRY(std::move(status));
    if (failure_) return *failure_;
    std::ranges::sort(found_.damaged, {}, &Damage::file);
    std::ranges::sort(found_.dark, {}, &Dark::file);
    return std::move(found_);
  }

 private:
  void work() {
    const auto size = static_cast<std::size_t>(spec_.imageHeight * spec_.imageWidth * spec_.imageChannels);
    while (!stop_) {
      const std::size_t i = next_++;
      if (i >= files_.size()) break;
      Result<int> level = readPicture(spec_, files_[i], bytes_.data() + i * size);
      const std::lock_guard lock(mutex_);
      ++done_;
      if (!level.ok() && level.error().code == ErrorCode::OutOfMemory)
        failure_ = level.error();
      else if (!level.ok())
        found_.damaged.push_back({i, std::move(level).error()});
      else if (*level > 0)
        found_.dark.push_back({i, *level});
      changed_.notify_one();
    }
  }

  // On the calling thread: reports progress until all files are done, memory is exhausted or the user cancels.
  Status watch(const LoadProgress& progress) {
    std::unique_lock lock(mutex_);
    while (done_ < files_.size() && !failure_) {
      changed_.wait_for(lock, std::chrono::milliseconds(50));
      const double share = static_cast<double>(done_) / static_cast<double>(files_.size());
      lock.unlock();
      TANDEM_TRY(report(progress, share));
      lock.lock();
    }
    return success();
  }

  const DataSpec& spec_;
  const std::vector<fs::path>& files_;
  std::vector<std::uint8_t>& bytes_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t done_ = 0;
  Findings found_;
  std::optional<Error> failure_;
};

// "cat/1.jpg, cat/2.jpg (the JPEG is damaged: ...); dog/3.jpg (this is an HTML page ...)"
std::string damageText(const DataSpec& spec, const ImageListing& listing,
                       const std::vector<Damage>& damaged) {
  constexpr std::size_t kShown = 100;
  std::vector<std::pair<std::string, std::vector<std::string>>> byReason;
  FolderCounts rest;
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    const fs::path name = listing.files[damaged[i].file].lexically_relative(spec.path);
    if (i >= kShown) {
      ++rest[name.parent_path().string()][name.extension().string()];
      continue;
    }
    const std::string& reason = damaged[i].error.message;
    auto group = std::ranges::find(byReason, reason, [](const auto& each) { return each.first; });
    if (group == byReason.end()) group = byReason.insert(group, {reason, {}});
    group->second.push_back(name.string());
  }
  std::string text;
  for (const auto& [reason, names] : byReason)
    text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", fmt::join(names, ", "), reason);
  if (!rest.empty()) text += "; and " + countsText(rest);
  return text;
}

// Removes the damaged images from the listing and their samples from the bytes.
void leaveOut(const std::vector<Damage>& damaged, ImageListing& listing, std::vector<std::uint8_t>& bytes) {
  const std::size_t count = listing.files.size(), size = bytes.size() / count;
  const std::size_t testFrom = count - static_cast<std::size_t>(listing.ownTest);
  const std::size_t validationFrom = testFrom - static_cast<std::size_t>(listing.ownValidation);
  for (const Damage& one : damaged) {
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

Status handleDamage(const DataSpec& spec, const std::vector<Damage>& damaged, ImageListing& listing,
                    std::vector<std::uint8_t>& bytes) {
  if (damaged.empty()) return success();
  const std::string which = fmt::format("{} of {} images", damaged.size(), listing.files.size());
  if (!spec.skipDamaged || damaged.size() == listing.files.size())
    return Error{ErrorCode::Io,
                 fmt::format("{} cannot be read: {}", which, damageText(spec, listing, damaged)), spec.path,
                 "Replace or remove them, or leave them out: \"Damaged\" in the data panel, "
                 "\"skip_damaged\": true in the project's data, or --skip-damaged"};
  listing.notes.push_back(
      fmt::format("Left out {} that cannot be read: {}", which, damageText(spec, listing, damaged)));
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
  std::vector<Dark> dark;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = k * listing.files.size() / count;
    const auto header = readFile(listing.files[i], kHeader);
    if (!header.ok() || !isPngOf16Bits(*header)) continue;
    const Result<int> level = readPicture(spec, listing.files[i], nullptr);
    if (level.ok() && *level > 0) dark.push_back({i, *level});
  }
  const std::string read =
      fmt::format("{} {}", count, count == listing.files.size() ? "images" : "examined images");
  if (!dark.empty()) listing.notes.push_back(darkNote(spec, listing.files, dark, read));
}

// Splits the labels without reading all images, so that the notes name classes without training samples.
Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  TANDEM_TRY(checkSpec(spec));
  TANDEM_ASSIGN(ImageListing listing, listImages(spec.path, {}));
  noteDarkSample(spec, listing);
  RawData raw;
  raw.data.info = describe(spec, listing);
  raw.data.classOf = std::move(listing.classOf);
  raw.ownValidation = listing.ownValidation;
  raw.ownTest = listing.ownTest;
  TANDEM_TRY(splitDataset(raw, spec));
  return std::move(raw.data.info);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  TANDEM_TRY(checkSpec(spec));
  TANDEM_ASSIGN(ImageListing listing, listImages(spec.path, progress));
  const Shape sample{spec.imageHeight, spec.imageWidth, spec.imageChannels};
  const double bytes = static_cast<double>(listing.files.size()) * static_cast<double>(sample.elements());
  TANDEM_TRY(checkMemory(bytes, spec.path));
  RawData raw;
  raw.data.bytes.resize(static_cast<std::size_t>(bytes));
  TANDEM_ASSIGN(const Findings found, Decoder(spec, listing.files, raw.data.bytes).run(progress));
  TANDEM_TRY(handleDamage(spec, found.damaged, listing, raw.data.bytes));
  if (!found.dark.empty())
    listing.notes.push_back(darkNote(spec, listing.files, found.dark,
                                     fmt::format("{} images", listing.files.size() - found.damaged.size())));
  raw.data.info = describe(spec, listing);
  raw.data.classOf = std::move(listing.classOf);
  raw.ownValidation = listing.ownValidation;
  raw.ownTest = listing.ownTest;
  return raw;
}

}  // namespace

const DataReader imageFolderReader = {DataKind::ImageFolder, read, probe};

}  // namespace tandem
