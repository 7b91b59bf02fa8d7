#include "core/objectives/class_weights.h"

#include <algorithm>
#include <numeric>

namespace tandem {

Property classWeightsProperty() {
  return {
      .key = kClassWeights,
      .label = "Class weights",
      .kind = PropertyKind::Choice,
      .fallback = std::string("equal"),
      .tooltip =
          "Balanced: rare classes count more in the training loss, so that all classes have the same share of "
          "it. The losses of the validation and test sets are not weighted",
      .choices = {"equal", "balanced"}};
}

bool weightsClasses(const LossConfig& loss) {
  return findProperty(loss.def().properties, kClassWeights) && loss.text(kClassWeights) == "balanced";
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
