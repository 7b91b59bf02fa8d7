#include "core/train/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

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
  if (data == model) {  // a vocabulary is long
    positions.resize(data.size());
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
  }
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

// For each number of an input of the model: its index in a sample of `data`, or -1 for a category that does not occur.
Result<std::vector<std::int64_t>> placesIn(const InputFields& data, const InputFields& model, bool named) {
  std::vector<std::int64_t> places;
  for (const Field* wanted : model.fields) {
    std::int64_t first = 0;
    const Field* found = nullptr;
    for (const Field* field : data.fields) {
      if (named ? field->name == wanted->name : first == std::ssize(places)) {
        found = field;
        break;
      }
      first += field->width();
    }
    if (!found)
      return invalid(fmt::format("there is no column \"{}\"", wanted->name), {}, "The model needs it");
    if (found->kind != wanted->kind)
      return invalid(fmt::format("column \"{}\" contains {}s here, but {}s in the training data",
                                 wanted->name, nameOf(found->kind), nameOf(wanted->kind)));
    if (wanted->kind == FieldKind::Text &&
        (found->categories != wanted->categories || found->text != wanted->text))
      return invalid(
          fmt::format("the vocabulary of \"{}\" is not that of the model", wanted->name), {},
          "Evaluate the model on the data that it was trained on, or on a table or folder of new texts");
    if (wanted->kind == FieldKind::Category) {
      std::vector<std::int64_t> here(wanted->categories.size(), -1);
      TANDEM_ASSIGN(const auto positions, positionsOf(found->categories, wanted->categories, wanted->name));
      for (std::size_t i = 0; i < positions.size(); ++i)
        here[static_cast<std::size_t>(positions[i])] = first + static_cast<std::int64_t>(i);
      places.insert(places.end(), here.begin(), here.end());
    } else {
      for (std::int64_t i = 0; i < wanted->width(); ++i) places.push_back(first + i);
    }
  }
  return places;
}

}  // namespace

std::size_t predictedClass(std::span<const float> row, OutputMeaning meaning, std::size_t classes) {
  if (row.size() < classes) return row[0] > (meaning == OutputMeaning::SigmoidLogits ? 0.0f : 0.5f) ? 1 : 0;
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

std::vector<double> beforeActivation(std::span<const float> outputs, OutputMeaning meaning,
                                     const LossConfig& loss) {
  std::vector<double> before(outputs.begin(), outputs.end());
  const LossDef& def = loss.def();
  const bool shares = def.target == TargetKind::Values && !def.activation.empty();
  if (meaning != OutputMeaning::Probabilities && !shares) return before;
  constexpr double kSmallest = 1e-12;  // a float probability of 0 does not make the loss infinite
  for (double& x : before) {
    const double logarithm = std::log(std::max(x, kSmallest));
    x = def.target == TargetKind::TwoClasses ? logarithm - std::log(std::max(1 - x, kSmallest)) : logarithm;
  }
  return before;
}

double ClassScore::precision() const {
  return ratio(correct, predicted);
}

double ClassScore::recall() const {
  return ratio(correct, samples);
}

double ClassScore::f1() const {
  return ratio(2 * correct, samples + predicted);
}

double ClassScore::iou() const {
  return ratio(correct, samples + predicted - correct);
}

double Evaluation::accuracy() const {
  std::int64_t correct = 0;
  for (const ClassScore& each : classes) correct += each.correct;
  return ratio(correct, samples);
}

std::vector<ClassScore> classScores(const std::vector<std::string>& names, const ClassCounts& confusion) {
  const std::size_t count = names.size();
  TANDEM_CHECK(confusion.size() == count * count, "a row and a column per class");
  std::vector<ClassScore> scores(count);
  for (std::size_t label = 0; label < count; ++label) {
    scores[label].name = names[label];
    scores[label].correct = confusion[label * count + label];
    for (std::size_t predicted = 0; predicted < count; ++predicted) {
      scores[label].samples += confusion[label * count + predicted];
      scores[predicted].predicted += confusion[label * count + predicted];
    }
  }
  return scores;
}

std::vector<std::size_t> frequentConfusions(const ClassCounts& confusion, std::size_t classes,
                                            std::size_t most) {
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < confusion.size(); ++i)
    if (i / classes != i % classes && confusion[i] > 0) wrong.push_back(i);
  std::ranges::stable_sort(wrong, std::greater{}, [&](std::size_t i) { return confusion[i]; });
  wrong.resize(std::min(wrong.size(), most));
  return wrong;
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
  if (count <= kMaxConfusedClasses) result.confusion.resize(count * count);
  result.classes.resize(count);
  for (std::size_t c = 0; c < count; ++c) result.classes[c].name = classNames[c];
  for (std::size_t r = 0; r < classOf.size(); ++r) {
    const std::span<const float> row = outputs.subspan(r * width, width);
    const auto label = static_cast<std::size_t>(classOf[r]);
    const std::size_t predicted = predictedClass(row, meaning, count);
    if (!result.confusion.empty()) ++result.confusion[label * count + predicted];
    ++result.classes[label].samples;
    ++result.classes[predicted].predicted;
    if (predicted == label) ++result.classes[label].correct;
  }
  const std::vector<double> before = beforeActivation(outputs, meaning, loss);
  const std::vector<double> labels(classOf.begin(), classOf.end());
  result.loss = lossOf(loss, Shape{result.samples, static_cast<std::int64_t>(width)}, before, labels);
  const TargetKind target = width == 1 ? TargetKind::TwoClasses : TargetKind::Classes;
  for (const MetricConfig& metric : metrics)
    if (metric.def().formFor(target) && metric.def().view == MetricView::Number &&
        nameOf(metric) != "accuracy")
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

double regressionLoss(std::span<const float> outputs, std::span<const std::vector<double>> values,
                      std::span<const Field* const> targets, const LossConfig& loss) {
  const std::size_t rows = values[0].size();
  TANDEM_CHECK(rows > 0 && outputs.size() == rows * targets.size(), "one output per target");
  std::vector<double> wanted;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const Field& target = *targets[t];
      const double value = values[t][r];
      wanted.push_back(target.mean.empty() ? value : (value - target.mean[0]) * target.scale[0]);
    }
  const Shape shape{static_cast<std::int64_t>(rows), std::ssize(targets)};
  return lossOf(loss, shape, beforeActivation(outputs, OutputMeaning::Values, loss), wanted);
}

