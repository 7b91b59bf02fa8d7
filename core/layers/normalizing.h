// What the normalization layers share.
#pragma once

#include "core/layers/layer.h"
#include "core/ops/group_normalize.h"

namespace tandem::layers {

inline Property epsilonProperty(double fallback) {
  return {.key = "epsilon",
          .label = "Epsilon",
          .kind = PropertyKind::Number,
          .fallback = fallback,
          .tooltip = "Added to the variance to avoid division by zero",
          .minimum = 1e-12,
          .maximum = 1};
}

// Statistics over the steps of a sequence would include what follows the end of its samples.
inline Status requireOneLength(const LowerContext& context, ValueId input) {
  if (context.lengths(input) == kNoValue) return success();
  return invalid("cannot leave out what follows the end of samples that differ in length", {},
                 "Use layer or RMS normalization, which treat each step separately");
}

// group_normalize with a trained scale and, if `centered`, a trained shift per channel; over: its attribute.
inline Result<ValueId> groupNormalized(LowerContext& context, const LayerDef& def, const Attrs& properties,
                                       ValueId x, std::string_view over, std::int64_t groups,
                                       bool centered = true) {
  const Shape channels{context.shape(x)[-1]};
  std::vector<ValueId> operands{x, context.parameter("gamma", channels, "ones", 0, 0, false)};
  if (centered) operands.push_back(context.parameter("beta", channels, "zeros", 0, 0, false));
  return context.op(ops::group_normalize,
                    {{"epsilon", numberOf(def.properties, properties, "epsilon")},
                     {"over", std::string(over)},
                     {"groups", groups}},
                    std::move(operands));
}

}  // namespace tandem::layers
