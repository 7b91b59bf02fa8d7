#include "core/ops/normalize.h"

#include "core/ops/rules.h"

namespace tandem::ops {

Result<NormalizeAttrs> NormalizeAttrs::from(const Attrs& attrs) {
  NormalizeAttrs a;
  for (const double x : attrs.numbers("scale")) a.scale.push_back(static_cast<float>(x));
  for (const double x : attrs.numbers("shift")) a.shift.push_back(static_cast<float>(x));
  if (a.scale.empty() || a.scale.size() > kMaxChannels || a.shift.size() != a.scale.size())
    return invalid("normalization needs 1 to 4 channels with one scale and one shift each");
  const std::string result = attrs.text("result", nameOf(DType::F32));
  for (const DType dtype : {DType::F32, DType::BF16, DType::F16}) {
    if (result != nameOf(dtype)) continue;
    a.result = dtype;
    return a;
  }
  return invalid("cannot normalize to '" + result + "'");
}

Attrs NormalizeAttrs::attrs() const {
  return {{"scale", std::vector<double>(scale.begin(), scale.end())},
          {"shift", std::vector<double>(shift.begin(), shift.end())},
          {"result", std::string(nameOf(result))}};
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const auto a, NormalizeAttrs::from(attrs));
  TANDEM_TRY(requireStepBlock(in[1]));
  if (in[0].dtype != DType::U8) return invalid("only bytes can be normalized");
  const auto channels = static_cast<std::int64_t>(a.scale.size());
  if (in[0].shape.rank() < 2 || (channels > 1 && channels != in[0].shape[-1]))
    return invalid("images of " + in[0].shape.text() + " do not have " + std::to_string(channels) +
                   " channels");
  return std::vector<TensorType>{{a.result, in[0].shape}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const NormalizeAttrs a = *NormalizeAttrs::from(attrs);
  const FirstAxis shape = FirstAxis::of(in[0].type.shape);
  const std::int64_t valid = validRows(stepOf(in[1]).data(), shape.rows) * shape.columns;
  for (std::int64_t i = 0; i < shape.rows * shape.columns; ++i) {
    const std::size_t c = at(i) % a.scale.size();
    out[0].data[at(i)] =
        i < valid ? in[0].data[at(i)] * static_cast<double>(a.scale[c]) + static_cast<double>(a.shift[c]) : 0;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(2, in, out);
}

Sample images(std::string name, const NormalizeAttrs& attrs, Shape shape, std::int64_t rows = 0) {
  return {.name = std::move(name),
          .attrs = attrs.attrs(),
          .inputs = {{{DType::U8, shape}, Fill::Labels, 256}, step(rows)},
          .perf = shape.elements() > 100000,
          .gradientCheck = false};
}

std::vector<Sample> samples() {
  const NormalizeAttrs grey{{0.0111f}, {-0.8102f}};
  const NormalizeAttrs rgb{{0.0171f, 0.0175f, 0.0174f}, {-2.118f, -2.036f, -1.804f}};
  const auto in = [](NormalizeAttrs a, DType result) {
    a.result = result;
    return a;
  };
  return {
      images("grey", grey, {5, 28, 28, 1}),
      images("odd_grey", grey, {3, 7, 5, 1}),
      images("padded_grey", grey, {7, 9, 3, 1}, 4),
      images("rgb", rgb, {4, 32, 32, 3}),
      images("odd_rgb", rgb, {3, 5, 3, 3}),
      images("padded_rgb", rgb, {5, 5, 7, 3}, 3),
      images("one_of_each_for_rgb", grey, {2, 5, 5, 3}),
      images("grey_and_alpha", {{0.01f, 0.02f}, {0.5f, -0.25f}}, {3, 5, 7, 2}),
      images("rgba", {{0.01f, 0.02f, 0.03f, 1.0f / 255}, {0.5f, -0.25f, 0, 0}}, {2, 3, 7, 4}),
      images("grey_to_bf16", in(grey, DType::BF16), {5, 28, 28, 1}),
      images("grey_to_f16", in(grey, DType::F16), {3, 7, 5, 1}, 2),
      images("rgb_to_bf16", in(rgb, DType::BF16), {3, 5, 7, 3}, 2),
      images("rgb_to_f16", in(rgb, DType::F16), {4, 32, 32, 3}),
      images("fashion_mnist", grey, {512, 28, 28, 1}),
      images("photos", rgb, {16, 224, 224, 3}),
      images("photos_to_bf16", in(rgb, DType::BF16), {16, 224, 224, 3}),
  };
}

}  // namespace

const OpDef normalize = {
    .name = "normalize",
    .summary = "y = x scale + shift per channel, for bytes",
    .operands = {"x", "step"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.halfResult = true, .why = "its consumers expect fp32"},
};

}  // namespace tandem::ops
