#include <algorithm>

#include "core/compile/fusions/fusion.h"
#include "core/ops/activation_grad.h"
#include "core/ops/batch_norm.h"
#include "core/ops/batch_norm_grad.h"

namespace tandem::fusions {

extern const FusionDef relu_gradient;

namespace {

using Mask = ops::ActivationGradIn;
using Gradient = ops::BatchNormGradIn;

std::optional<std::size_t> match(const Fusing& fusing, std::size_t at) {
  const Node& mask = fusing.node(at);
  if (mask.op != &ops::activation_grad || mask.attrs.text("kind", "none") != "relu") return std::nullopt;
  const ValueId y = mask.inputs[Mask::kY], masked = mask.outputs[0];
  const std::vector<Node>& nodes = fusing.program().nodes;
  const auto norm = std::ranges::find_if(nodes, [&](const Node& n) {
    return n.op == &ops::batch_norm && n.outputs[ops::BatchNormOut::kY] == y;
  });
  if (norm == nodes.end()) return std::nullopt;
  const auto gradient = std::ranges::find_if(nodes, [&](const Node& n) {
    return n.op == &ops::batch_norm_grad && n.inputs[Gradient::kDy] == masked &&
           n.inputs[Gradient::kMean] == norm->outputs[ops::BatchNormOut::kSavedMean];
  });
  if (gradient == nodes.end()) return std::nullopt;
  return static_cast<std::size_t>(gradient - nodes.begin());
}

void rewrite(Fusing& fusing, std::size_t at, std::size_t other) {
  const Node& mask = fusing.node(at);
  const ValueId dy = mask.inputs[Mask::kDy], y = mask.inputs[Mask::kY], masked = mask.outputs[0];
  Node gradient = fusing.node(other);
  gradient.inputs[Gradient::kDy] = dy;
  gradient.inputs[Gradient::kY] = y;
  fusing.note(gradient, "relu gradient");
  if (fusing.readOnce(masked)) {
    fusing.node(other) = std::move(gradient);
    fusing.kill(at);
    return;
  }
  // The batch norm's addend has the same gradient. It is computed here, before its first reader.
  gradient.attrs.set("addend", std::int64_t{1});
  gradient.outputs.push_back(masked);
  fusing.node(at) = std::move(gradient);
  fusing.kill(other);
}

}  // namespace

// relu'(y) * dy followed by batch_norm_grad: the latter applies the mask itself if the forward pass was fused.
const FusionDef relu_gradient = {.match = match, .rewrite = rewrite};

}  // namespace tandem::fusions
