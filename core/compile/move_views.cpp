// Layers of sequences compute on images of one row, dense layers of sequences on rows, and a view follows. An op of
// elements or channels that reads this view computes the same on the value before it, where it can be folded or fused
// into the layer.
#include <map>
#include <utility>
#include <vector>

#include "core/compile/passes.h"
#include "core/ops/activation.h"
#include "core/ops/batch_norm_inference.h"
#include "core/ops/bias_add.h"
#include "core/ops/reshape.h"

namespace tandem {
namespace {

// Whether the op computes the same values in either shape of its operand 0.
bool commutes(const OpDef& op, const Shape& before, const Shape& after) {
  if (&op == &ops::activation) return true;
  return (&op == &ops::bias_add || &op == &ops::batch_norm_inference) && before[-1] == after[-1];
}

}  // namespace

void moveViewsBack(Draft& draft) {
  Program& p = draft.program;
  const std::vector<int> reads = readCounts(p);
  std::map<ValueId, std::size_t> viewAt;  // in `nodes`, by result
  std::vector<Node> nodes;
  std::vector<bool> moved;  // by node
  const auto append = [&](Node node) {
    if (node.op == &ops::reshape) viewAt[node.outputs[0]] = nodes.size();
    nodes.push_back(std::move(node));
    moved.push_back(false);
  };
  for (Node& node : p.nodes) {
    const ValueId read = node.inputs.empty() ? kNoValue : node.inputs[0];
    const auto found = viewAt.find(read);
    const bool only = found != viewAt.end() && reads[static_cast<std::size_t>(read)] == 1 &&
                      !draft.isOutput(read) && p.value(node.outputs[0]).base == kNoValue;
    if (!only || !commutes(*node.op, p.type(nodes[found->second].inputs[0]).shape, p.type(read).shape)) {
      append(std::move(node));
      continue;
    }
    Node view = nodes[found->second];
    moved[found->second] = true;
    const ValueId result = node.outputs[0];
    Value before;
    before.type = {p.type(result).dtype, p.type(view.inputs[0]).shape};
    before.layer = p.value(result).layer;
    node.inputs[0] = view.inputs[0];
    node.outputs[0] = p.addValue(std::move(before));
    p.value(result).base = node.outputs[0];
    view.inputs[0] = node.outputs[0];
    view.outputs[0] = result;
    view.layer = node.layer;
    append(std::move(node));
    append(std::move(view));
  }
  p.nodes.clear();
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (!moved[i]) p.nodes.push_back(std::move(nodes[i]));
}

}  // namespace tandem