namespace {

// Of the fields of one input: where each of the model's numbers is in the data's tensor, and its factors.
struct InputMatch {
  std::size_t tensor = 0;
  std::vector<std::int64_t> places;  // -1: a category that does not occur
  std::vector<double> mean, scale;
  std::int64_t steps = 0;  // of a series: what the places repeat for
};

Result<InputMatch> matchInput(const DatasetInfo& info, const std::vector<InputFields>& own,
                              const InputFields& model, bool named) {
  const auto input = own.size() == 1 ? own.begin() : std::ranges::find(own, model.name, &InputFields::name);
  if (input == own.end())
    return invalid(fmt::format("there is no input \"{}\"", model.name), info.name, "The model needs it");
  const Shape have = input->sample(), need = model.sample();
  if (have.rank() != need.rank() || (need.rank() == 3 && have != need) ||
      (model.steps > 0 && have[0] != need[0]))
    return invalid(fmt::format("the samples are {}, but the model needs {}", have.text(), need.text()),
                   info.name);
  InputMatch match;
  match.tensor = static_cast<std::size_t>(input - own.begin());
  match.steps = model.steps;
  TANDEM_ASSIGN(match.places, placesIn(*input, model, named));
  for (const Field* field : model.fields)
    for (std::int64_t i = 0; i < field->width(); ++i) {
      const auto k = static_cast<std::size_t>(field->kind == FieldKind::Image ? i % field->image[-1] : i);
      match.mean.push_back(field->mean.empty() ? 0 : field->mean[k]);
      match.scale.push_back(field->scale.empty() ? 1 : field->scale[k]);
    }
  return match;
}

void appendRows(const TensorValues& values, const InputMatch& match, std::size_t sample,
                std::vector<float>& out) {
  const std::size_t width = values.mean.size(), features = match.places.size();
  const auto first = static_cast<std::size_t>(values.starts[sample]);
  const auto rows = static_cast<std::size_t>(values.counts.empty() ? match.steps : values.counts[sample]);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t i = 0; i < features; ++i) {
      const auto place = static_cast<std::size_t>(std::max<std::int64_t>(0, match.places[i]));
      const double value = match.places[i] < 0
                               ? 0
                               : values.storageOf(place).valueOf(values.floats[(first + r) * width + place]);
      out.push_back(static_cast<float>((value - match.mean[i]) * match.scale[i]));
    }
  out.insert(out.end(), (static_cast<std::size_t>(match.steps) - rows) * features, 0.0f);
}

