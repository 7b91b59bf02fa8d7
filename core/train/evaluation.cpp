#include "core/train/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tandem {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : std::nan("");
}

// The position of each category of `data` in `model`. column: empty for the classes.
Result<std::vector<std::int32_t>> positionsOf(const std::vector<std::string>& data,
                                              const std::vector<std::string>& model,
                                              const std::string& column) {
  std::vector<std::int32_t> positions;
  for (const std::string& name : data) {
    const auto at = std::ranges::find(model, name);
    if (at == model.end())
      return invalid(column.empty()
                         ? fmt::format("the model does not know the class \"{}\"", name)
                         : fmt::format("the model does not know \"{}\" in column \"{}\"", name, column),
                     {}, "Evaluate it on data with the classes and categories that it was trained on");
    positions.push_back(static_cast<std::int32_t>(at - model.begin()));
  }
  return positions;
}

// For each input of the model: the index of the number in a sample of `data`, or -1 for a category that does not occur.
Result<std::vector<std::int64_t>> inputsIn(const Preprocessing& data, const Preprocessing& model) {
  std::vector<std::int64_t> inputs;
  for (const Field& wanted : model.fields) {
    if (wanted.role != FieldRole::Feature) continue;
    std::int64_t first = 0;
    const Field* found = nullptr;
    for (const Field& field : data.fields) {
      if (field.role != FieldRole::Feature) continue;
      if (model.named && data.named ? field.name == wanted.name : first == std::ssize(inputs)) {
        found = &field;
        break;
      }
      first += field.width();
    }
    if (!found)
      return invalid(fmt::format("there is no column \"{}\"", wanted.name), {}, "The model needs it");
    if (found->kind != wanted.kind)
      return invalid(fmt::format("column \"{}\" contains {}s here, but {}s in the training data", wanted.name,
                                 nameOf(found->kind), nameOf(wanted.kind)));
    if (wanted.kind == FieldKind::Category) {
      std::vector<std::int64_t> here(wanted.categories.size(), -1);
      TANDEM_ASSIGN(const auto positions, positionsOf(found->categories, wanted.categories, wanted.name));
      for (std::size_t i = 0; i < positions.size(); ++i)
        here[static_cast<std::size_t>(positions[i])] = first + static_cast<std::int64_t>(i);
      inputs.insert(inputs.end(), here.begin(), here.end());
    } else {
      for (std::int64_t i = 0; i < wanted.width(); ++i) inputs.push_back(first + i);
    }
  }
  return inputs;
}

// The output as the loss takes it: before its activation, which probabilities are the result of.
double beforeActivation(double output, OutputMeaning meaning, bool single) {
  if (meaning != OutputMeaning::Probabilities) return output;
  constexpr double kSmallest = 1e-12;  // a float probability of 0 does not make the loss infinite
  const double logarithm = std::log(std::max(output, kSmallest));
  return single ? logarithm - std::log(std::max(1 - output, kSmallest)) : logarithm;
}

// As in training: of two classes with one output, the second where its probability is above one half.
std::size_t predictedClass(std::span<const float> row, OutputMeaning meaning, std::size_t count) {
  if (row.size() < count) return row[0] > (meaning == OutputMeaning::SigmoidLogits ? 0.0f : 0.5f) ? 1 : 0;
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

}  // namespace

double ClassScore::precision() const {
  return ratio(correct, predicted);
}

double ClassScore::recall() const {
  return ratio(correct, samples);
}

double ClassScore::f1() const {
  return ratio(2 * correct, samples + predicted);
}

double Evaluation::accuracy() const {
  std::int64_t correct = 0;
  for (const ClassScore& each : classes) correct += each.correct;
  return ratio(correct, samples);
}

Evaluation evaluateClasses(std::span<const float> outputs, OutputMeaning meaning,
                           std::span<const std::int32_t> classOf, const std::vector<std::string>& classNames,
                           const LossConfig& loss, std::span<const MetricConfig> metrics) {
  Evaluation result;
  result.samples = std::ssize(classOf);
  const std::size_t count = classNames.size();
  TANDEM_CHECK(!classOf.empty() && outputs.size() % classOf.size() == 0, "one prediction per label");
  const std::size_t width = outputs.size() / classOf.size();
  TANDEM_CHECK(width == count || (width == 1 && count == 2), "one output per class");
  for (const std::string& name : classNames) result.classes.push_back({.name = name});
  result.confusion.resize(count * count);
  for (std::size_t r = 0; r < classOf.size(); ++r) {
    const std::span<const float> row = outputs.subspan(r * width, width);
    const auto label = static_cast<std::size_t>(classOf[r]);
    const std::size_t predicted = predictedClass(row, meaning, count);
    ++result.classes[label].samples;
    ++result.classes[predicted].predicted;
    if (label == predicted) ++result.classes[label].correct;
    ++result.confusion[label * count + predicted];
  }
  std::vector<double> before;
  for (const float output : outputs)
    before.push_back(beforeActivation(static_cast<double>(output), meaning, width == 1));
  const std::vector<double> labels(classOf.begin(), classOf.end());
  result.loss = lossOf(loss, result.samples, before, labels);
  const TargetKind target = width == 1 ? TargetKind::TwoClasses : TargetKind::Classes;
  for (const MetricConfig& metric : metrics)
    if (metric.def().formFor(target) && nameOf(metric) != "accuracy")
      result.metrics.emplace_back(nameOf(metric), metricOf(metric, target, result.samples, before, labels));
  return result;
}

