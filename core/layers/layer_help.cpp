#include "core/layers/layer_help.h"

#include <fmt/format.h>

#include "core/layers/layer.h"

namespace tandem {
namespace {

std::string valuesText(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += fmt::format("{}{:g}", text.empty() ? "" : ", ", value);
  return text;
}

std::string tensorText(const ExampleTensor& tensor) {
  if (tensor.shape.size() < 2) return valuesText(tensor.values);
  std::string shape;
  for (const std::int64_t extent : tensor.shape)
    shape += fmt::format("{}{}", shape.empty() ? "" : " x ", extent);
  return fmt::format("{} ({})", valuesText(tensor.values), shape);
}

}  // namespace

std::vector<ExampleLine> exampleLines(const LayerDef& def) {
  const LayerExample& example = def.help.example;
  std::vector<ExampleLine> lines;
  const auto add = [&](const std::vector<ExampleTensor>& tensors, const std::string& what,
                       const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const std::string name = i < names.size()     ? fmt::format("{} {}", what, names[i])
                               : tensors.size() > 1 ? fmt::format("{} {}", what, i + 1)
                                                    : what;
      lines.emplace_back(name, tensorText(tensors[i]));
    }
  };
  add(example.inputs, "input", {def.inputNames.begin(), def.inputNames.end()});
  for (const auto& [key, value] : example.properties.items())
    lines.emplace_back(key, propertyText(*findProperty(def.properties, key), value));
  for (const ExampleWeight& weight : example.weights)
    lines.emplace_back(std::string(weight.name), valuesText(weight.values));
  add(example.outputs, "output",
      def.outputs != nullptr && example.outputs.size() > 1 ? def.outputs(example.properties)
                                                           : std::vector<std::string>{});
  return lines;
}

}  // namespace tandem
