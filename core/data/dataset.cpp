#include "core/data/dataset.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/data/reader.h"

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

// Normalizes bytes of the samples of a tensor.
class LevelScale {
 public:
  explicit LevelScale(const TensorValues& values) {
    const auto channels = static_cast<std::int64_t>(values.mean.size());
    const ByteScale factors = ByteScale::of(values.mean, values.scale);
    const std::int64_t period = channels == 1 ? 1 : channels * std::max<std::int64_t>(1, 64 / channels);
    a_.resize(static_cast<std::size_t>(period));
    b_.resize(a_.size());
    for (std::size_t k = 0; k < a_.size(); ++k) {
      a_[k] = factors.scale[k % factors.scale.size()];
      b_[k] = factors.shift[k % factors.shift.size()];
    }
  }

  // Of whole pixels.
  void apply(const std::uint8_t* x, std::int64_t n, float* out) const {
    if (a_.size() == 1)
      scaleBytes(x, n, a_[0], b_[0], out);
    else
      scaleBytes(x, n, a_.data(), b_.data(), std::ssize(a_), out);
  }

 private:
  std::vector<float> a_, b_;
};

void gatherLevels(const TensorValues& from, std::int64_t width, std::span<const std::int64_t> indices,
                  float* out) {
  const LevelScale scale(from);
  for (const std::int64_t i : indices) {
    scale.apply(from.bytes.data() + i * width, width, out);
    out += width;
  }
}

void gatherNumbers(const TensorValues& from, std::int64_t width, std::span<const std::int64_t> indices,
                   float* out) {
  const float* __restrict m = from.mean.data();
  const float* __restrict s = from.scale.data();
  for (const std::int64_t i : indices) {
    const float* __restrict x = from.floats.data() + i * width;
    float* __restrict y = out;
    for (std::int64_t k = 0; k < width; ++k) y[k] = (x[k] - m[k]) * s[k];
    out += width;
  }
}

// Of a series.
void gatherRows(const TensorValues& from, std::int64_t steps, std::span<const std::int64_t> indices,
                float* out) {
  const auto features = static_cast<std::int64_t>(from.mean.size());
  const float* __restrict m = from.mean.data();
  const float* __restrict s = from.scale.data();
  for (const std::int64_t i : indices) {
    const auto sample = static_cast<std::size_t>(i);
    const std::int64_t rows = from.counts.empty() ? steps : from.counts[sample];
    const float* __restrict x = from.floats.data() + from.starts[sample] * features;
    float* __restrict y = out;
    for (std::int64_t r = 0; r < rows; ++r, x += features, y += features)
      for (std::int64_t k = 0; k < features; ++k) y[k] = (x[k] - m[k]) * s[k];
    std::fill(y, out + steps * features, 0.0f);
    out += steps * features;
  }
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

TensorType DataTensor::type(std::int64_t batch) const {
  return {classes > 0 ? DType::I32 : DType::F32, sample.withFirst(batch)};
}

TensorType DataTensor::byteType(std::int64_t batch) const {
  return {DType::U8, sample.withFirst(batch)};
}

DataTensor inputTensor(const InputFields& fields) {
  DataTensor tensor{.name = fields.name, .sample = fields.sample()};
  if (!fields.isText()) return tensor;
  const Field& text = *fields.fields[0];
  tensor.classes = static_cast<int>(text.categories.size());
  tensor.classNames = text.categories;
  tensor.varies = text.text.stride == 0;
  return tensor;
}

void DatasetInfo::addLengths() {
  for (const DataTensor& input : inputs)
    if (input.varies)
      lengths.push_back(
          {.name = input.name + " length", .sample = {}, .classes = static_cast<int>(input.sample[0]) + 1});
}

const DataTensor& DatasetInfo::tensor(std::size_t index) const {
  TANDEM_CHECK(index < tensors(), "no such tensor");
  if (index < inputs.size()) return inputs[index];
  index -= inputs.size();
  if (index < targets.size()) return targets[index];
  index -= targets.size();
  return weights && index == 0 ? *weights : lengths[index - (weights ? 1 : 0)];
}

std::optional<std::size_t> DatasetInfo::lengthsOf(std::size_t input) const {
  if (!inputs[input].varies) return std::nullopt;
  const auto before = std::count_if(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(input),
                                    [](const DataTensor& each) { return each.varies; });
  return tensors() - lengths.size() + static_cast<std::size_t>(before);
}

std::optional<std::size_t> DatasetInfo::find(std::string_view tensorName) const {
  for (std::size_t t = 0; t < targets.size(); ++t)
    if (targets[t].name == tensorName) return inputs.size() + t;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].name == tensorName) return i;
  return std::nullopt;
}

