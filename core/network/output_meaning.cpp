#include "core/network/output_meaning.h"

namespace tandem {

std::string_view nameOf(OutputMeaning meaning) {
  constexpr std::string_view kNames[] = {"values", "probabilities", "softmax_logits", "sigmoid_logits"};
  return kNames[static_cast<std::size_t>(meaning)];
}

OutputMeaning outputMeaning(const Project& project) {
  OutputMeaning logits = OutputMeaning::Values;
  const LossDef& loss = project.training.loss.def();
  if (loss.target == TargetKind::Classes) logits = OutputMeaning::SoftmaxLogits;
  if (loss.target == TargetKind::TwoClasses) logits = OutputMeaning::SigmoidLogits;
  const std::string_view activation = activationFor(logits);
  return activation.empty() || !endsIn(project.network, activation) ? logits : OutputMeaning::Probabilities;
}

std::string_view activationFor(OutputMeaning meaning) {
  if (meaning == OutputMeaning::SoftmaxLogits) return "softmax";
  return meaning == OutputMeaning::SigmoidLogits ? "sigmoid" : "";
}

bool endsIn(const Network& network, std::string_view activation) {
  const Layer& last = *network.find(*network.outputLayer());
  const std::string_view key = last.type == "activation" ? "function" : "activation";
  return last.properties.text(key, "") == activation;
}

}  // namespace tandem