void appendInput(const Dataset& data, const InputMatch& match, std::int64_t sample, std::vector<float>& out) {
  const TensorValues& values = data.inputs[match.tensor];
  if (match.steps > 0) return appendRows(values, match, static_cast<std::size_t>(sample), out);
  const auto width = static_cast<std::size_t>(data.info.inputs[match.tensor].sample.elements());
  for (std::size_t i = 0; i < match.places.size(); ++i) {
    double value = 0;
    if (match.places[i] >= 0) {
      const auto place = static_cast<std::size_t>(match.places[i]);
      const std::size_t at = static_cast<std::size_t>(sample) * width + place;
      value = !values.bytes.empty()     ? values.bytes[at] / 255.0
              : !values.classOf.empty() ? values.classOf[at]
                                        : values.storageOf(place).valueOf(values.floats[at]);
    }
    out.push_back(static_cast<float>((value - match.mean[i]) * match.scale[i]));
  }
}

// The data's target that a target of the model is, and the positions of its classes.
struct TargetMatch {
  std::size_t tensor = 0;
  std::vector<std::int32_t> classes;
};

Result<TargetMatch> matchTarget(const DatasetInfo& info, const Preprocessing& model, std::size_t index) {
  const std::vector<const Field*> targets = model.targets();
  const Field& target = *targets[index];
  TargetMatch match;
  if (targets.size() > 1 || info.targets.size() > 1) {
    const auto found = std::ranges::find(info.targets, target.name, &DataTensor::name);
    if (found == info.targets.end())
      return invalid(fmt::format("there is no target \"{}\"", target.name), info.name,
                     "Use data with the model's target");
    match.tensor = static_cast<std::size_t>(found - info.targets.begin());
  }
  const DataTensor& own = info.targets[match.tensor];
  if ((own.classes > 0) != (target.kind == FieldKind::Category))
    return invalid("the labels of the data are not those of the model", info.name,
                   "Use data with the model's target");
  if (own.classes > 0) {
    TANDEM_ASSIGN(match.classes, positionsOf(own.classNames, target.categories, {}));
  }
  return match;
}

// Of samples that differ in length, without the steps after their end.
void appendTarget(const Dataset& data, const TargetMatch& match, std::int64_t sample, EncodedTarget& out) {
  const TensorValues& values = data.targets[match.tensor];
  const std::size_t count = data.valuesOfTarget(match.tensor, sample);
  const std::size_t first = data.placeOfTarget(match.tensor, sample);
  // The rows of a series share the factors of one.
  const std::size_t period = std::max<std::size_t>(1, values.starts.empty() ? count : values.mean.size());
  for (std::size_t i = 0; i < count; ++i)
    if (values.classOf.empty())
      out.valueOf.push_back(values.storageOf(i % period).valueOf(values.floats[first + i]));
    else
      out.classOf.push_back(match.classes[static_cast<std::size_t>(values.classOf[first + i])]);
}

}  // namespace

Result<EncodedSamples> encodeSamples(const Dataset& data, std::span<const std::int64_t> indices,
                                     const Preprocessing& preprocessing) {
  const Preprocessing own = preprocessingOf(data);
  const std::vector<InputFields> ownInputs = own.inputs();
  const std::size_t targets = preprocessing.targets().size();
  if (targets > 0 && data.targets.empty())
    return invalid("the labels of the data are not those of the model", data.info.name,
                   "Use data with the model's target");
  EncodedSamples samples;
  samples.rows = std::ssize(indices);
  for (const InputFields& input : preprocessing.inputs()) {
    TANDEM_ASSIGN(const InputMatch match,
                  matchInput(data.info, ownInputs, input, preprocessing.named && own.named));
    std::vector<float>& out = samples.inputs.emplace_back();
    out.reserve(indices.size() * match.places.size());
    for (const std::int64_t index : indices) appendInput(data, match, index, out);
    std::vector<std::int32_t>& lengths = samples.lengths.emplace_back();
    if (const auto tensor = data.info.lengthsOf(match.tensor))
      for (const std::int64_t index : indices)
        lengths.push_back(data.values(*tensor).classOf[static_cast<std::size_t>(index)]);
  }
  for (std::size_t t = 0; t < targets; ++t) {
    TANDEM_ASSIGN(const TargetMatch match, matchTarget(data.info, preprocessing, t));
    EncodedTarget& out = samples.targets.emplace_back();
    for (const std::int64_t index : indices) appendTarget(data, match, index, out);
  }
  return samples;
}

}  // namespace tandem
