#include <algorithm>

#include "core/compile/passes.h"
#include "core/ops/activation.h"
#include "core/ops/activation_grad.h"
#include "core/ops/activation_kind.h"
#include "core/ops/add.h"
#include "core/ops/batch_norm.h"
#include "core/ops/batch_norm_grad.h"
#include "core/ops/batch_norm_inference.h"
#include "core/ops/bias_add.h"
#include "core/ops/conv2d.h"
#include "core/ops/matmul.h"

namespace tandem {
namespace {

// Peephole fusion over one program. Absorbed nodes are marked dead and removed at the end.
class Fuser {
 public:
  explicit Fuser(Draft& draft) : draft_(draft), p_(draft.program) { refresh(); }

  void run() {
    for (std::size_t i = 0; i < p_.nodes.size(); ++i) {
      if (dead_[i]) continue;
      const Node& node = p_.nodes[i];
      if (node.op == &ops::matmul || node.op == &ops::conv2d) {
        absorbBias(i);
        absorbActivation(i);
      } else if (isBatchNorm(node)) {
        absorbActivation(i);
      } else if (node.op == &ops::add) {
        becomeBatchNorm(i);
      } else if (node.op == &ops::activation_grad) {
        moveIntoBatchNormGradient(i);
      }
    }
    std::vector<Node> kept;
    for (std::size_t i = 0; i < p_.nodes.size(); ++i)
      if (!dead_[i]) kept.push_back(std::move(p_.nodes[i]));
    p_.nodes = std::move(kept);
  }

