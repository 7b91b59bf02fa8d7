#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/cli/command.h"
#include "core/layers/layer.h"
#include "core/settings/property_json.h"

namespace tandem::cli {
namespace {

struct Options {
  std::optional<std::string> layer;
  bool json = false;
};

Json tensorJson(const ExampleTensor& tensor) {
  return {{"shape", tensor.shape}, {"values", tensor.values}};
}

Json pageJson(const LayerDef& def) {
  Json properties = Json::array();
  for (const Property& property : def.properties)
    properties.push_back({{"key", property.key},
                          {"label", property.label},
                          {"default", propertyJson(property, property.fallback)},
                          {"about", property.tooltip}});
  Json page{{"type", def.type},
            {"label", def.label},
            {"category", def.category},
            {"summary", def.summary},
            {"keras", def.names.keras},
            {"pytorch", def.names.pytorch},
            {"formula", def.help.formula},
            {"shapes", def.help.shapes},
            {"properties", std::move(properties)}};
  const LayerExample& example = def.help.example;
  if (example.inputs.empty()) return page;
  Json inputs = Json::array(), chosen = Json::object(), weights = Json::object(), outputs = Json::array();
  for (const ExampleTensor& input : example.inputs) inputs.push_back(tensorJson(input));
  for (const auto& [key, value] : example.properties.items())
    chosen[key] = propertyJson(*findProperty(def.properties, key), value);
  for (const ExampleWeight& weight : example.weights) weights[std::string(weight.name)] = weight.values;
  for (const ExampleTensor& output : example.outputs) outputs.push_back(tensorJson(output));
  page["example"] = {{"inputs", std::move(inputs)},
                     {"properties", std::move(chosen)},
                     {"weights", std::move(weights)},
                     {"outputs", std::move(outputs)}};
  return page;
}

void printLines(std::string_view heading, std::string_view text) {
  std::cout << '\n' << heading << '\n';
  while (true) {
    const std::size_t end = text.find('\n');
    std::cout << "  " << text.substr(0, end) << '\n';
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

void printPage(const LayerDef& def) {
  std::cout << fmt::format("{} ({}), {}\n\n{}\n", def.label, def.type, def.category, def.summary);
  if (const std::string names = libraryNamesText(def.names); !names.empty()) std::cout << names << '\n';
  printLines("Formula", def.help.formula);
  printLines("Shapes of a sample", def.help.shapes);
  if (!def.properties.empty()) std::cout << "\nProperties and defaults\n";
  for (const Property& property : def.properties)
    std::cout << fmt::format("  {:<22} {:<18} {}\n", property.key,
                             propertyJson(property, property.fallback).dump(), property.tooltip);
  const auto lines = exampleLines(def);
  if (!lines.empty()) std::cout << "\nExample\n";
  for (const auto& [name, values] : lines) std::cout << fmt::format("  {:<22} {}\n", name, values);
}

std::vector<const LayerDef*> byCategory() {
  std::vector<const LayerDef*> defs(allLayers().begin(), allLayers().end());
  std::ranges::sort(defs, [](const LayerDef* a, const LayerDef* b) {
    return std::pair(a->category, a->type) < std::pair(b->category, b->type);
  });
  return defs;
}

void list(bool json) {
  std::string_view category;
  for (const LayerDef* def : byCategory()) {
    if (json) {
      std::cout << jsonLine(pageJson(*def)) << '\n';
      continue;
    }
    if (def->category != category) std::cout << (category.empty() ? "" : "\n") << def->category << '\n';
    category = def->category;
    std::cout << fmt::format("  {:<24} {}\n", def->type, libraryNamesText(def->names));
  }
}

int run(const Options& options) {
  if (!options.layer) {
    list(options.json);
    return kDone;
  }
  const LayerDef* def = findLayer(*options.layer);
  if (def == nullptr)
    return report(
        invalid("there is no layer of type '" + *options.layer + "'", {}, "`tandem layers` lists the types"));
  if (options.json)
    std::cout << jsonLine(pageJson(*def)) << '\n';
  else
    printPage(*def);
  return kDone;
}

}  // namespace

void addLayers(Command app, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const Command command = addCommand(
      app, chosen, "layers",
      "List the layers, or explain one: its formula, shapes, properties and an example with numbers", options,
      run);
  command.option("layer", options->layer, "The type of a layer, such as dense");
  command.flag("--json", options->json, "Print one JSON object per layer");
}

}  // namespace tandem::cli