Evaluation evaluateValues(std::span<const double> predictions, std::span<const double> targets) {
  TANDEM_CHECK(!targets.empty() && predictions.size() == targets.size(), "one prediction per target");
  Evaluation result;
  result.samples = std::ssize(targets);
  const auto n = static_cast<double>(targets.size());
  double mean = 0, variance = 0, squares = 0, largest = 0;
  for (const double target : targets) largest = std::max(largest, std::abs(target));
  // The squares of values such as 1e-200 are no doubles. A power of two does not change the digits of other results.
  const double unit = largest > 0 ? std::ldexp(1.0, std::ilogb(largest)) : 1;
  for (const double target : targets) mean += target / unit / n;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double target = targets[i] / unit, error = (predictions[i] - targets[i]) / unit;
    result.mae += std::abs(error) / n;
    squares += error * error / n;
    variance += (target - mean) * (target - mean) / n;
  }
  result.mae *= unit;
  result.rmse = std::sqrt(squares) * unit;
  result.mse = squares * unit * unit;
  const bool constant = std::ranges::all_of(targets, [&](double target) { return target == targets[0]; });
  result.r2 = constant ? std::nan("") : 1 - squares / variance;
  return result;
}

double regressionLoss(std::span<const float> outputs, std::span<const double> targets, const Field& target,
                      const LossConfig& loss) {
  TANDEM_CHECK(!targets.empty() && outputs.size() == targets.size(), "one output per target");
  std::vector<double> wanted(targets.begin(), targets.end());
  if (!target.mean.empty())
    for (double& value : wanted) value = (value - target.mean[0]) * target.scale[0];
  const std::vector<double> values(outputs.begin(), outputs.end());
  return lossOf(loss, std::ssize(targets), values, wanted);
}

Result<EncodedSamples> encodeSamples(const Dataset& data, std::span<const std::int64_t> indices,
                                     const Preprocessing& preprocessing) {
  const Preprocessing own = preprocessingOf(data);
  const Field* target = preprocessing.target();
  if (!target || (data.info.classes > 0) != (target->kind == FieldKind::Category))
    return invalid("the labels of the data are not those of the model", data.info.name,
                   "Use data with the model's target");
  if (own.sample().rank() != preprocessing.sample().rank() ||
      (own.sample().rank() == 3 && own.sample() != preprocessing.sample()))
    return invalid(fmt::format("the samples are {}, but the model needs {}", own.sample().text(),
                               preprocessing.sample().text()),
                   data.info.name);
  TANDEM_ASSIGN(const auto inputs, inputsIn(own, preprocessing));
  std::vector<std::int32_t> classes;
  if (data.info.classes > 0) {
    TANDEM_ASSIGN(classes, positionsOf(data.info.classNames, target->categories, {}));
  }
  std::vector<double> mean, scale;  // of each input
  for (const Field& field : preprocessing.fields) {
    if (field.role != FieldRole::Feature) continue;
    for (std::int64_t i = 0; i < field.width(); ++i) {
      const std::size_t k = field.kind == FieldKind::Image ? static_cast<std::size_t>(i % field.image[-1])
                                                           : static_cast<std::size_t>(i);
      mean.push_back(field.mean.empty() ? 0 : field.mean[k]);
      scale.push_back(field.scale.empty() ? 1 : field.scale[k]);
    }
  }
  const auto width = static_cast<std::size_t>(data.info.sample.elements());
  EncodedSamples samples;
  samples.features.reserve(indices.size() * inputs.size());
  for (const std::int64_t index : indices) {
    const std::size_t row = static_cast<std::size_t>(index) * width;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      double value = 0;
      if (inputs[i] >= 0) {
        const std::size_t at = row + static_cast<std::size_t>(inputs[i]);
        if (!data.bytes.empty())
          value = data.bytes[at] / 255.0;
        else
          value = data.storageOf(static_cast<std::size_t>(inputs[i])).valueOf(data.floats[at]);
      }
      samples.features.push_back(static_cast<float>((value - mean[i]) * scale[i]));
    }
    if (data.info.classes > 0)
      samples.classOf.push_back(
          classes[static_cast<std::size_t>(data.classOf[static_cast<std::size_t>(index)])]);
    else
      for (std::int64_t t = 0; t < data.info.targets; ++t)
        samples.targetOf.push_back(data.targetStorage.valueOf(
            data.targetOf[static_cast<std::size_t>(index * data.info.targets + t)]));
  }
  return samples;
}

}  // namespace tandem