 private:
  void refresh() {
    reads_ = readCounts(p_);
    producer_ = producers(p_);
    dead_.assign(p_.nodes.size(), false);
    reader_.assign(p_.values.size(), -1);
    for (std::size_t i = 0; i < p_.nodes.size(); ++i)
      for (const ValueId id : p_.nodes[i].inputs)
        if (id != kNoValue) reader_[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(i);
  }

  bool readOnce(ValueId id) const {
    return !draft_.isOutput(id) && reads_[static_cast<std::size_t>(id)] == 1;
  }

  // The only node that reads `id`, if its op is `op` and `id` is its operand 0; otherwise -1.
  std::int32_t onlyReader(ValueId id, const OpDef& op) const {
    if (!readOnce(id)) return -1;
    const std::int32_t reader = reader_[static_cast<std::size_t>(id)];
    const Node& node = p_.nodes[static_cast<std::size_t>(reader)];
    return node.op == &op && node.inputs[0] == id ? reader : -1;
  }

  void note(const Node& node, std::string_view absorbed) {
    const std::string layer = node.layer >= 0 ? p_.layers[static_cast<std::size_t>(node.layer)] : "?";
    draft_.fusions.push_back(layer + ": " + std::string(node.op->name) + " + " + std::string(absorbed));
  }

  void absorbBias(std::size_t i) {
    Node& node = p_.nodes[i];
    const std::int32_t reader = onlyReader(node.outputs[0], ops::bias_add);
    if (reader < 0 || node.inputs.size() > 2 || node.part != Part::Forward) return;
    const Node& bias = p_.nodes[static_cast<std::size_t>(reader)];
    note(node, "bias");
    node.inputs.push_back(bias.inputs[1]);
    takeOver(node, reader);
  }

  void absorbActivation(std::size_t i) {
    Node& node = p_.nodes[i];
    if (node.part != Part::Forward) return;
    const std::int32_t reader = onlyReader(node.outputs[0], ops::activation);
    if (reader < 0) return;
    const Node& activation = p_.nodes[static_cast<std::size_t>(reader)];
    const std::string kind = activation.attrs.text("kind", "none");
    const auto parsed = activationFromName(kind);
    // Batch norms fuse only relu, because their gradient masks by y. In training, activations whose
    // derivative needs x also read x, so the read count above has already ruled them out.
    if (!parsed || (isBatchNorm(node) && *parsed != ActivationKind::Relu)) return;
    note(node, kind);
    node.attrs.set("activation", kind);
    if (activation.attrs.has("alpha")) node.attrs.set("alpha", activation.attrs.number("alpha", 0));
    takeOver(node, reader);
  }

  // The end of a residual block, relu(batch norm + shortcut): the batch norm moves to the position of the add
  // (node i), where its addend is certain to exist. Of two batch norms, the later one moves and the other is
  // its addend. Without a relu the add remains, because fusing it would save no backward pass.
  void becomeBatchNorm(std::size_t i) {
    const Node& add = p_.nodes[i];
    const std::int32_t reader = onlyReader(add.outputs[0], ops::activation);
    if (add.part != Part::Forward || reader < 0 ||
        p_.nodes[static_cast<std::size_t>(reader)].attrs.text("kind", "none") != "relu")
      return;
    std::int32_t at = -1;
    for (const ValueId id : add.inputs)
      if (isPlainBatchNorm(id)) at = std::max(at, producer_[static_cast<std::size_t>(id)]);
    if (at < 0) return;
    Node norm = p_.nodes[static_cast<std::size_t>(at)];
    const bool first = add.inputs[0] == norm.outputs[0];
    norm.inputs.push_back(add.inputs[first ? 1 : 0]);
    norm.outputs[0] = add.outputs[0];
    note(norm, "add");
    p_.nodes[i] = std::move(norm);
    dead_[static_cast<std::size_t>(at)] = true;
    absorbActivation(i);
  }

  // Whether `id` is the direct result of a batch norm and is read once.
  bool isPlainBatchNorm(ValueId id) const {
    const std::int32_t producer = producer_[static_cast<std::size_t>(id)];
    if (producer < 0 || !readOnce(id)) return false;
    const Node& node = p_.nodes[static_cast<std::size_t>(producer)];
    return isBatchNorm(node) && node.outputs[0] == id && !node.attrs.has("activation");
  }

  static bool isBatchNorm(const Node& node) {
    return node.op == &ops::batch_norm || node.op == &ops::batch_norm_inference;
  }

  // `node` now produces the result of node `absorbed`.
  void takeOver(Node& node, std::int32_t absorbed) {
    node.outputs[0] = p_.nodes[static_cast<std::size_t>(absorbed)].outputs[0];
    dead_[static_cast<std::size_t>(absorbed)] = true;
  }

  // relu'(y) * dy followed by batch_norm_grad: the latter applies the mask itself if the forward pass was
  // fused.
  void moveIntoBatchNormGradient(std::size_t i) {
    const Node& mask = p_.nodes[i];
    if (mask.attrs.text("kind", "none") != "relu") return;
    const ValueId dy = mask.inputs[0], y = mask.inputs[2], masked = mask.outputs[0];
    const auto norm = std::ranges::find_if(
        p_.nodes, [&](const Node& n) { return n.op == &ops::batch_norm && n.outputs[0] == y; });
    if (norm == p_.nodes.end()) return;
    const auto found = std::ranges::find_if(p_.nodes, [&](const Node& n) {
      return n.op == &ops::batch_norm_grad && n.inputs[0] == masked && n.inputs[3] == norm->outputs[1];
    });
    if (found == p_.nodes.end()) return;
    Node gradient = *found;
    const auto at = static_cast<std::size_t>(found - p_.nodes.begin());
    gradient.inputs[0] = dy;
    gradient.inputs[5] = y;
    note(gradient, "relu gradient");
    if (readOnce(masked)) {
      p_.nodes[at] = std::move(gradient);
      dead_[i] = true;
      return;
    }
    // The batch norm's addend has the same gradient. It is computed here, before its first reader.
    gradient.attrs.set("addend", std::int64_t{1});
    gradient.outputs.push_back(masked);
    p_.nodes[i] = std::move(gradient);
    dead_[at] = true;
  }

  Draft& draft_;
  Program& p_;
  std::vector<int> reads_;
  std::vector<bool> dead_;
  std::vector<std::int32_t> producer_, reader_;  // node indices by value
};

}  // namespace

void fuse(Draft& draft) {
  Fuser(draft).run();
}

}  // namespace tandem
