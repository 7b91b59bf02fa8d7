// Batch norm with given statistics is y = s x + t per channel. After a convolution or dense layer, s can scale that
// layer's weights and t be its bias, which is the same function: padding adds zeros before the layer, not after it.
// In half precision the scaled weights would be rounded differently, so nothing is folded there.
#include <algorithm>

#include "core/compile/passes.h"
#include "core/ops/batch_norm.h"
#include "core/ops/batch_norm_inference.h"
#include "core/ops/bias_add.h"
#include "core/ops/conv2d.h"
#include "core/ops/matmul.h"

namespace tandem {
namespace {

using Norm = ops::BatchNormIn;

class Folder {
 public:
  explicit Folder(Draft& draft) : draft_(draft), p_(draft.program) {}

  std::vector<BatchNormFold> run() {
    reads_ = readCounts(p_);
    producer_ = producers(p_);
    std::vector<bool> dead(p_.nodes.size(), false);
    for (std::size_t i = 0; i < p_.nodes.size(); ++i)
      if (p_.nodes[i].op == &ops::batch_norm_inference) fold(p_.nodes[i], dead);
    std::vector<Node> kept;
    for (std::size_t i = 0; i < p_.nodes.size(); ++i)
      if (!dead[i]) kept.push_back(std::move(p_.nodes[i]));
    p_.nodes = std::move(kept);
    return std::move(folds_);
  }

 private:
  // The node that produces `id` if `reader` alone reads it; otherwise -1.
  std::int32_t onlySource(ValueId id) const {
    const bool once = !draft_.isOutput(id) && reads_[static_cast<std::size_t>(id)] == 1;
    return once && p_.value(id).base == kNoValue ? producer_[static_cast<std::size_t>(id)] : -1;
  }

  // The name of a weight that only one node reads; empty otherwise.
  std::string weight(ValueId id) const {
    if (reads_[static_cast<std::size_t>(id)] != 1) return {};
    for (const auto* infos : {&p_.parameters, &p_.states})
      for (const ParameterInfo& info : *infos)
        if (info.value == id) return info.name;
    return {};
  }

  void fold(Node& norm, std::vector<bool>& dead) {
    BatchNormFold fold;
    const std::int32_t before = onlySource(norm.inputs[Norm::kX]);
    if (before < 0) return;
    const Node& last = p_.nodes[static_cast<std::size_t>(before)];
    const bool biased = last.op == &ops::bias_add;
    const std::int32_t at = biased ? onlySource(last.inputs[ops::BiasAddIn::kX]) : before;
    if (at < 0) return;
    const Node& layer = p_.nodes[static_cast<std::size_t>(at)];
    const bool dense = layer.op == &ops::matmul;
    if (!dense && layer.op != &ops::conv2d) return;
    if (layer.inputs.size() != 2 || layer.attrs.has("activation")) return;
    if (dense) {
      const auto g = ops::MatmulGeometry::from(layer.attrs, callOf(p_, layer).inputs);
      if (!g.ok() || g->transposeB) return;
    }
    fold.channelsLast = dense;
    const ValueId kernel = dense ? layer.inputs[ops::MatmulIn::kB] : layer.inputs[ops::Conv2dIn::kWeights];
    fold.kernel = weight(kernel);
    if (biased) fold.bias = weight(last.inputs[ops::BiasAddIn::kBias]);
    fold.gamma = weight(norm.inputs[Norm::kGamma]);
    fold.beta = weight(norm.inputs[Norm::kBeta]);
    fold.mean = weight(norm.inputs[Norm::kMean]);
    fold.variance = weight(norm.inputs[Norm::kVariance]);
    fold.epsilon = norm.attrs.number("epsilon", 0);
    if (fold.kernel.empty() || (biased && fold.bias.empty()) || fold.gamma.empty() || fold.beta.empty() ||
        fold.mean.empty() || fold.variance.empty())
      return;

    const std::string name =
        norm.layer >= 0 ? p_.layers[static_cast<std::size_t>(norm.layer)] : std::string("batch norm");
    draft_.fusions.push_back(name + ": folded into " + fold.kernel);
    std::vector<ValueId> unused{norm.inputs[Norm::kGamma], norm.inputs[Norm::kMean],
                                norm.inputs[Norm::kVariance]};
    if (biased) {
      unused.push_back(last.inputs[ops::BiasAddIn::kBias]);
      dead[static_cast<std::size_t>(before)] = true;
    }
    norm.op = &ops::bias_add;
    norm.attrs = {};
    norm.inputs = {layer.outputs[0], norm.inputs[Norm::kBeta]};
    for (const ValueId id : unused) drop(id);
    folds_.push_back(std::move(fold));
  }

  // Values without a reader need no storage.
  void drop(ValueId id) {
    p_.value(id).role = Role::Temp;
    for (auto* infos : {&p_.parameters, &p_.states})
      std::erase_if(*infos, [id](const ParameterInfo& info) { return info.value == id; });
  }

  Draft& draft_;
  Program& p_;
  std::vector<int> reads_;
  std::vector<std::int32_t> producer_;
  std::vector<BatchNormFold> folds_;
};

}  // namespace

std::vector<BatchNormFold> foldBatchNorms(Draft& draft) {
  return Folder(draft).run();
}

}  // namespace tandem
