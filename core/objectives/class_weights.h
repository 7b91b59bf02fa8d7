// How much the classes count in the loss of the training data: a property of losses of classes.
#pragma once

#include <span>
#include <vector>

#include "core/objectives/loss.h"

namespace tandem {

// The choice, and the list of numbers that is used if it is "custom".
inline constexpr std::string_view kClassWeights = "class_weights", kOwnWeights = "weights";

// Both after the other properties of a loss.
std::vector<Property> withClassWeights(std::vector<Property> properties);

// Whether the loss weights the classes, and whether by the user's own numbers.
bool weightsClasses(const LossConfig& loss);
bool hasOwnWeights(const LossConfig& loss);

// The weights of the classes of one target after the other. Balanced ones follow from the classes of the training set,
// and there are none if these are not known.
std::vector<double> classWeightsOf(const LossConfig& loss,
                                   std::span<const std::vector<std::int64_t>> samplesOfClasses);

// Of each class, so that all count alike and the mean weight of the samples is 1: samples / (classes * samples of the
// class), over the classes that have samples; 1 for the others. As scikit-learn's "balanced".
std::vector<double> balancedWeights(std::span<const std::int64_t> samplesOfClasses);

}  // namespace tandem
