// activation: y = f(x), elementwise; kinds and formulas in activation_kind.h.
#pragma once

#include "core/ops/activation_kind.h"
#include "core/ops/op.h"

namespace tandem::ops {

// Operand: 0 x. Result: same type.
extern const OpDef activation;

// Attributes of activation and activation_grad.
struct ActivationAttrs {
  ActivationKind kind = ActivationKind::None;
  double alpha = 0;  // slope of leaky_relu, scale of elu; not negative

  static Result<ActivationAttrs> from(const Attrs& attrs);  // keys "kind", "alpha"
  Attrs attrs() const;
};

}  // namespace tandem::ops
