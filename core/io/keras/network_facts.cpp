#include "core/io/keras/network_facts.h"

#include <algorithm>
#include <map>

#include "core/network/analysis.h"
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
