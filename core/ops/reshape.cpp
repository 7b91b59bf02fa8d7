#include "core/ops/reshape.h"

#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  const Shape& from = in[0].shape;
  const std::vector<std::int64_t> dims = attrs.integers("shape", {});
  if (from.rank() < 1) return invalid("needs a batch dimension");
  if (dims.size() + 1 > static_cast<std::size_t>(Shape::kMaxRank))
    return invalid("a shape has at most " + std::to_string(Shape::kMaxRank - 1) + " dimensions");
  std::int64_t left = from.withoutFirst().elements();
  for (const std::int64_t d : dims) {  // dividing instead of multiplying cannot overflow
    if (d < 1 || left % d != 0) left = 0;
    if (left == 0) break;
    left /= d;
  }
  const Shape to(dims);
  if (left != 1)
    return invalid("cannot reshape " + from.withoutFirst().text() + " (" +
                   std::to_string(from.withoutFirst().elements()) + " values) to " + to.text());
  return std::vector<TensorType>{{in[0].dtype, to.withFirst(from[0])}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Shape back = c.program.type(c.input(0)).shape.withoutFirst();
  const std::vector<std::int64_t> dims(back.dims().begin(), back.dims().end());
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(reshape, {{"shape", dims}}, {c.outputGrads[0]}));
  return std::vector<ValueId>{dx};
}

void reference(const Attrs&, std::span<const RefTensor> in, std::span<RefTensor> out) {
  out[0].data = in[0].data;
}

Cost cost(const Attrs&, std::span<const TensorType>, std::span<const TensorType>) {
  return {};
}

std::vector<Sample> samples() {
  using Dims = std::vector<std::int64_t>;
  return {
      {.name = "flatten", .attrs = {{"shape", Dims{45}}}, .inputs = {f32({2, 3, 5, 3})}},
      {.name = "to_image", .attrs = {{"shape", Dims{3, 2, 1}}}, .inputs = {f32({4, 6})}},
  };
}

}  // namespace

const OpDef reshape = {
    .name = "reshape",
    .summary = "y = x in another shape",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .view = true,
    .half = {.why = "no kernel"},
};

}  // namespace tandem::ops
