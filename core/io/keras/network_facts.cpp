#include "core/io/keras/network_facts.h"

#include <algorithm>
#include <map>

#include "core/network/output_meaning.h"

namespace tandem::keras {

std::set<LayerId> nonNegativeLayers(const Network& network) {
  const auto function = [](std::string_view f) {
    return f == "relu" || f == "relu6" || f == "hard_sigmoid" || f == "sigmoid" || f == "softplus" ||
           f == "softmax";
  };
  std::set<LayerId> found;
  const auto order = network.order();
  if (!order.ok()) return found;
  for (const LayerId id : *order) {
    const Layer& layer = *network.find(id);
    bool positive = function(activationOf(layer));
    if (findLayer(layer.type)->range != RangeRule::Unknown)
      positive |=
          std::ranges::all_of(layer.inputs, [&](const Source& from) { return found.contains(from.layer); });
    if (positive) found.insert(id);
  }
  return found;
}

Status checkLengths(const Network& network, const Analysis& analysis) {
  // Those whose classes in Keras support masks.
  constexpr std::string_view kMasked[] = {"embedding",
                                          "simple_rnn",
                                          "lstm",
                                          "gru",
                                          "attention",
                                          "dense",
                                          "layer_norm",
                                          "dropout",
                                          "spatial_dropout",
                                          "gaussian_noise",
                                          "activation",
                                          "prelu",
                                          "add",
                                          "subtract",
                                          "concat",
                                          "multiply",
                                          "average",
                                          "maximum",
                                          "minimum",
                                          "global_average_pool1d"};
  const auto varies = [&](const Source& source) { return analysis.varies(source); };
  const std::vector<LayerId> inputs = network.inputs();
  const auto varying = std::ranges::count_if(inputs, varies);
  for (const Layer& layer : network.layers()) {
    if (std::ranges::none_of(layer.inputs, varies)) continue;
    if (std::ranges::find(kMasked, layer.type) == std::end(kMasked))
      return Error{
          ErrorCode::Unsupported,
          "reads samples that differ in length, but Keras ignores in such a layer where they end", layer.name,
          "Keras takes it into account in recurrent layers, attention, dense layers, layer normalization "
          "and global average pooling"};
    // Keras leaves out a step that is beyond the end of the values or beyond that of the keys.
    if (layer.type == "attention" && layer.inputs.size() == 3 && varying > 1 && varies(layer.inputs[1]) &&
        varies(layer.inputs[2]))
      return Error{ErrorCode::Unsupported,
                   "reads values and keys that may differ in length, which Keras treats differently",
                   layer.name, "Use the values as the keys"};
  }
  return success();
}

Status checkWeights(const Network& network, std::span<const WeightView> weights) {
  Program program;
  TANDEM_TRY(lowerNetwork(network, 1, false, 0, program));
  std::map<std::string_view, const WeightView*> byName;
  for (const WeightView& weight : weights) byName.emplace(weight.name, &weight);
  for (const auto* list : {&program.parameters, &program.states})
    for (const ParameterInfo& info : *list) {
      const auto found = byName.find(info.name);
      if (found == byName.end()) return invalid("this weight is missing", info.name);
      const WeightView& weight = *found->second;
      if (weight.shape != info.shape || std::cmp_not_equal(weight.values.size(), info.shape.elements()))
        return invalid("this weight has the shape " + weight.shape.text() + ", but the network needs " +
                           info.shape.text(),
                       info.name);
    }
  return success();
}

}  // namespace tandem::keras
