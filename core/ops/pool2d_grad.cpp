#include "core/ops/pool2d_grad.h"

#include <algorithm>

namespace tandem::ops {

using In = Pool2dGradIn;

Result<Pool2dGeometry> Pool2dGeometry::grad(const Attrs& attrs, std::span<const TensorType> inputs) {
  const Shape& dy = inputs[In::kDy].shape;
  const auto image = attrs.integers("input_shape", {});
  if (dy.rank() != 4 || image.size() != 2) return invalid("needs dy (N, OH, OW, C) and input_shape (H, W)");
  TANDEM_ASSIGN(const Pool2dGeometry g, from(attrs, Shape{dy[0], image[0], image[1], dy[3]}));
  if (g.y() != dy) return invalid("dy is " + dy.text() + ", but the pooling gives " + g.y().text());
  if (!g.average && (inputs[In::kX].shape != g.x() || inputs[In::kY].shape != dy))
    return invalid("max pooling needs x " + g.x().text() + " and y " + dy.text());
  return g;
}

namespace {

Result<std::vector<TensorType>> infer(const Attrs& attrs, std::span<const TensorType> inputs) {
  TANDEM_ASSIGN(const auto g, Pool2dGeometry::grad(attrs, inputs));
  return std::vector<TensorType>{{inputs[In::kDy].dtype, g.x()}};
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Pool2dGeometry g =
      *Pool2dGeometry::grad(attrs, std::array{in[In::kX].type, in[In::kY].type, in[In::kDy].type});
  std::vector<double>& dx = out[0].data;
  std::fill(dx.begin(), dx.end(), 0.0);
  std::size_t position = 0;
  for (std::int64_t n = 0; n < g.n; ++n)
    for (std::int64_t oy = 0; oy < g.rows.out; ++oy)
      for (std::int64_t ox = 0; ox < g.columns.out; ++ox)
        for (std::int64_t c = 0; c < g.c; ++c, ++position) {
          const WindowSpan rows = spanOf(g.rows, oy), columns = spanOf(g.columns, ox);
          const double dy = in[In::kDy].data[position];
          bool found = false;
          for (std::int64_t iy = rows.first; iy < rows.last; ++iy)
            for (std::int64_t ix = columns.first; ix < columns.last; ++ix) {
              const auto at = static_cast<std::size_t>(((n * g.rows.in + iy) * g.columns.in + ix) * g.c + c);
              if (g.average) {
                dx[at] += dy / static_cast<double>(rows.size() * columns.size());
              } else if (!found && in[In::kX].data[at] >= in[In::kY].data[position]) {
                dx[at] += dy;
                found = true;
              }
            }
        }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(1, in, out);
  const Pool2dGeometry g = *Pool2dGeometry::grad(attrs, in);
  total.flops += static_cast<double>(g.y().elements() * g.rows.kernel * g.columns.kernel);
  return total;
}

// The samples of pool2d. Here y is independent of x, so that windows without any x >= y also occur.
std::vector<Sample> samples() {
  std::vector<Sample> list = pool2d.samples();
  for (Sample& s : list) {
    const Shape x = s.inputs[In::kX].type.shape;
    const Pool2dGeometry g = *Pool2dGeometry::from(s.attrs, x);
    s.attrs.set("input_shape", std::vector<std::int64_t>{x[1], x[2]});
    s.inputs = {{{DType::F32, x}}, {{DType::F32, g.y()}}, {{DType::F32, g.y()}}};
    s.inputs[In::kX].absent = s.inputs[In::kY].absent = g.average;
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef pool2d_grad = {
    .name = "pool2d_grad",
    .summary = "dx of pool2d from x, y and dy",
    .operands = {"x", "y", "dy"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kX, In::kY},
    .half = {.inputs = {In::kX, In::kY, In::kDy}},
};

}  // namespace tandem::ops