std::vector<std::string> DatasetInfo::featureNames() const {
  const Preprocessing all{.fields = fields};  // the inputs refer to it
  for (const InputFields& input : all.inputs())
    if (!input.isImage() && !input.isText()) return input.names();
  return {};
}

DataTensor imageTensor(Shape sample) {
  return {.name = "image", .sample = sample, .bytes = ByteScale::of(std::array{0.0f}, std::array{1.0f})};
}

double targetUnit(const TensorValues& values) {
  constexpr double kLeast = 1e-30, kGreatest = 1e30;  // metrics may be much smaller or larger
  const double levels = values.bytes.empty() ? 1 : 255;
  std::optional<double> common;
  for (std::size_t k = 0; k < values.scale.size(); ++k) {
    const double unit = levels * values.storageOf(k).unit / static_cast<double>(values.scale[k]);
    if (!(unit >= kLeast && unit <= kGreatest) || (common && *common != unit)) return 1;
    common = unit;
  }
  return common.value_or(1);
}

std::int64_t Dataset::size() const {
  for (std::size_t i = 0; i < info.tensors(); ++i) {
    const TensorValues& v = values(i);
    if (!v.starts.empty()) return std::ssize(v.starts);
    const std::size_t count = std::max({v.bytes.size(), v.floats.size(), v.classOf.size()});
    if (count > 0) return static_cast<std::int64_t>(count) / info.tensor(i).sample.elements();
  }
  return 0;
}

const TensorValues& Dataset::values(std::size_t index) const {
  if (index < inputs.size()) return inputs[index];
  index -= inputs.size();
  if (index < targets.size()) return targets[index];
  index -= targets.size();
  return info.weights && index == 0 ? weights : lengths[index - (info.weights ? 1 : 0)];
}

std::size_t Dataset::valuesOfTarget(std::size_t target, std::int64_t sample) const {
  const DataTensor& tensor = info.targets[target];
  const auto all = static_cast<std::size_t>(tensor.sample.elements());
  if (!tensor.varies) return all;
  const std::int32_t steps = values(info.lengthsOfTargets()).classOf[static_cast<std::size_t>(sample)];
  return all / static_cast<std::size_t>(tensor.sample[0]) * static_cast<std::size_t>(steps);
}

std::size_t Dataset::placeOfTarget(std::size_t target, std::int64_t sample) const {
  const std::vector<std::int64_t>& starts = targets[target].starts;
  const Shape& shape = info.targets[target].sample;
  if (starts.empty()) return static_cast<std::size_t>(sample * shape.elements());
  return static_cast<std::size_t>(starts[static_cast<std::size_t>(sample)] * (shape.elements() / shape[0]));
}

void Dataset::gather(std::size_t index, std::span<const std::int64_t> indices, void* out) const {
  const TensorValues& from = values(index);
  const std::int64_t width = info.tensor(index).sample.elements();
  if (!from.bytes.empty()) {
    gatherLevels(from, width, indices, static_cast<float*>(out));
  } else if (!from.starts.empty()) {
    gatherRows(from, info.tensor(index).sample[0], indices, static_cast<float*>(out));
  } else if (!from.classOf.empty()) {
    auto* y = static_cast<std::int32_t*>(out);
    for (const std::int64_t i : indices) y = std::copy_n(from.classOf.data() + i * width, width, y);
  } else {
    gatherNumbers(from, width, indices, static_cast<float*>(out));
  }
}

void Dataset::gatherBytes(std::size_t index, std::span<const std::int64_t> indices, std::uint8_t* out) const {
  const TensorValues& from = values(index);
  TANDEM_CHECK(!from.bytes.empty(), "samples that are bytes");
  const std::int64_t width = info.tensor(index).sample.elements();
  for (const std::int64_t i : indices) out = std::copy_n(from.bytes.data() + i * width, width, out);
}

void Dataset::normalizeBytes(std::size_t index, std::span<const std::uint8_t> bytes, float* out) const {
  LevelScale(values(index)).apply(bytes.data(), std::ssize(bytes), out);
}

}  // namespace tandem
