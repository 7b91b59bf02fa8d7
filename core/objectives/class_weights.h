// How much the classes count in the loss of the training data: a property of losses of classes.
#pragma once

#include <span>
#include <vector>

#include "core/objectives/loss.h"

namespace tandem {

inline constexpr std::string_view kClassWeights = "class_weights";

Property classWeightsProperty();

// Whether the loss weights the classes.
bool weightsClasses(const LossConfig& loss);

// Of each class, so that all count alike and the mean weight of the samples is 1: samples / (classes * samples of the
// class), over the classes that have samples; 1 for the others. As scikit-learn's "balanced".
std::vector<double> balancedWeights(std::span<const std::int64_t> samplesOfClasses);

}  // namespace tandem
