#include "tests/conformance/operands.h"

#include <numeric>

#include "core/ops/step_block.h"
#include "core/tensor/half.h"

namespace tandem::conformance {
namespace {

// FNV-1a: the seed depends only on the sample's name.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return h;
}

std::vector<double> stepBlock(std::int64_t validRows) {
  std::vector<double> block(kStepSlots, 0.0);
  block[kStepLearningRate] = 0.0625;
  block[kStepLossScale] = 8;
  block[kStepValidRows] = static_cast<double>(validRows);
  block[kStepLow] = 12345;
  block[kStepHigh] = 3;
  block[kStepBias1] = 0.40951f;  // Adam's defaults at t = 5
  block[kStepBias2] = 0.00499001f;
  block[kStepNadamGradient] = 0.3f;
  block[kStepNadamMoment] = 0.8f;
  block[kStepUpdate] = 3 * 1048576 + 12345;
  block[kStepGradientShare] = 0.25;
  block[kStepWeightShare] = 0.125;
  return block;
}

void fillOne(const SampleInput& input, std::int64_t rows, PhiloxSequence& random, std::vector<double>& data) {
  switch (input.fill) {
    case Fill::Normal:
      for (double& x : data) x = static_cast<float>(random.normal());
      return;
    case Fill::Positive:
      for (double& x : data) x = 0.1f + 1.9f * random.uniform();
      return;
    case Fill::Unit:
      for (double& x : data) x = random.uniform();
      return;
    case Fill::Small:
      for (double& x : data) x = static_cast<float>(0.1 * random.normal());
      return;
    case Fill::Wide:
      for (double& x : data) x = static_cast<float>(100 * random.normal());
      return;
    case Fill::Labels:
      for (double& x : data)
        x = static_cast<double>(
            random.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, input.bound))));
      return;
    case Fill::Zeros:
      return;
    case Fill::Step:
      data = stepBlock(input.bound > 0 ? input.bound : rows);
      return;
    case Fill::Distinct: {
      const std::size_t middle = data.size() / 2;
      for (std::size_t i = 0; i < data.size(); ++i) {
        const std::size_t j = random.below(i + 1);
        data[i] = data[j];
        data[j] = static_cast<float>(0.01 * (static_cast<double>(i) - static_cast<double>(middle)));
      }
      return;
    }
  }
}

}  // namespace

std::string nameOf(const OpDef& op, const Sample& sample) {
  return std::string(op.name) + "/" + sample.name;
}

std::vector<RefTensor> fill(const OpDef& op, const Sample& sample) {
  std::vector<RefTensor> tensors;
  const TensorType& first = sample.inputs.front().type;
  const std::int64_t rows = first.shape.rank() > 0 ? first.shape[0] : 0;
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    const SampleInput& input = sample.inputs[i];
    RefTensor& tensor = tensors.emplace_back();
    if (input.absent) continue;
    tensor.type = input.type;
    tensor.data.resize(static_cast<std::size_t>(input.type.shape.elements()));
    PhiloxSequence random(hash(nameOf(op, sample)), i);
    fillOne(input, rows, random, tensor.data);
    if (tensor.type.dtype == DType::F16)
      for (double& x : tensor.data) x = static_cast<double>(Float16(x));
    if (tensor.type.dtype == DType::BF16)
      for (double& x : tensor.data) x = static_cast<double>(BFloat16(x));
  }
  return tensors;
}

std::vector<TensorType> typesOf(std::span<const RefTensor> tensors) {
  std::vector<TensorType> types;
  for (const RefTensor& tensor : tensors) types.push_back(tensor.type);
  return types;
}

std::vector<RefTensor> runReference(const OpDef& op, const Attrs& attrs, std::span<const RefTensor> inputs) {
  std::vector<RefTensor> outputs;
  const std::vector<TensorType> types = op.infer(attrs, typesOf(inputs)).value();
  for (const TensorType& type : types) {
    RefTensor output{type, {}};
    if (present(type)) output.data.resize(static_cast<std::size_t>(type.shape.elements()));
    outputs.push_back(std::move(output));
  }
  op.reference(attrs, inputs, outputs);
  return outputs;
}

Tensor toTensor(const RefTensor& from) {
  Tensor tensor(from.type);
  const auto copy = [&]<class T>(std::span<T> to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(from.data[i]);
  };
  switch (from.type.dtype) {
    case DType::F32:
      copy(tensor.as<float>());
      break;
    case DType::F64:
      copy(tensor.as<double>());
      break;
    case DType::I32:
      copy(tensor.as<std::int32_t>());
      break;
    case DType::U8:
      copy(tensor.as<std::uint8_t>());
      break;
    case DType::F16:
      copy(tensor.as<Float16>());
      break;
    case DType::BF16:
      copy(tensor.as<BFloat16>());
      break;
  }
  return tensor;
}

std::vector<double> toDoubles(const TensorType& type, const Tensor& from) {
  const auto count = static_cast<std::size_t>(type.shape.elements());
  const auto copy = [&]<class T>(std::span<const T> all) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(all[i]);
    return values;
  };
  switch (type.dtype) {
    case DType::F32:
      return copy(from.as<float>());
    case DType::F16:
      return copy(from.as<Float16>());
    case DType::BF16:
      return copy(from.as<BFloat16>());
    case DType::F64:
      return copy(from.as<double>());
    case DType::I32:
      return copy(from.as<std::int32_t>());
    case DType::U8:
      break;
  }
  return copy(from.as<std::uint8_t>());
}

std::optional<Sample> inHalf(const OpDef& op, Sample sample, DType half) {
  const HalfOperands& rule = op.half;
  const bool inF32 = rule.f32Result && sample.attrs.text("result", "") == "f32";
  bool any = false;
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    DType& dtype = sample.inputs[i].type.dtype;
    if (sample.inputs[i].absent || !rule.acceptsHalf(i, inF32) || dtype != DType::F32) continue;
    dtype = half;
    any = true;
  }
  if (!any) return std::nullopt;
  return sample;
}

}  // namespace tandem::conformance
