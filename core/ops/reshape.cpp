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
  const std::int64_t rows = attrs.integer("rows", from[0]);
  std::int64_t left = rows == from[0]                           ? from.withoutFirst().elements()
                      : rows > 0 && from.elements() % rows == 0 ? from.elements() / rows
                                                                : 0;
  for (const std::int64_t d : dims) {  // dividing instead of multiplying cannot overflow
    if (d < 1 || left % d != 0) left = 0;
    if (left == 0) break;
    left /= d;
  }
  const Shape to(dims);
  if (left != 1 && rows != from[0])
    return invalid("cannot reshape " + from.text() + " to " + to.withFirst(rows).text());
  if (left != 1)
    return invalid("cannot reshape " + from.withoutFirst().text() + " (" +
                   std::to_string(from.withoutFirst().elements()) + " values) to " + to.text());
  return std::vector<TensorType>{{in[0].dtype, to.withFirst(rows)}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const Shape& to = c.program.type(c.input(0)).shape;
  const Shape back = to.withoutFirst();
  Attrs attrs{{"shape", std::vector<std::int64_t>(back.dims().begin(), back.dims().end())}};
  if (to[0] != c.program.type(c.outputGrads[0]).shape[0]) attrs.set("rows", to[0]);
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(reshape, std::move(attrs), {c.outputGrads[0]}));
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
      {.name = "pixels",
       .attrs = {{"shape", Dims{3}}, {"rows", std::int64_t{24}}},
       .inputs = {f32({2, 4, 3, 3})}},
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
