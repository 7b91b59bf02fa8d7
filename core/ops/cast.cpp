#include "core/ops/cast.h"

#include <cmath>

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  const std::string name = attrs.text("dtype", "f32");
  for (const DType dtype : {DType::F32, DType::F16, DType::BF16, DType::F64, DType::I32, DType::U8})
    if (name == nameOf(dtype)) return std::vector<TensorType>{{dtype, in[0].shape}};
  return invalid("cannot convert to '" + name + "'");
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const std::string from(nameOf(c.program.type(c.input(0)).dtype));
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(cast, {{"dtype", from}}, {c.outputGrads[0]}));
  return std::vector<ValueId>{dx};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  out[0].data = in[0].data;
  const DType to = out[0].type.dtype;
  if (to == DType::I32 || to == DType::U8)
    for (double& value : out[0].data) value = std::trunc(value);
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

Sample half(std::string name, DType from, DType to, Shape shape) {
  return {.name = std::move(name),
          .attrs = {{"dtype", std::string(nameOf(to))}},
          .inputs = {ofType(from, shape)},
          .perf = shape.elements() > 100000,
          .gradientCheck = false};
}

std::vector<Sample> samples() {
  return {
      {.name = "classes",
       .attrs = {{"dtype", std::string("f32")}},
       .inputs = {labels(33, 10)},
       .gradientCheck = false},
      {.name = "same", .attrs = {{"dtype", std::string("f32")}}, .inputs = {f32({3, 5})}},
      {.name = "to_integers",
       .attrs = {{"dtype", std::string("i32")}},
       .inputs = {f32({3, 5})},
       .gradientCheck = false},
      half("to_bf16", DType::F32, DType::BF16, {5, 17}),
      half("to_f16", DType::F32, DType::F16, {5, 17}),
      half("from_bf16", DType::BF16, DType::F32, {5, 17}),
      half("from_f16", DType::F16, DType::F32, {5, 17}),
      half("bf16_to_f16", DType::BF16, DType::F16, {37}),
      half("block_to_bf16", DType::F32, DType::BF16, {1000003}),
      half("block_to_f16", DType::F32, DType::F16, {1000003}),
      half("block_from_bf16", DType::BF16, DType::F32, {1000003}),
  };
}

}  // namespace

const OpDef cast = {
    .name = "cast",
    .summary = "y = x as another dtype",
    .operands = {"x"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.why = "changes the type"},
};

}  // namespace tandem::ops
