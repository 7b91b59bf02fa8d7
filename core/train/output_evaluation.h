// How well each output of a trained network predicts its targets: `tandem evaluate`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/network/head.h"
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

}  // namespace tandem
