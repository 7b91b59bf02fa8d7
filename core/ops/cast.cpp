#include "core/ops/cast.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  const std::string name = attrs.text("dtype", "f32");
  for (const DType dtype : {DType::F32, DType::I32})
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
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  return {
      {.name = "classes",
       .attrs = {{"dtype", std::string("f32")}},
       .inputs = {labels(33, 10)},
       .gradientCheck = false},
      {.name = "same", .attrs = {{"dtype", std::string("f32")}}, .inputs = {f32({3, 5})}},
  };
}

}  // namespace

const OpDef cast = {
    .name = "cast",
    .summary = "y = x as another dtype",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
};

}  // namespace tandem::ops
