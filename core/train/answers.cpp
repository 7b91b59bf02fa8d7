#include "core/train/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/train/evaluation.h"

namespace tandem {
namespace {

constexpr double kSmallest = 1e-12;  // a float probability of 0 does not make the loss infinite

double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

// Of one row: the logarithms of the probabilities of all classes.
void logProbabilities(std::span<const float> row, OutputMeaning meaning, std::span<double> out) {
  if (row.size() < out.size()) {  // two classes
    const double x = row[0];
    const bool logit = meaning == OutputMeaning::SigmoidLogits;
    out[0] = logit ? -softplus(x) : std::log(std::max(1 - x, kSmallest));
    out[1] = logit ? -softplus(-x) : std::log(std::max(x, kSmallest));
    return;
  }
  if (meaning != OutputMeaning::SoftmaxLogits) {
    for (std::size_t c = 0; c < out.size(); ++c)
      out[c] = std::log(std::max(static_cast<double>(row[c]), kSmallest));
    return;
  }
  const double largest = std::ranges::max(row);
  double sum = 0;
  for (const float x : row) sum += std::exp(x - largest);
  for (std::size_t c = 0; c < out.size(); ++c) out[c] = row[c] - largest - std::log(sum);
}

}  // namespace

ClassAnswers classAnswers(std::span<const float> outputs, OutputMeaning meaning,
                          std::span<const std::int32_t> classOf, const std::vector<std::string>& classNames) {
  TANDEM_CHECK(!classOf.empty() && outputs.size() % classOf.size() == 0, "one prediction per label");
  const std::size_t width = outputs.size() / classOf.size(), count = classNames.size();
  TANDEM_CHECK(width == count || (width == 1 && count == 2), "one output per class");
  ClassAnswers answers;
  answers.classes = classNames;
  answers.given.assign(classOf.begin(), classOf.end());
  answers.predicted.reserve(classOf.size());
  answers.loss.reserve(classOf.size());
  answers.probabilities.reserve(classOf.size() * count);
  std::vector<double> logs(count);
  for (std::size_t r = 0; r < classOf.size(); ++r) {
    const std::span<const float> row = outputs.subspan(r * width, width);
    answers.predicted.push_back(static_cast<std::int32_t>(predictedClass(row, meaning, count)));
    logProbabilities(row, meaning, logs);
    answers.loss.push_back(-logs[static_cast<std::size_t>(classOf[r])]);
    for (const double each : logs) answers.probabilities.push_back(static_cast<float>(std::exp(each)));
  }
  return answers;
}

Status checkFinite(std::span<const float> outputs, const std::string& layer) {
  const auto bad = std::ranges::count_if(outputs, [](float x) { return !std::isfinite(x); });
  if (bad == 0) return success();
  return invalid(fmt::format("{} of {} predicted values are not finite numbers", bad, outputs.size()), layer,
                 "The training may have diverged: use the weights of the best epoch, or train with a lower "
                 "learning rate");
}

}  // namespace tandem
