// A folder of images with one subfolder per class. Images are decoded on all cores.
#include <fmt/format.h>

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
#include "core/data/reader.h"
#include "core/data/utf8.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 512u << 20;
constexpr std::int64_t kMaxSide = 4096;

struct Listing {
  std::vector<std::string> classNames;
  std::vector<fs::path> files;  // sorted by class, then by name
  std::vector<std::int32_t> classOf;
  std::int64_t otherFiles = 0;
};

bool isPicture(const fs::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

// The entries of a folder sorted by name, without hidden ones.
Result<std::vector<fs::path>> entriesOf(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code code;
  fs::directory_iterator at(folder, code);
  for (; !code && at != fs::directory_iterator(); at.increment(code)) {
    if (!at->path().filename().string().starts_with('.')) entries.push_back(at->path());
  }
  if (code)
    return Error{
        ErrorCode::Io, fmt::format("cannot read the folder: {}", code.message()), folder.string(), {}};
  std::ranges::sort(entries);
  return entries;
}

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

// probing: one image per class is enough.
Result<Listing> list(const DataSpec& spec, bool probing, const LoadProgress& progress) {
  TANDEM_TRY(checkSpec(spec));
  std::error_code code;
  if (!fs::is_directory(spec.path, code))
    return Error{ErrorCode::NotFound, "the folder does not exist", spec.path, {}};
  Listing listing;
  TANDEM_ASSIGN(const std::vector<fs::path> folders, entriesOf(spec.path));
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder, code)) continue;
    TANDEM_TRY(report(progress, 0));
    const std::string name = folder.filename().string();
    if (firstInvalidUtf8(name) != name.npos)
      return invalid("a subfolder's name is not UTF-8", spec.path, "Rename it");
    const auto classNumber = static_cast<std::int32_t>(listing.classNames.size());
    const std::size_t before = listing.files.size();
    TANDEM_ASSIGN(const std::vector<fs::path> entries, entriesOf(folder));
    for (const fs::path& entry : entries) {
      if (!isPicture(entry)) {
        ++listing.otherFiles;
        continue;
      }
      listing.files.push_back(entry);
      listing.classOf.push_back(classNumber);
      if (probing) break;
    }
    if (listing.files.size() == before) {
      return invalid("this class folder contains no PNG or JPEG images", folder.string(),
                     "Add images or remove the folder");
    }
    listing.classNames.push_back(name);
  }
  if (listing.classNames.size() < 2) {
    return invalid(
        fmt::format("{} with images; at least two classes are needed",
                    listing.classNames.empty() ? "there is no subfolder" : "there is only one subfolder"),
        spec.path, "Put the images of each class into a subfolder named after the class");
  }
  return listing;
}

DatasetInfo describe(const DataSpec& spec, const Listing& listing) {
  DatasetInfo info;
  const fs::path path(spec.path);
  info.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  info.sample = Shape{spec.imageHeight, spec.imageWidth, spec.imageChannels};
  info.classes = static_cast<int>(listing.classNames.size());
  info.classNames = listing.classNames;
  info.bytes = ByteScale::of(std::array{0.0f}, std::array{1.0f});
  return info;
}

Status readPicture(const DataSpec& spec, const fs::path& file, std::uint8_t* out) {
  try {
    TANDEM_ASSIGN(const std::vector<std::uint8_t> bytes, readFile(file, kMaxFileBytes));
    TANDEM_ASSIGN(const Image image, decodeImage(bytes, file.string()));
    resizeImage(image, spec.imageHeight, spec.imageWidth, spec.imageChannels, out);
    return success();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "not enough memory to decode the image", file.string(), {}};
  }
}

// Decodes all files on several threads. If several fail, the Error of the first file is returned, regardless
// of thread timing.
class Decoder {
 public:
  Decoder(const DataSpec& spec, const std::vector<fs::path>& files, std::vector<std::uint8_t>& bytes)
      : spec_(spec), files_(files), bytes_(bytes) {}

  Status run(const LoadProgress& progress) {
    const std::size_t count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64);
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < std::min(count, files_.size()); ++t) threads.emplace_back([this] { work(); });
    Status status = watch(progress);
    stop_ = true;
    threads.clear();  // joins
    if (error_) return *error_;
    return status;
  }

 private:
  void work() {
    const auto size = static_cast<std::size_t>(spec_.imageHeight * spec_.imageWidth * spec_.imageChannels);
    while (!stop_) {  // checked before taking a file: every file taken is also read
      const std::size_t i = next_++;
      if (i >= files_.size()) break;
      Status status = readPicture(spec_, files_[i], bytes_.data() + i * size);
      const std::lock_guard lock(mutex_);
      ++done_;
      if (!status.ok() && i < errorAt_) {
        errorAt_ = i;
        error_ = std::move(status).error();
        stop_ = true;  // all earlier files have been read or are in progress
      }
      changed_.notify_one();
    }
  }

  // On the calling thread: reports progress until all files are done, an Error occurs or the user cancels.
  Status watch(const LoadProgress& progress) {
    std::unique_lock lock(mutex_);
    while (done_ < files_.size() && !error_) {
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
  std::size_t done_ = 0, errorAt_ = static_cast<std::size_t>(-1);
  std::optional<Error> error_;
};

Result<DatasetInfo> probe(const DataSpec& spec) {
  TANDEM_ASSIGN(const Listing listing, list(spec, true, {}));
  return describe(spec, listing);
}

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  TANDEM_ASSIGN(Listing listing, list(spec, false, progress));
  RawData raw;
  raw.data.info = describe(spec, listing);
  const double bytes =
      static_cast<double>(listing.files.size()) * static_cast<double>(raw.data.info.sample.elements());
  TANDEM_TRY(checkMemory(bytes, spec.path));
  raw.data.bytes.resize(static_cast<std::size_t>(bytes));
  TANDEM_TRY(Decoder(spec, listing.files, raw.data.bytes).run(progress));
  raw.data.classOf = std::move(listing.classOf);
  if (listing.otherFiles > 0) {
    raw.data.notes.push_back(fmt::format("Skipped {} {}", listing.otherFiles,
                                         listing.otherFiles == 1 ? "file that is neither PNG nor JPEG"
                                                                 : "files that are neither PNG nor JPEG"));
  }
  return raw;
}

}  // namespace

const DataReader imageFolderReader = {DataKind::ImageFolder, read, probe};

}  // namespace tandem
