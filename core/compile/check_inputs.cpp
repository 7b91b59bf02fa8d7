#include "core/compile/check_inputs.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "core/network/input_match.h"
#include "core/text/enumeration.h"

namespace tandem {
namespace {

struct Misfit {
  std::string message, hint;
  Fix fix;
};

Fix setShape(const Shape& shape) {
  const auto dims = shape.dims();
  return {.label = "Set the shape to " + shape.text(),
          .action = SetProperty{"shape", std::vector<std::int64_t>(dims.begin(), dims.end())}};
}

Misfit otherValues(const Layer& input, const std::string& tensor, bool tokens) {
  const char* const wanted = tokens ? "tokens" : "numbers";
  return {fmt::format("the layer reads {}, but {} has {}", tokens ? "numbers" : "tokens", tensor, wanted),
          fmt::format("Set the values of the layer to {}", wanted),
          {.label = fmt::format("Set values of {} to {}", input.name, wanted),
           .action = SetProperty{"values", std::string(wanted)}}};
}

Misfit otherLength(const Layer& input, const std::string& tensor, bool varies) {
  Fix fix{.label = fmt::format("{} varying length of {}", varies ? "Switch on" : "Switch off", input.name),
          .action = SetProperty{"varies", std::int64_t{varies}}};
  if (varies)
    return {fmt::format("the samples of {} differ in length, but the layer expects {} steps", tensor,
                        integersOf(findLayer(input.type)->properties, input.properties, "shape")[0]),
            "Switch on the varying length of the layer, so that padding has no influence", std::move(fix)};
  return {fmt::format("the layer expects samples of varying length, but those of {} have one length", tensor),
          "Switch off the varying length of the layer", std::move(fix)};
}

// The first difference, in an order in which each fix leads to a possible layer.
std::optional<Misfit> misfitOf(const Layer& input, const Shape& shape, const DataTensor& tensor,
                               const std::string& name) {
  const bool tokens = tensor.classes > 0;
  if (variesInLength(input) && !tensor.varies) return otherLength(input, name, false);
  if (variesInLength(input) && readsTokens(input) != tokens) {
    // Samples that vary need another shape then, so neither the values nor the shape can be set alone.
    Misfit misfit = otherValues(input, name, tokens);
    misfit.fix = otherLength(input, name, false).fix;
    return misfit;
  }
  if (readsTokens(input) && !tokens) return otherValues(input, name, false);
  if (shape != tensor.sample)
    return Misfit{fmt::format("the network expects samples of {}, but {} has {}", shape.text(), name,
                              tensor.sample.text()),
                  "Set the input shape to that of the data", setShape(tensor.sample)};
  if (!readsTokens(input) && tokens) return otherValues(input, name, true);
  if (!variesInLength(input) && tensor.varies) return otherLength(input, name, true);
  return std::nullopt;
}

}  // namespace

Result<std::size_t> tensorOf(const Layer& input, const Network& network, const DatasetInfo& data) {
  const Shape shape(integersOf(findLayer(input.type)->properties, input.properties, "shape"));
  std::vector<InputMatch::Tensor> tensors;
  for (const DataTensor& each : data.inputs) tensors.push_back({each.name, each.sample});
  if (const auto index = InputMatch(network, tensors).find(input, shape)) return *index;
  std::vector<std::string> inputs;
  for (const DataTensor& each : data.inputs)
    inputs.push_back(fmt::format("\"{}\" ({})", each.name, each.sample.text()));
  return invalid(
      fmt::format("{} has the inputs {}, and the layer has neither the name nor the shape of one of them",
                  data.name, enumerated(inputs)),
      input.name, "Rename the input layer to one of these names, and set its shape");
}

void checkInputs(const Network& network, const Analysis& analysis, const DatasetInfo& data,
                 std::vector<Problem>& problems) {
  std::map<std::size_t, const Layer*> readers;
  for (const LayerId id : network.inputs()) {
    const Layer& input = *network.find(id);
    const auto add = [&](const std::string& message, const std::string& hint, std::optional<Fix> fix) {
      problems.push_back({id, invalid(message, input.name, hint), std::move(fix)});
    };
    const auto index = tensorOf(input, network, data);
    if (!index.ok()) {
      problems.push_back({id, index.error(), {}});
      continue;
    }
    const DataTensor& tensor = data.inputs[*index];
    if (const auto [other, first] = readers.emplace(*index, &input); !first)
      add(data.inputs.size() == 1
              ? fmt::format("{} has one input, which the layer \"{}\" already reads", data.name,
                            other->second->name)
              : fmt::format("the layer \"{}\" already reads \"{}\"", other->second->name, tensor.name),
          "Connect the layers after this one to that one, and remove this one", {});
    const std::string name =
        data.inputs.size() == 1 ? data.name : fmt::format("\"{}\" of {}", tensor.name, data.name);
    if (auto misfit = misfitOf(input, *analysis.layers.at(id).output, tensor, name))
      add(misfit->message, misfit->hint, std::move(misfit->fix));
  }
}

}  // namespace tandem
