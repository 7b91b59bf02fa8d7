#include "core/data/dataset.h"

#include <algorithm>
#include <cstring>

namespace tandem {
namespace {

// y = x * a + b with factors that repeat every `period` elements.
void scaleBytes(const std::uint8_t* __restrict x, std::int64_t n, const float* __restrict a,
                const float* __restrict b, std::int64_t period, float* __restrict y) {
  std::int64_t i = 0;
  for (; i + period <= n; i += period) {
    for (std::int64_t k = 0; k < period; ++k) y[i + k] = static_cast<float>(x[i + k]) * a[k] + b[k];
  }
  for (std::int64_t k = 0; i + k < n; ++k) y[i + k] = static_cast<float>(x[i + k]) * a[k] + b[k];
}

// One channel: blocks of constant length, which compilers vectorize even at -O2.
void scaleBytes(const std::uint8_t* __restrict x, std::int64_t n, float a, float b, float* __restrict y) {
  constexpr std::int64_t kBlock = 64;
  std::int64_t i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    for (std::int64_t k = 0; k < kBlock; ++k) y[i + k] = static_cast<float>(x[i + k]) * a + b;
  }
  for (; i < n; ++i) y[i] = static_cast<float>(x[i]) * a + b;
}

}  // namespace

ByteScale ByteScale::of(std::span<const float> mean, std::span<const float> scale) {
  ByteScale factors;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    factors.scale.push_back(static_cast<float>(static_cast<double>(scale[c]) / 255.0));
    factors.shift.push_back(
        static_cast<float>(-static_cast<double>(mean[c]) * static_cast<double>(scale[c])));
  }
  return factors;
}

TensorType DatasetInfo::labelType(std::int64_t batch) const {
  if (classes > 0) return {DType::I32, Shape{batch}};
  return {DType::F32, Shape{batch, targets}};
}

TensorType DatasetInfo::featureType(std::int64_t batch) const {
  return {DType::F32, sample.withFirst(batch)};
}

TensorType DatasetInfo::byteType(std::int64_t batch) const {
  return {DType::U8, sample.withFirst(batch)};
}

std::int64_t Dataset::size() const {
  if (info.classes > 0) return static_cast<std::int64_t>(classOf.size());
  return static_cast<std::int64_t>(targetOf.size()) / info.targets;
}

double Dataset::targetUnit() const {
  constexpr double kLeast = 1e-30, kGreatest = 1e30;  // metrics may be much smaller or larger
  const double unit = targetStorage.unit / static_cast<double>(targetScale);
  return unit >= kLeast && unit <= kGreatest ? unit : 1;
}

void Dataset::gather(std::span<const std::int64_t> indices, float* features, void* labels) const {
  const std::int64_t width = info.sample.elements();
  const auto channels = static_cast<std::int64_t>(mean.size());
  if (!bytes.empty()) {
    const ByteScale factors = ByteScale::of(mean, scale);
    const std::int64_t period = channels == 1 ? 1 : channels * std::max<std::int64_t>(1, 64 / channels);
    std::vector<float> a(static_cast<std::size_t>(period)), b(a.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
      a[k] = factors.scale[k % factors.scale.size()];
      b[k] = factors.shift[k % factors.shift.size()];
    }
    for (std::size_t row = 0; row < indices.size(); ++row) {
      const std::uint8_t* x = bytes.data() + indices[row] * width;
      float* y = features + static_cast<std::int64_t>(row) * width;
      if (channels == 1) {
        scaleBytes(x, width, a[0], b[0], y);
      } else {
        scaleBytes(x, width, a.data(), b.data(), period, y);
      }
    }
  } else {
    const float* __restrict m = mean.data();
    const float* __restrict s = scale.data();
    for (std::size_t row = 0; row < indices.size(); ++row) {
      const float* __restrict x = floats.data() + indices[row] * width;
      float* __restrict y = features + static_cast<std::int64_t>(row) * width;
      for (std::int64_t k = 0; k < width; ++k) y[k] = (x[k] - m[k]) * s[k];
    }
  }
  gatherLabels(indices, labels);
}

void Dataset::gather(std::span<const std::int64_t> indices, std::uint8_t* features, void* labels) const {
  TANDEM_CHECK(!bytes.empty(), "samples that are bytes");
  const std::int64_t width = info.sample.elements();
  for (const std::int64_t i : indices) features = std::copy_n(bytes.data() + i * width, width, features);
  gatherLabels(indices, labels);
}

void Dataset::gatherLabels(std::span<const std::int64_t> indices, void* labels) const {
  if (info.classes > 0) {
    auto* out = static_cast<std::int32_t*>(labels);
    for (const std::int64_t i : indices) *out++ = classOf[static_cast<std::size_t>(i)];
  } else {
    auto* out = static_cast<float*>(labels);
    for (const std::int64_t i : indices)
      for (std::int64_t k = 0; k < info.targets; ++k)
        *out++ = (targetOf[static_cast<std::size_t>(i * info.targets + k)] - targetMean) * targetScale;
  }
}

}  // namespace tandem
