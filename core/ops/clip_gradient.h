// clip_gradient: divides the gradients by the loss scale, computes their norm, and clips them.
//   g /= lossScale
//   norm   g *= min(1, limit / (|g| + 1e-6))   (PyTorch's clip_grad_norm_)
//   value  g = min(max(g, -limit), limit)
// NaN stays NaN; a NaN norm leaves the other gradients unscaled.
#pragma once

#include "core/ops/op.h"
#include "core/ops/step_block.h"

namespace tandem::ops {

// Operands: 0 gradient block g, 1 step block. Results: 0 replaces g; 1 the global L2 norm after
// unscaling and before clipping, f32 (1).
extern const OpDef clip_gradient;

enum class ClipMode : std::uint8_t { None, Norm, Value };

struct ClipAttrs {
  ClipMode mode = ClipMode::None;
  double limit = 1;  // positive

  static Result<ClipAttrs> from(const Attrs& attrs);  // keys "mode" (none|norm|value), "limit"
  Attrs attrs() const;
};

// The factor of mode norm for a given norm.
template <class T>
TANDEM_HD inline T clipFactor(T norm, T limit) {
  const T factor = limit / (norm + T(1e-6));
  return factor < T(1) ? factor : T(1);
}

template <class T>
TANDEM_HD inline T clipValue(T g, T limit) {
  const T above = g < -limit ? -limit : g;  // two plain selections are vectorized
  return above > limit ? limit : above;
}

}  // namespace tandem::ops
