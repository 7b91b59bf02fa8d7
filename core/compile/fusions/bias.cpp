#include "core/compile/fusions/fusion.h"
#include "core/ops/bias_add.h"
#include "core/ops/conv2d.h"
#include "core/ops/matmul.h"

namespace tandem::fusions {

extern const FusionDef bias;

namespace {

std::optional<std::size_t> match(const Fusing& fusing, std::size_t at) {
  const Node& node = fusing.node(at);
  const bool linear = node.op == &ops::matmul || node.op == &ops::conv2d;
  // The activation comes after the bias.
  if (!linear || node.part != Part::Forward || node.inputs.size() > 2 || node.attrs.has("activation"))
    return std::nullopt;
  return fusing.onlyReader(node.outputs[0], ops::bias_add);
}

void rewrite(Fusing& fusing, std::size_t at, std::size_t other) {
  Node& node = fusing.node(at);
  const Node& add = fusing.node(other);
  fusing.note(node, "bias");
  node.inputs.push_back(add.inputs[ops::BiasAddIn::kBias]);
  node.outputs[0] = add.outputs[0];
  fusing.kill(other);
}

}  // namespace

// matmul or conv2d + bias_add
const FusionDef bias = {.match = match, .rewrite = rewrite};

}  // namespace tandem::fusions
