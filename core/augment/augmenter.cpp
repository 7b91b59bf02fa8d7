#include "core/augment/augmenter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <thread>
#include <type_traits>
#include <utility>

#include "core/augment/move_pixels.h"
#include "core/base/parallel.h"
#include "core/data/tokenizer.h"

namespace tandem {
namespace augmentations {
extern const AugmentDef noise, word_dropout;  // they draw a number for each element
}

namespace {

constexpr std::int64_t kGrain = 4;  // samples that are worth a thread

// Standard normal numbers by 12 bits: the middle of each of 4096 equally likely intervals. A table is an order of
// magnitude faster than a logarithm and a cosine for each value of an image.
const std::array<float, 4096>& normalTable() {
  static const std::array<float, 4096> table = [] {
    std::array<float, 4096> values{};
    constexpr std::size_t kHalf = values.size() / 2;
    for (std::size_t i = 0; i < kHalf; ++i) {
      const double wanted = (static_cast<double>(i) + 0.5) / static_cast<double>(kHalf);  // P(|x| < value)
      double low = 0, high = 8;
      for (int bit = 0; bit < 40; ++bit) {
        const double middle = (low + high) / 2;
        (std::erf(middle / std::numbers::sqrt2) < wanted ? low : high) = middle;
      }
      values[kHalf + i] = static_cast<float>(low);
      values[kHalf - 1 - i] = -values[kHalf + i];
    }
    return values;
  }();
  return table;
}

template <class T>
T rounded(float value) {
  if constexpr (!std::is_same_v<T, std::uint8_t>) return value;
  const float raised = std::clamp(value, 0.0f, 255.0f) + 0.5f;  // is truncated; lround() would be a call
  return static_cast<T>(raised);
}

// The value of 1 in an amount of brightness or noise.
template <class T>
constexpr float kUnit = std::is_same_v<T, std::uint8_t> ? 255.0f : 1.0f;

// Columns or rows of a hole around `center`, as shares of `extent`.
std::pair<std::int64_t, std::int64_t> holeIn(std::int64_t extent, double center, double share) {
  const auto size = static_cast<double>(extent);
  const auto length = static_cast<std::int64_t>(std::lround(share * size));
  const std::int64_t begin = static_cast<std::int64_t>(center * size) - length / 2;
  return {std::clamp<std::int64_t>(begin, 0, extent), std::clamp<std::int64_t>(begin + length, 0, extent)};
}

}  // namespace

Augmenter::Augmenter(std::shared_ptr<const Dataset> data, std::span<const AugmentConfig> list,
                     std::uint64_t seed, int threads)
    : data_(std::move(data)), seed_(seed), threads_(threads) {
  for (const AugmentConfig& each : list) list_.push_back({&each.def(), strengthOf(each)});
  std::ranges::sort(list_, {}, [](const Chosen& each) { return each.def->id; });
  for (const DataTensor& input : data_->info.inputs)
    if (size_.height == 0 && input.classes == 0 && input.sample.rank() == 3)
      size_ = {input.sample[0], input.sample[1]};
  if (has(AugmentKind::Pixels)) normalTable();
}

bool Augmenter::has(AugmentKind kind) const {
  return std::ranges::any_of(list_, [&](const Chosen& each) { return each.def->kind == kind; });
}

bool Augmenter::changes(std::size_t tensor) const {
  switch (augmentedAs(tensor, data_->info)) {
    case AugmentedTensor::None:
      return false;
    case AugmentedTensor::Image:
      return has(AugmentKind::Geometry) || has(AugmentKind::Pixels);
    case AugmentedTensor::Mask:
      return has(AugmentKind::Geometry);
    case AugmentedTensor::Sequence:
      return has(AugmentKind::Steps);
    case AugmentedTensor::Tokens:
      return has(AugmentKind::Tokens);
  }
  return false;
}

SampleChange Augmenter::changeOf(std::int64_t sample, std::int64_t epoch) const {
  SampleChange change;
  for (const Chosen& each : list_) {
    SampleRandom random(seed_, epoch, each.def->id, sample);
    each.def->draw(each.strength, random, size_, change);
  }
  return change;
}

void Augmenter::gather(const BatchTensor& tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                       void* out) {
  switch (augmentedAs(tensor.index, data_->info)) {
    case AugmentedTensor::None:
      break;
    case AugmentedTensor::Image:
      return gatherImages(tensor, samples, epoch, out);
    case AugmentedTensor::Mask:
      return gatherMasks(tensor.index, samples, epoch, static_cast<std::int32_t*>(out));
    case AugmentedTensor::Sequence:
      data_->gather(tensor.index, samples, out);
      return shiftSequences(tensor.index, samples, epoch, static_cast<float*>(out));
    case AugmentedTensor::Tokens:
      data_->gather(tensor.index, samples, out);
      return dropTokens(tensor.index, samples, epoch, static_cast<std::int32_t*>(out));
  }
  TANDEM_CHECK(false, "a tensor that is augmented");
}

template <class T>
void Augmenter::changePixels(T* image, std::size_t tensor, std::int64_t sample, std::int64_t epoch,
                             const SampleChange& change) const {
  const Shape& shape = data_->info.tensor(tensor).sample;
  const std::int64_t width = shape.elements();
  if (change.contrast != 1 || change.brightness != 0) {
    double sum = 0;
    for (std::int64_t k = 0; k < width; ++k) sum += static_cast<double>(image[k]);
    const auto mean = static_cast<float>(sum / static_cast<double>(width));
    const auto factor = static_cast<float>(change.contrast);
    const float added = mean + static_cast<float>(change.brightness) * kUnit<T>;
    for (std::int64_t k = 0; k < width; ++k)
      image[k] = rounded<T>((static_cast<float>(image[k]) - mean) * factor + added);
  }
  if (change.noise > 0) {
    const std::array<float, 4096>& normal = normalTable();
    const auto deviation = static_cast<float>(change.noise) * kUnit<T>;
    constexpr std::int64_t kPerBlock = 8;
    for (std::int64_t k = 0; k < width; k += kPerBlock) {
      const Philox4 random =
          elementRandom(seed_, epoch, augmentations::noise.id, tensor, sample, k / kPerBlock);
      for (std::int64_t i = 0; i < std::min(kPerBlock, width - k); ++i) {
        const std::uint32_t bits = random.v[i / 2] >> (i % 2 == 0 ? 0 : 16) & 0xFFFu;
        image[k + i] = rounded<T>(static_cast<float>(image[k + i]) + deviation * normal[bits]);
      }
    }
  }
  if (change.hole > 0) {
    // What normalization turns into 0: the mean of the training set; black without normalization.
    const TensorValues& values = data_->values(tensor);
    const auto channels = static_cast<std::size_t>(shape[2]);
    const auto [top, bottom] = holeIn(shape[0], change.holeY, change.hole);
    const auto [left, right] = holeIn(shape[1], change.holeX, change.hole);
    for (std::int64_t y = top; y < bottom; ++y) {
      T* pixel = image + (y * shape[1] + left) * shape[2];
      for (std::int64_t x = left; x < right; ++x)
        for (std::size_t c = 0; c < channels; ++c)
          *pixel++ = std::is_same_v<T, std::uint8_t> ? rounded<T>(values.mean[c] * 255.0f) : T{0};
    }
  }
}

void Augmenter::gatherImages(const BatchTensor& tensor, std::span<const std::int64_t> samples,
                             std::int64_t epoch, void* out) {
  const TensorValues& values = data_->values(tensor.index);
  const Shape& shape = data_->info.tensor(tensor.index).sample;
  const ImageSize size{shape[0], shape[1]};
  const std::int64_t width = shape.elements(), count = std::ssize(samples);
  const bool levels = !values.bytes.empty();
  auto* const floats = static_cast<float*>(out);
  auto* bytes = static_cast<std::uint8_t*>(out);
  if (levels && !tensor.bytes) {
    if (std::ssize(levels_) < count * width) levels_.resize(static_cast<std::size_t>(count * width));
    bytes = levels_.data();
  }
  parallelFor(threads_, count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t sample = samples[static_cast<std::size_t>(k)];
      const SampleChange change = changeOf(sample, epoch);
      if (levels) {
        movePixels(values.bytes.data() + sample * width, size, shape[2], change.map, bytes + k * width);
        changePixels(bytes + k * width, tensor.index, sample, epoch, change);
        continue;
      }
      float* const image = floats + k * width;
      movePixels(values.floats.data() + sample * width, size, shape[2], change.map, image);
      for (std::int64_t i = 0; i < width; ++i) {
        const auto number = static_cast<std::size_t>(i);
        image[i] = (image[i] - values.mean[number]) * values.scale[number];
      }
      changePixels(image, tensor.index, sample, epoch, change);
    }
    if (levels && !tensor.bytes)
      data_->normalizeBytes(tensor.index,
                            std::span(bytes + begin * width, static_cast<std::size_t>((end - begin) * width)),
                            floats + begin * width);
  });
}

