#include "core/ops/concat.h"

#include "core/ops/rules.h"
#include "core/ops/slice.h"

namespace tandem::ops {

Result<AxisView> AxisView::of(const Shape& shape, std::int64_t axis) {
  const std::int64_t resolved = axis < 0 ? axis + shape.rank() : axis;
  if (resolved < 0 || resolved >= shape.rank())
    return invalid("there is no axis " + std::to_string(axis) + " in " + shape.text());
  AxisView view;
  view.axis = static_cast<int>(resolved);
  view.extent = shape[view.axis];
  for (int i = 0; i < view.axis; ++i) view.outer *= shape[i];
  for (int i = view.axis + 1; i < shape.rank(); ++i) view.inner *= shape[i];
  return view;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  if (in.empty()) return invalid("needs at least one input");
  TANDEM_ASSIGN(const AxisView first, AxisView::of(in[0].shape, attrs.integer("axis", -1)));
  std::int64_t extent = 0;
  for (const TensorType& type : in) {
    if (type.shape.rank() != in[0].shape.rank() || type.shape.with(first.axis, first.extent) != in[0].shape)
      return invalid("cannot join " + in[0].shape.text() + " and " + type.shape.text() + " along axis " +
                         std::to_string(first.axis),
                     {}, "All other dimensions must match");
    extent += type.shape[first.axis];
  }
  return std::vector<TensorType>{{in[0].dtype, in[0].shape.with(first.axis, extent)}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  const std::int64_t axis = c.node.attrs.integer("axis", -1);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < grads.size(); ++i) {
    const std::int64_t extent = c.program.type(c.input(i)).shape[static_cast<int>(axis)];
    if (c.wanted[i]) {
      TANDEM_ASSIGN(grads[i], c.program.append1(slice, {{"axis", axis}, {"begin", begin}, {"extent", extent}},
                                                {c.outputGrads[0]}));
    }
    begin += extent;
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const AxisView whole = *AxisView::of(out[0].type.shape, attrs.integer("axis", -1));
  std::int64_t begin = 0;
  for (const RefTensor& part : in) {
    const std::int64_t extent = part.type.shape[whole.axis];
    for (std::int64_t o = 0; o < whole.outer; ++o)
      for (std::int64_t e = 0; e < extent; ++e)
        for (std::int64_t i = 0; i < whole.inner; ++i)
          out[0].data[at((o * whole.extent + begin + e) * whole.inner + i)] =
              part.data[at((o * extent + e) * whole.inner + i)];
    begin += extent;
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  const auto axis = [](std::int64_t a) { return Attrs{{"axis", a}}; };
  return {
      {.name = "channels",
       .attrs = axis(-1),
       .inputs = {f32({2, 3, 3, 3}), f32({2, 3, 3, 5}), f32({2, 3, 3, 1})}},
      {.name = "rows", .attrs = axis(1), .inputs = {f32({2, 3, 5}), f32({2, 1, 5})}},
      {.name = "batch", .attrs = axis(0), .inputs = {f32({2, 5}), f32({3, 5})}},
      {.name = "single", .attrs = axis(1), .inputs = {f32({4, 3})}},
      {.name = "large",
       .attrs = axis(-1),
       .inputs = {f32({32, 28, 28, 16}), f32({32, 28, 28, 32})},
       .perf = true,
       .gradientCheck = false},
  };
}

}  // namespace

const OpDef concat = {
    .name = "concat",
    .summary = "y = the inputs joined along an axis",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.allInputs = true},
};

}  // namespace tandem::ops
