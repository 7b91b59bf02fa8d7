#include "core/ops/permute.h"

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {

Result<PermuteGeometry> PermuteGeometry::from(const Attrs& attrs, const Shape& x) {
  PermuteGeometry g;
  g.order = attrs.integers("order", {});
  std::vector<std::int64_t> sorted = g.order, dims;
  std::ranges::sort(sorted);
  bool each = static_cast<int>(sorted.size()) == x.rank() - 1;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    each = each && sorted[i] == static_cast<std::int64_t>(i) + 1;
  if (!each)
    return invalid("the order must name each of the " + std::to_string(std::max(0, x.rank() - 1)) +
                       " dimensions of its input " + x.withoutFirst().text() + " once",
                   {}, "Write 2, 1 to exchange the two dimensions of a sequence");
  std::vector<std::int64_t> strides(static_cast<std::size_t>(x.rank()), 1);
  for (std::size_t i = strides.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * x[static_cast<int>(i) + 1];
  g.axes.append(x[0], strides[0], 0);
  dims.push_back(x[0]);
  for (const std::int64_t axis : g.order) {
    dims.push_back(x[static_cast<int>(axis)]);
    g.axes.append(dims.back(), strides[at(axis)], 0);
  }
  g.result = Shape(dims);
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  if (in[0].shape.rank() < 2) return invalid("needs at least one dimension besides the batch");
  TANDEM_ASSIGN(const PermuteGeometry g, PermuteGeometry::from(attrs, in[0].shape));
  return std::vector<TensorType>{{in[0].dtype, g.result}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  const std::vector<std::int64_t> order = c.node.attrs.integers("order", {});
  std::vector<std::int64_t> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) back[at(order[i] - 1)] = static_cast<std::int64_t>(i) + 1;
  TANDEM_ASSIGN(const ValueId dx,
                c.program.append1(permute, {{"order", std::move(back)}}, {c.outputGrads[0]}));
  return std::vector{dx};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const PermuteGeometry g = *PermuteGeometry::from(attrs, in[0].type.shape);
  const int rank = g.result.rank();
  for (std::size_t i = 0; i < out[0].data.size(); ++i) {
    // The position in y, and from it that in x.
    std::vector<std::int64_t> position(at(rank), 0);
    std::int64_t rest = static_cast<std::int64_t>(i);
    for (int axis = rank - 1; axis >= 0; --axis) {
      const std::int64_t own = axis == 0 ? 0 : g.order[at(axis - 1)];
      position[at(own)] = rest % g.result[axis];
      rest /= g.result[axis];
    }
    std::int64_t from = 0;
    for (int axis = 0; axis < rank; ++axis) from = from * in[0].type.shape[axis] + position[at(axis)];
    out[0].data[i] = in[0].data[at(from)];
  }
}

Cost cost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(0, in, out);
}

std::vector<Sample> samples() {
  using Order = std::vector<std::int64_t>;
  const auto of = [](std::string name, Shape x, Order order) {
    return Sample{.name = std::move(name), .attrs = {{"order", std::move(order)}}, .inputs = {f32(x)}};
  };
  Sample large = of("large", {32, 64, 128}, {2, 1});
  large.perf = true;
  large.gradientCheck = false;
  return {of("sequence", {3, 5, 7}, {2, 1}),
          of("same", {2, 3, 4}, {1, 2}),
          of("vector", {4, 6}, {1}),
          of("image", {2, 3, 4, 5}, {3, 1, 2}),
          of("transposed", {2, 3, 4, 5}, {2, 1, 3}),
          of("reversed", {2, 3, 2, 4, 5}, {4, 3, 2, 1}),
          of("ones", {2, 1, 5, 1}, {2, 3, 1}),
          large};
}

}  // namespace

const OpDef permute = {
    .name = "permute",
    .summary = "y = x with the dimensions of each sample in another order",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
