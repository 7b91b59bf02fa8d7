#include <algorithm>

#include "core/compile/passes.h"
#include "core/ops/activation_kind.h"

namespace tandem {
namespace {

// Peephole fusion over one program. Nodes that were absorbed are emptied and removed at the end.
class Fuser {
 public:
  explicit Fuser(Draft& draft) : draft_(draft), p_(draft.program) { refresh(); }

  void run() {
    for (std::size_t i = 0; i < p_.nodes.size(); ++i) {
      if (dead_[i]) continue;
      const std::string_view op = p_.nodes[i].op->name;
      if (op == "matmul" || op == "conv2d") {
        absorbBias(i);
        absorbActivation(i);
      } else if (op == "batch_norm" || op == "batch_norm_inference") {
        absorbActivation(i);
      } else if (op == "activation_grad") {
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
    dead_.assign(p_.nodes.size(), false);
    reader_.assign(p_.values.size(), -1);
    for (std::size_t i = 0; i < p_.nodes.size(); ++i)
      for (const ValueId id : p_.nodes[i].inputs)
        if (id != kNoValue) reader_[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(i);
  }

  // The one node that reads `id`, if it is of kind `op` and reads it as operand 0; -1 otherwise.
  std::int32_t onlyReader(ValueId id, std::string_view op) const {
    if (id == draft_.output || reads_[static_cast<std::size_t>(id)] != 1) return -1;
    const std::int32_t reader = reader_[static_cast<std::size_t>(id)];
    const Node& node = p_.nodes[static_cast<std::size_t>(reader)];
    return node.op->name == op && node.inputs[0] == id ? reader : -1;
  }

  void note(const Node& node, std::string_view absorbed) {
    const std::string layer = node.layer >= 0 ? p_.layers[static_cast<std::size_t>(node.layer)] : "?";
    draft_.fusions.push_back(layer + ": " + std::string(node.op->name) + " + " + std::string(absorbed));
  }

  void absorbBias(std::size_t i) {
    Node& node = p_.nodes[i];
    const std::int32_t reader = onlyReader(node.outputs[0], "bias_add");
    if (reader < 0 || node.inputs.size() > 2 || node.part != Part::Forward) return;
    const Node& bias = p_.nodes[static_cast<std::size_t>(reader)];
    note(node, "bias");
    node.inputs.push_back(bias.inputs[1]);
    takeOver(node, reader);
  }

  void absorbActivation(std::size_t i) {
    Node& node = p_.nodes[i];
    if (node.part != Part::Forward) return;
    const std::int32_t reader = onlyReader(node.outputs[0], "activation");
    if (reader < 0) return;
    const Node& activation = p_.nodes[static_cast<std::size_t>(reader)];
    const std::string kind = activation.attrs.text("kind", "none");
    const auto parsed = activationFromName(kind);
    // Batch norms take relu only: their gradient masks by y. In training, kinds whose derivative needs
    // x keep x, so the read count above has already ruled them out.
    const bool batchNorm = node.op->name.starts_with("batch_norm");
    if (!parsed || (batchNorm && *parsed != ActivationKind::Relu)) return;
    note(node, kind);
    node.attrs.set("activation", kind);
    if (activation.attrs.has("alpha")) node.attrs.set("alpha", activation.attrs.number("alpha", 0));
    takeOver(node, reader);
  }

  // `node` now makes what node `absorbed` made.
  void takeOver(Node& node, std::int32_t absorbed) {
    node.outputs[0] = p_.nodes[static_cast<std::size_t>(absorbed)].outputs[0];
    dead_[static_cast<std::size_t>(absorbed)] = true;
  }

  // relu'(y) * dy followed by batch_norm_grad: the latter masks by y itself, if the forward pass fused.
  void moveIntoBatchNormGradient(std::size_t i) {
    const Node& mask = p_.nodes[i];
    if (mask.attrs.text("kind", "none") != "relu") return;
    const std::int32_t reader = onlyReader(mask.outputs[0], "batch_norm_grad");
    if (reader < 0) return;
    Node& gradient = p_.nodes[static_cast<std::size_t>(reader)];
    const ValueId y = mask.inputs[2];
    const bool fusedForward = std::ranges::any_of(p_.nodes, [&](const Node& n) {
      return n.op->name == "batch_norm" && n.outputs[0] == y && n.inputs[0] == gradient.inputs[1];
    });
    if (!fusedForward || gradient.inputs[5] != kNoValue) return;
    gradient.inputs[0] = mask.inputs[0];
    gradient.inputs[5] = y;
    dead_[i] = true;
    note(gradient, "relu gradient");
  }

  Draft& draft_;
  Program& p_;
  std::vector<int> reads_;
  std::vector<bool> dead_;
  std::vector<std::int32_t> reader_;
};

}  // namespace

void fuse(Draft& draft) {
  Fuser(draft).run();
}

}  // namespace tandem
