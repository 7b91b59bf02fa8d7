// conv2d: y = act(x * w + bias), the cross-correlation that all frameworks call convolution.
//   x (N, H, W, C), w (O, KH, KW, C / groups), bias (O), y (N, OH, OW, O)
// Attributes: those of window.h, "groups", and the fused epilogue "activation", "alpha".
// Also the geometry of its gradients conv2d_dgrad and conv2d_wgrad, which have the same attributes.
#pragma once

#include "core/ops/activation_kind.h"
#include "core/ops/op.h"
#include "core/ops/window.h"

namespace tandem::ops {

extern const OpDef conv2d;

struct Conv2dIn {
  enum : std::uint8_t { kX, kWeights, kBias };
};

enum class ConvPass { Forward, Dgrad, Wgrad };  // the three products

struct Conv2dGeometry {
  std::int64_t n = 0, c = 0, o = 0, groups = 1;
  WindowAxis rows, columns;  // in = H, W; out = OH, OW; kernel = KH, KW
  bool bias = false;
  ActivationKind activation = ActivationKind::None;
  double alpha = 0;  // of the activation

  Shape x() const { return {n, rows.in, columns.in, c}; }
  Shape w() const { return {o, rows.kernel, columns.kernel, c / groups}; }
  Shape y() const { return {n, rows.out, columns.out, o}; }
  double flops() const {  // of each of the three products
    const std::int64_t weightsPerOutput = w().elements() / o;
    return 2.0 * static_cast<double>(y().elements()) * static_cast<double>(weightsPerOutput);
  }

  static Result<Conv2dGeometry> from(const Attrs& attrs, const Shape& x, const Shape& w);
  // From the operands of each op; see conv2d_dgrad.h and conv2d_wgrad.h.
  static Result<Conv2dGeometry> forward(const Attrs& attrs, std::span<const TensorType> inputs);
  static Result<Conv2dGeometry> dgrad(const Attrs& attrs, std::span<const TensorType> inputs);
  static Result<Conv2dGeometry> wgrad(const Attrs& attrs, std::span<const TensorType> inputs);
  static Result<Conv2dGeometry> of(ConvPass pass, const Attrs& attrs, std::span<const TensorType> inputs);
};

// Calls f(xIndex, wIndex, yIndex) for each multiplication of the convolution: the definition of all three
// products, which differ only in the operand that accumulates.
template <class F>
void forEachProduct(const Conv2dGeometry& g, const F& f) {
  const WindowAxis &r = g.rows, &c = g.columns;
  const std::int64_t cg = g.c / g.groups, og = g.o / g.groups;
  for (std::int64_t n = 0; n < g.n; ++n)
    for (std::int64_t oy = 0; oy < r.out; ++oy)
      for (std::int64_t ox = 0; ox < c.out; ++ox)
        for (std::int64_t ky = 0; ky < r.kernel; ++ky)
          for (std::int64_t kx = 0; kx < c.kernel; ++kx) {
            const std::int64_t iy = r.position(oy, ky), ix = c.position(ox, kx);
            if (iy < 0 || iy >= r.in || ix < 0 || ix >= c.in) continue;
            for (std::int64_t o = 0; o < g.o; ++o) {
              const std::int64_t xi = ((n * r.in + iy) * c.in + ix) * g.c + o / og * cg;
              const std::int64_t wi = ((o * r.kernel + ky) * c.kernel + kx) * cg;
              const std::int64_t yi = ((n * r.out + oy) * c.out + ox) * g.o + o;
              for (std::int64_t i = 0; i < cg; ++i)
                f(static_cast<std::size_t>(xi + i), static_cast<std::size_t>(wi + i),
                  static_cast<std::size_t>(yi));
            }
          }
}

// Samples of one convolution for each of the three ops.
std::vector<Sample> convSamples(ConvPass pass);

}  // namespace tandem::ops
