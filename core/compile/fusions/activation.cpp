#include "core/ops/activation.h"

#include "core/compile/fusions/fusion.h"
#include "core/ops/activation_kind.h"
#include "core/ops/batch_norm.h"
#include "core/ops/batch_norm_inference.h"
#include "core/ops/conv2d.h"
#include "core/ops/matmul.h"

namespace tandem::fusions {

extern const FusionDef activation;

namespace {

std::string kindOf(const Node& node) {
  return node.attrs.text("kind", "none");
}

std::optional<std::size_t> match(const Fusing& fusing, std::size_t at) {
  const Node& node = fusing.node(at);
  const bool norm = node.op == &ops::batch_norm || node.op == &ops::batch_norm_inference;
  const bool linear = node.op == &ops::matmul || node.op == &ops::conv2d;
  if ((!norm && !linear) || node.part != Part::Forward || node.attrs.has("activation")) return std::nullopt;
  const auto reader = fusing.onlyReader(node.outputs[0], ops::activation);
  if (!reader) return std::nullopt;
  // Batch norms fuse only relu, because their gradient masks by y. In training, activations whose derivative needs x
  // also read x, so that it is not read once.
  const auto kind = activationFromName(kindOf(fusing.node(*reader)));
  if (!kind || (norm && *kind != ActivationKind::Relu)) return std::nullopt;
  return reader;
}

void rewrite(Fusing& fusing, std::size_t at, std::size_t other) {
  Node& node = fusing.node(at);
  const Node& function = fusing.node(other);
  fusing.note(node, kindOf(function));
  node.attrs.set("activation", kindOf(function));
  if (function.attrs.has("alpha")) node.attrs.set("alpha", function.attrs.number("alpha", 0));
  node.outputs[0] = function.outputs[0];
  fusing.kill(other);
}

}  // namespace

// matmul, conv2d or batch norm + activation
const FusionDef activation = {.match = match, .rewrite = rewrite};

}  // namespace tandem::fusions
