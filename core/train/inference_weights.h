// The weights of a trained network, written to a session of a plan for inference.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

struct Weight {
  Shape shape;
  std::vector<float> values;
};
// Parameters and states, "conv1/kernel", in the layouts of the network's program.
using NamedWeights = std::map<std::string, Weight, std::less<>>;

// Whether the plan's folds change answers by no more than rounding: false if a scale is not finite or so large that
// a scaled weight might overflow. The plan must then be compiled without folds. Changes nothing.
Result<bool> foldsExactly(const Plan& plan, NamedWeights& weights);

// Applies the plan's folds and writes the weights. Errors name a weight that is missing or has another shape.
Status writeWeights(const Plan& plan, Session& session, NamedWeights weights);

}  // namespace tandem
