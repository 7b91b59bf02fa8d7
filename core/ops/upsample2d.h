// upsample2d: an image enlarged by whole factors. x (N, H, W, C) -> y (N, H * size[0], W * size[1], C)
// Attributes: "size" [2], "interpolation" nearest | bilinear. Bilinear interpolation is that of Keras: pixels have half-pixel
// centers, and those beyond the border equal those at the border.
#pragma once

#include <cstdint>

#include "core/base/philox.h"  // TANDEM_HD
#include "core/ops/op.h"

namespace tandem::ops {

extern const OpDef upsample2d;

// Rows or columns. Output position o is x[first] (1 - share) + x[second] share.
template <class Int>
struct UpsampleAxis {
  Int in = 0, scale = 1;
  bool bilinear = false;

  struct Taps {
    Int first = 0, second = 0;
    Int share = 0;  // in units of 1 / (2 * scale)
  };

  TANDEM_HD Int out() const { return in * scale; }

  TANDEM_HD Taps taps(Int o) const {
    const Int own = o / scale;
    if (!bilinear) return {own, own, 0};
    const Int past = 2 * (o % scale) + 1 - scale;  // from the center of `own` to that of o
    const Int low = past < 0 ? own - 1 : own;
    return {low < 0 ? 0 : low, low + 1 < in ? low + 1 : in - 1, past < 0 ? past + 2 * scale : past};
  }
  template <class T>
  TANDEM_HD T share(const Taps& t) const {
    return static_cast<T>(t.share) / static_cast<T>(2 * scale);
  }

  // The output positions that read input position i: [firstReader, lastReader).
  TANDEM_HD Int firstReader(Int i) const {
    if (!bilinear) return i * scale;
    return i == 0 ? 0 : (i - 1) * scale + scale / 2;
  }
  TANDEM_HD Int lastReader(Int i) const {
    if (!bilinear) return (i + 1) * scale;
    return i + 1 == in ? out() : (i + 1) * scale + scale / 2;
  }
  // The factor of input position i in output position o, one of its readers.
  template <class T>
  TANDEM_HD T weight(Int o, Int i) const {
    const Taps t = taps(o);
    const T second = share<T>(t);
    return (t.first == i ? T(1) - second : T(0)) + (t.second == i ? second : T(0));
  }

  template <class Other>
  UpsampleAxis<Other> as() const {
    return {static_cast<Other>(in), static_cast<Other>(scale), bilinear};
  }
};

struct Upsample2dGeometry {
  std::int64_t n = 0, c = 0;
  UpsampleAxis<std::int64_t> rows, columns;
  bool bilinear = false;

  Shape x() const { return {n, rows.in, columns.in, c}; }
  Shape y() const { return {n, rows.out(), columns.out(), c}; }

  static Result<Upsample2dGeometry> from(const Attrs& attrs, const Shape& x);
  // From dy, the operand of upsample2d_grad.
  static Result<Upsample2dGeometry> grad(const Attrs& attrs, const Shape& dy);
};

}  // namespace tandem::ops
