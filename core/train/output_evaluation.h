// How well each output of a trained network predicts its targets: `tandem evaluate`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/network/head.h"
#include "core/train/answers.h"
#include "core/train/evaluation.h"
#include "core/train/predictor.h"

namespace tandem {

struct TargetEvaluation {
  std::string name;  // of the field
  Evaluation scores;
};

struct OutputEvaluation {
  std::string layer;
  std::optional<double> loss;  // of all its targets; absent where the loss of training is not known
  std::vector<TargetEvaluation> targets;
};

// Runs the network on labelled samples. heads: what it was trained for, in the order of its outputs; empty: not known.
// Errors: the labels do not fit the outputs.
Result<std::vector<OutputEvaluation>> evaluateOutputs(Predictor& predictor, const EncodedSamples& samples,
                                                      std::span<const Head> heads);
// The same in two parts. values: as Predictor::run() returns them for these samples.
Status checkOutputMemory(const Predictor& predictor, std::int64_t rows);
Result<std::vector<OutputEvaluation>> scoreOutputs(const Predictor& predictor,
                                                   const Predictor::Values& values,
                                                   const EncodedSamples& samples,
                                                   std::span<const Head> heads);

// The answer to each sample, of all targets in the order of the outputs, after scoreOutputs() has accepted them. Errors:
// predictions that are not finite.
Result<std::vector<TargetAnswers>> answersOf(const Predictor& predictor, const Predictor::Values& values,
                                             const EncodedSamples& samples);

}  // namespace tandem
