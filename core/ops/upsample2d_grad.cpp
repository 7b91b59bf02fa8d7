#include "core/ops/upsample2d_grad.h"

#include <algorithm>

#include "core/ops/rules.h"

namespace tandem::ops {

Result<Upsample2dGeometry> Upsample2dGeometry::grad(const Attrs& attrs, const Shape& dy) {
  TANDEM_ASSIGN(const Upsample2dGeometry larger, from(attrs, dy));  // checks the attributes
  const Shape x{dy[0], dy[1] / larger.rows.scale, dy[2] / larger.columns.scale, dy[3]};
  TANDEM_ASSIGN(const Upsample2dGeometry g, from(attrs, x));
  if (g.y() != dy) return invalid("dy is " + dy.text() + ", which is no multiple of the size");
  return g;
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const auto g, Upsample2dGeometry::grad(attrs, in[0].shape));
  return std::vector<TensorType>{{in[0].dtype, g.x()}};
}

// Adds each dy to the pixels that its position reads; kernels sum over the readers of each pixel instead.
void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Upsample2dGeometry g = *Upsample2dGeometry::grad(attrs, in[0].type.shape);
  std::vector<double>& dx = out[0].data;
  std::fill(dx.begin(), dx.end(), 0.0);
  std::size_t position = 0;
  for (std::int64_t n = 0; n < g.n; ++n)
    for (std::int64_t oy = 0; oy < g.rows.out(); ++oy)
      for (std::int64_t ox = 0; ox < g.columns.out(); ++ox)
        for (std::int64_t c = 0; c < g.c; ++c, ++position) {
          const auto rows = g.rows.taps(oy), columns = g.columns.taps(ox);
          const double dy = in[0].data[position];
          const auto add = [&](std::int64_t iy, std::int64_t ix, double factor) {
            dx[at(((n * g.rows.in + iy) * g.columns.in + ix) * g.c + c)] += factor * dy;
          };
          if (!g.bilinear) {
            add(rows.first, columns.first, 1);
            continue;
          }
          const auto down = g.rows.share<double>(rows), right = g.columns.share<double>(columns);
          add(rows.first, columns.first, (1 - down) * (1 - right));
          add(rows.first, columns.second, (1 - down) * right);
          add(rows.second, columns.first, down * (1 - right));
          add(rows.second, columns.second, down * right);
        }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  const double reads = attrs.text("interpolation", "nearest") == "bilinear" ? 4 : 1;
  total.flops = 2 * reads * static_cast<double>(in[0].shape.elements());
  return total;
}

// The samples of upsample2d.
std::vector<Sample> samples() {
  std::vector<Sample> list = upsample2d.samples();
  for (Sample& s : list) {
    s.inputs = {f32(Upsample2dGeometry::from(s.attrs, s.inputs[0].type.shape)->y())};
    s.gradientCheck = false;
  }
  return list;
}

}  // namespace

const OpDef upsample2d_grad = {
    .name = "upsample2d_grad",
    .summary = "dx of upsample2d from dy",
    .operands = {"dy"},
    .infer = infer,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.inputs = {0}},
};

}  // namespace tandem::ops
