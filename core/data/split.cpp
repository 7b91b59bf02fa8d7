// Seeded split, and normalization from the training set only.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/base/philox.h"
#include "core/data/reader.h"

namespace tandem {
namespace {

Status checkFraction(double fraction, const char* name) {
  if (fraction >= 0 && fraction < 1) return success();
  return invalid(fmt::format("the {} fraction is {}; it must be at least 0 and below 1", name, fraction),
                 "data");
}

// Mean and variance of the training samples per channel, exact because they are computed from level counts.
void momentsOfBytes(const Dataset& data, std::vector<double>& mean, std::vector<double>& variance) {
  const std::int64_t width = data.info.sample.elements();
  const std::size_t channels = mean.size();
  std::vector<std::array<std::int64_t, 256>> counts(channels);
  for (auto& levels : counts) levels.fill(0);
  for (const std::int64_t i : data.part(SplitPart::Train)) {
    const std::uint8_t* x = data.bytes.data() + i * width;
    for (std::int64_t k = 0; k < width; k += static_cast<std::int64_t>(channels)) {
      for (std::size_t c = 0; c < channels; ++c) ++counts[c][x[k + static_cast<std::int64_t>(c)]];
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    double n = 0, sum = 0, squares = 0;
    for (int level = 0; level < 256; ++level) {
      const auto count = static_cast<double>(counts[c][static_cast<std::size_t>(level)]);
      n += count;
      sum += count * level;
      squares += count * level * level;
    }
    mean[c] = sum / n / 255.0;
    variance[c] = std::max(0.0, squares / n - (sum / n) * (sum / n)) / (255.0 * 255.0);
  }
}

// Welford's method: stable for large values with a small spread.
void momentsOfFloats(const Dataset& data, std::vector<double>& mean, std::vector<double>& variance) {
  const std::int64_t width = data.info.sample.elements();
  double n = 0;
  for (const std::int64_t i : data.part(SplitPart::Train)) {
    const float* x = data.floats.data() + i * width;
    n += 1;
    for (std::size_t k = 0; k < mean.size(); ++k) {
      const double delta = static_cast<double>(x[k]) - mean[k];
      mean[k] += delta / n;
      variance[k] += delta * (static_cast<double>(x[k]) - mean[k]);
    }
  }
  for (double& v : variance) v /= n;
}

// Mean 0 and standard deviation 1 on the training set.
void standardize(Dataset& data, std::size_t channels, bool images) {
  std::vector<double> mean(channels, 0.0), variance(channels, 0.0);
  (images ? momentsOfBytes : momentsOfFloats)(data, mean, variance);
  for (std::size_t c = 0; c < channels; ++c) {
    data.mean[c] = static_cast<float>(mean[c]);
    // A constant feature is only shifted; so is one whose deviation is too small for a float reciprocal.
    const auto scale = static_cast<float>(1.0 / std::sqrt(variance[c]));
    data.scale[c] = std::isfinite(scale) ? scale : 1.0f;
  }
}

}  // namespace

Status splitDataset(RawData& raw, const DataSpec& spec) {
  TANDEM_TRY(checkFraction(spec.validationFraction, "validation"));
  TANDEM_TRY(checkFraction(spec.testFraction, "test"));
  const std::int64_t size = raw.data.size();
  std::vector<std::int64_t> order(static_cast<std::size_t>(size - raw.ownTest));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Split));
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);

  auto& [train, validation, test] = raw.data.parts;
  const auto shareOf = [](std::int64_t n, double fraction) {
    return std::llround(static_cast<double>(n) * fraction);
  };
  if (raw.ownTest > 0) {
    test.resize(static_cast<std::size_t>(raw.ownTest));
    std::iota(test.begin(), test.end(), size - raw.ownTest);
  } else {
    const auto count = shareOf(size, spec.testFraction);
    test.assign(order.end() - count, order.end());
    order.resize(order.size() - test.size());
  }
  const auto count = shareOf(static_cast<std::int64_t>(order.size()), spec.validationFraction);
  validation.assign(order.end() - count, order.end());
  order.resize(order.size() - validation.size());
  train = std::move(order);
  if (train.empty()) {
    return invalid(
        fmt::format("no samples are left for training: {} in total, {} for validation, {} for testing", size,
                    validation.size(), test.size()),
        "data", "Lower the fractions or use more data");
  }
  for (auto& part : raw.data.parts) std::ranges::sort(part);  // reading in order is cache-friendly
  return success();
}

void normalizeDataset(Dataset& data, bool normalize) {
  const bool images = !data.bytes.empty();
  const auto channels = static_cast<std::size_t>(images ? data.info.sample[-1] : data.info.sample.elements());
  data.mean.assign(channels, 0.0f);
  data.scale.assign(channels, 1.0f);
  if (normalize) standardize(data, channels, images);
  if (images) data.info.bytes = ByteScale::of(data.mean, data.scale);
}

}  // namespace tandem
