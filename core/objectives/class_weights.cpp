#include "core/objectives/class_weights.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace tandem {
namespace {

constexpr const char* kEqual = "equal";
constexpr const char* kCustom = "custom";

std::vector<Property> classWeightsProperties() {
  return {
      {.key = kClassWeights,
       .label = "Class weights",
       .kind = PropertyKind::Choice,
       .fallback = std::string(kEqual),
       .tooltip =
           "Balanced: rare classes count more in the training loss, so that all classes have the same share of "
           "it. Custom: the weights given below. The losses of the validation and test sets are not weighted",
       .choices = {kEqual, "balanced", kCustom}},
      {.key = kOwnWeights,
       .label = "Custom weights",
       .kind = PropertyKind::Numbers,
       .fallback = std::vector<double>{},
       .tooltip =
           "With custom class weights: a number for each class, in the order of the classes. The loss of a sample "
           "is multiplied by the number of its class; 1 leaves it as it is, 0 leaves the class out",
       .minimum = 0,
       .maximum = 1e6,
       .enabledIfKey = kClassWeights,
       .enabledIfValue = kCustom}};
}

}  // namespace

std::vector<Property> withClassWeights(std::vector<Property> properties) {
  std::ranges::move(classWeightsProperties(), std::back_inserter(properties));
  return properties;
}

bool weightsClasses(const LossConfig& loss) {
  return findProperty(loss.def().properties, kClassWeights) && loss.text(kClassWeights) != kEqual;
}

bool hasOwnWeights(const LossConfig& loss) {
  return weightsClasses(loss) && loss.text(kClassWeights) == kCustom;
}

std::vector<double> classWeightsOf(const LossConfig& loss,
                                   std::span<const std::vector<std::int64_t>> samplesOfClasses) {
  if (hasOwnWeights(loss)) return loss.properties().numbers(kOwnWeights);
  std::vector<double> weights;
  for (const std::vector<std::int64_t>& samples : samplesOfClasses)
    std::ranges::copy(balancedWeights(samples), std::back_inserter(weights));
  return weights;
}

std::vector<double> balancedWeights(std::span<const std::int64_t> samplesOfClasses) {
  const auto samples =
      static_cast<double>(std::accumulate(samplesOfClasses.begin(), samplesOfClasses.end(), std::int64_t{0}));
  const auto classes = static_cast<double>(
      std::ranges::count_if(samplesOfClasses, [](std::int64_t count) { return count > 0; }));
  std::vector<double> weights;
  for (const std::int64_t count : samplesOfClasses)
    weights.push_back(count > 0 ? samples / (classes * static_cast<double>(count)) : 1.0);
  return weights;
}

}  // namespace tandem
