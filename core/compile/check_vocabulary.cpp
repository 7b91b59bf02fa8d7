#include <fmt/format.h>

#include <variant>

#include "core/compile/compile.h"
#include "core/compile/passes.h"

namespace tandem {

void checkVocabularies(const Network& network, const DatasetInfo& data, std::vector<Problem>& problems) {
  for (const Layer& layer : network.layers()) {
    const Property* rows = findProperty(findLayer(layer.type)->properties, "vocabulary");
    if (!rows || layer.inputs.size() != 1) continue;
    const Layer* input = network.find(layer.inputs[0].layer);
    if (!input || input->type != "input") continue;
    const auto index = tensorOf(*input, network, data);
    if (!index.ok()) continue;
    const std::int64_t tokens = data.inputs[*index].classes,
                       own = std::get<std::int64_t>(propertyValue(*rows, layer.properties));
    if (tokens <= own) continue;
    problems.push_back(
        {layer.id,
         invalid(fmt::format("has vectors for {} tokens, but the vocabulary of the data has {}", own, tokens),
                 layer.name, "Set the vocabulary to that of the data"),
         Fix{.label = fmt::format("Set vocabulary of {} to {}", layer.name, tokens),
             .action = SetProperty{"vocabulary", tokens}}});
  }
}

}  // namespace tandem