void Augmenter::gatherMasks(std::size_t tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                            std::int32_t* out) const {
  const std::vector<std::int32_t>& classes = data_->values(tensor).classOf;
  const Shape& shape = data_->info.tensor(tensor).sample;
  const std::int64_t width = shape.elements();
  parallelFor(threads_, std::ssize(samples), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t sample = samples[static_cast<std::size_t>(k)];
      moveClasses(classes.data() + sample * width, {shape[0], shape[1]}, changeOf(sample, epoch).map,
                  out + k * width);
    }
  });
}

void Augmenter::shiftSequences(std::size_t tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                               float* values) const {
  const Shape& shape = data_->info.tensor(tensor).sample;
  const std::int64_t features = shape[1];
  const std::optional<std::size_t> lengths = data_->info.lengthsOf(tensor);
  for (const std::int64_t sample : samples) {
    const std::int64_t steps =
        lengths ? data_->values(*lengths).classOf[static_cast<std::size_t>(sample)] : shape[0];
    const std::int64_t by = std::clamp(changeOf(sample, epoch).later, 1 - steps, steps - 1);
    const auto row = [&](std::int64_t step) { return values + step * features; };
    if (by > 0) {
      std::copy_backward(row(0), row(steps - by), row(steps));
      for (std::int64_t step = 1; step < by; ++step) std::copy_n(row(0), features, row(step));
    } else if (by < 0) {
      std::copy(row(-by), row(steps), row(0));
      for (std::int64_t step = steps + by; step < steps - 1; ++step)
        std::copy_n(row(steps - 1), features, row(step));
    }
    values += shape.elements();
  }
}

void Augmenter::dropTokens(std::size_t tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                           std::int32_t* tokens) const {
  const std::int64_t steps = data_->info.tensor(tensor).sample[0];
  for (const std::int64_t sample : samples) {
    const double rate = changeOf(sample, epoch).dropped;
    for (std::int64_t step = 0; step < steps; step += 4) {
      const Philox4 random =
          elementRandom(seed_, epoch, augmentations::word_dropout.id, tensor, sample, step / 4);
      for (std::int64_t i = 0; i < std::min<std::int64_t>(4, steps - step); ++i) {
        std::int32_t& token = tokens[step + i];
        if (token != kPadding && static_cast<double>(uniform01(random.v[i])) < rate) token = kUnknown;
      }
    }
    tokens += steps;
  }
}

std::shared_ptr<SampleTransform> augmenterFor(std::shared_ptr<const Dataset> data,
                                              std::span<const AugmentConfig> list, std::uint64_t seed,
                                              bool ownDevice) {
  if (list.empty()) return nullptr;
  const int cores = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
  return std::make_shared<Augmenter>(std::move(data), list, seed, ownDevice ? cores : 1);
}

}  // namespace tandem
