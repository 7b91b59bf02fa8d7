#include "core/data/image_batch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "core/data/byte_source.h"
#include "core/data/image.h"

namespace tandem {
namespace {

constexpr std::uint64_t kMaxFileBytes = 512u << 20;
constexpr std::int64_t kMaxSide = 4096;

// Returns the highest level of an image that is nearly black, 0 of any other. Without `out`, only examines it. `also` may
// be empty.
Result<int> readPicture(const DataSpec& spec, const std::filesystem::path& file, std::uint8_t* out,
                        const std::function<Status(const Image&)>& also) {
  try {
    TANDEM_ASSIGN(const std::vector<std::uint8_t> bytes, readFile(file, kMaxFileBytes));
    TANDEM_ASSIGN(const Image image, decodeImage(bytes, file.string()));
    if (also) TANDEM_TRY(also(image));
    if (out) resizeImage(image, spec.imageHeight, spec.imageWidth, spec.imageChannels, out);
    return isNearlyBlack(image) ? image.highestOf16Bits : 0;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "not enough memory to decode the image", file.string(), {}};
  }
}

// Decodes all files on several threads.
class Decoder {
 public:
  Decoder(const DataSpec& spec, const ImageBatch& batch) : spec_(spec), batch_(batch) {}

  Result<ImageFindings> run(const LoadProgress& progress) {
    const std::size_t count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64);
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < std::min(count, batch_.count); ++t) threads.emplace_back([this] { work(); });
    Status status = watch(progress);
    stop_ = true;
    threads.clear();  // joins
    TANDEM_TRY(std::move(status));
    if (failure_) return *failure_;
    std::ranges::sort(found_.damaged, {}, &DamagedImage::file);
    std::ranges::sort(found_.dark, {}, &DarkImage::file);
    return std::move(found_);
  }

 private:
  void work() {
    while (!stop_) {
      const std::size_t i = next_++;
      if (i >= batch_.count) break;
      std::function<Status(const Image&)> also;
      if (batch_.also) also = [this, i](const Image& image) { return batch_.also(i, image); };
      Result<int> level = readPicture(spec_, batch_.file(i), batch_.out(i), also);
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
    while (done_ < batch_.count && !failure_) {
      changed_.wait_for(lock, std::chrono::milliseconds(50));
      const double share = static_cast<double>(done_) / static_cast<double>(batch_.count);
      lock.unlock();
      TANDEM_TRY(report(progress, share));
      lock.lock();
    }
    return success();
  }

  const DataSpec& spec_;
  const ImageBatch& batch_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t done_ = 0;
  ImageFindings found_;
  std::optional<Error> failure_;
};

// Removes samples from the values of a tensor; `rows` is sorted.
template <class Value>
void removeRows(std::vector<Value>& values, const std::vector<std::size_t>& rows, std::size_t width) {
  if (values.empty() || rows.empty()) return;
  auto to = values.begin() + static_cast<std::ptrdiff_t>(rows[0] * width);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::size_t next = k + 1 < rows.size() ? rows[k + 1] : values.size() / width;
    to = std::copy(values.begin() + static_cast<std::ptrdiff_t>((rows[k] + 1) * width),
                   values.begin() + static_cast<std::ptrdiff_t>(next * width), to);
  }
  values.erase(to, values.end());
}

}  // namespace

Status checkImageSpec(const DataSpec& spec) {
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

Shape imageShape(const DataSpec& spec) {
  return Shape{spec.imageHeight, spec.imageWidth, spec.imageChannels};
}

Result<ImageFindings> decodeImages(const DataSpec& spec, const ImageBatch& batch,
                                   const LoadProgress& progress) {
  return Decoder(spec, batch).run(progress);
}

Result<int> examineImage(const DataSpec& spec, const std::filesystem::path& file) {
  return readPicture(spec, file, nullptr, {});
}

std::string damageText(std::span<const DamagedImage> damaged, const ImageNames& nameOf) {
  std::vector<std::pair<std::string, std::vector<std::string>>> byReason;
  for (const DamagedImage& one : damaged) {
    const std::string& reason = one.error.message;
    auto group = std::ranges::find(byReason, reason, [](const auto& each) { return each.first; });
    if (group == byReason.end()) group = byReason.insert(group, {reason, {}});
    group->second.push_back(nameOf(one.file));
  }
  std::string text;
  for (const auto& [reason, names] : byReason)
    text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", fmt::join(names, ", "), reason);
  return text;
}

std::string damageList(std::span<const DamagedImage> damaged, const ImageNames& nameOf) {
  constexpr std::size_t kShown = 20;
  std::string text = damageText(damaged.first(std::min(kShown, damaged.size())), nameOf);
  if (damaged.size() > kShown) text += fmt::format("; and {} more", damaged.size() - kShown);
  return text;
}

void leaveOutSamples(const std::vector<std::size_t>& rows, RawData& raw) {
  Dataset& data = raw.data;
  for (RawTexts& texts : raw.texts) removeRows(texts.values, rows, 1);
  for (std::size_t i = 0; i < data.info.tensors(); ++i) {
    const std::size_t inputs = data.inputs.size(), all = inputs + data.targets.size();
    TensorValues& values = i < inputs ? data.inputs[i] : i < all ? data.targets[i - inputs] : data.weights;
    const auto width = static_cast<std::size_t>(data.info.tensor(i).sample.elements());
    removeRows(values.bytes, rows, width);
    removeRows(values.floats, rows, width);
    removeRows(values.classOf, rows, width);
  }
}

std::string darkNote(std::span<const DarkImage> dark, const std::string& read, const ImageNames& nameOf) {
  const bool one = dark.size() == 1;
  return fmt::format(
      "Warning: {} of {} {} only the lowest {} of 65536 levels and {} nearly black after reading{}. Rescale {} to "
      "the full range",
      dark.size(), read, one ? "uses" : "use", std::ranges::max(dark, {}, &DarkImage::highest).highest + 1,
      one ? "is" : "are", (one ? ": " : "; the first is ") + nameOf(dark.front().file), one ? "it" : "them");
}

}  // namespace tandem
