#include "core/network/output_meaning.h"

#include <algorithm>

namespace tandem {

std::string_view nameOf(OutputMeaning meaning) {
  constexpr std::string_view kNames[] = {"values", "probabilities", "softmax_logits", "sigmoid_logits"};
  return kNames[static_cast<std::size_t>(meaning)];
}

OutputMeaning outputMeaning(const Head& head, const Network& network) {
  OutputMeaning logits = OutputMeaning::Values;
  const LossDef& loss = head.loss.def();
  if (loss.target == TargetKind::Classes) logits = OutputMeaning::SoftmaxLogits;
  if (loss.target == TargetKind::TwoClasses) logits = OutputMeaning::SigmoidLogits;
  const std::string_view activation = activationFor(logits);
  if (activation.empty()) return logits;
  return endsIn(*network.find(outputOf(head, network).value().layer), activation)
             ? OutputMeaning::Probabilities
             : logits;
}

std::vector<ModelOutput> modelOutputs(const Project& project) {
  std::vector<ModelOutput> outputs;
  for (const Head& head : project.training.heads)
    outputs.push_back({project.network.nameOf(outputOf(head, project.network).value()),
                       outputMeaning(head, project.network), head.targets});
  return outputs;
}

void ignoreUnused(Preprocessing& preprocessing, std::span<const std::string> inputs,
                  std::span<const ModelOutput> outputs) {
  bool allTargets = false;
  std::vector<std::string> predicted;
  for (const ModelOutput& output : outputs) {
    allTargets = allTargets || output.targets.empty();
    predicted.insert(predicted.end(), output.targets.begin(), output.targets.end());
  }
  const auto among = [](std::span<const std::string> list, std::string_view name) {
    return std::ranges::find(list, name) != list.end();
  };
  for (Field& field : preprocessing.fields) {
    if (field.role != FieldRole::Feature && field.role != FieldRole::Target) continue;
    const std::string_view name = tensorOf(field);
    const bool used = field.role == FieldRole::Target ? allTargets || among(predicted, name)
                                                      : among(inputs, name) || among(predicted, name);
    if (!used) field.role = FieldRole::Ignored;
  }
}

std::string_view activationFor(OutputMeaning meaning) {
  if (meaning == OutputMeaning::SoftmaxLogits) return "softmax";
  return meaning == OutputMeaning::SigmoidLogits ? "sigmoid" : "";
}

std::string activationOf(const Layer& layer) {
  const LayerDef& def = *findLayer(layer.type);
  return def.activationKey.empty() ? "none" : textOf(def.properties, layer.properties, def.activationKey);
}

bool endsIn(const Layer& output, std::string_view activation) {
  return activationOf(output) == activation;
}

}  // namespace tandem
