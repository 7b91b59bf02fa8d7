#include "core/train/output_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/machine.h"
#include "core/text/plural.h"
#include "core/text/units.h"

namespace tandem {
namespace {

// One column of a table of `width` columns.
template <class T>
std::vector<T> columnOf(std::span<const T> values, std::size_t width, std::size_t column) {
  std::vector<T> result;
  for (std::size_t i = column; i < values.size(); i += width) result.push_back(values[i]);
  return result;
}

class OutputCheck {
 public:
  OutputCheck(const Predictor& predictor, const PredictorOutput& output, std::span<const float> values,
              const EncodedSamples& samples, const Head* head)
      : predictor_(predictor), output_(output), values_(values), samples_(samples), head_(head) {
    if (!output_.lengthsOf) return;
    const auto width = static_cast<std::size_t>(output_.width());
    for (std::size_t row = 0; row * width < values.size(); ++row) {
      const auto valid = values.subspan(row * width, output_.valuesOf(samples_.lengths, row));
      packed_.insert(packed_.end(), valid.begin(), valid.end());
      ends_.push_back(packed_.size() * static_cast<std::size_t>(output_.shape[0]) / width);
    }
    values_ = packed_;
  }

  Result<OutputEvaluation> run() const {
    OutputEvaluation result{output_.layer, {}, {}};
    if (output_.targets.empty())
      return invalid("the model does not know what its output predicts", output_.layer,
                     "Train or export the model again");
    if (output_.targets[0]->role == FieldRole::Feature) return ofInput(std::move(result));
    return output_.targets[0]->kind == FieldKind::Category ? ofClasses(std::move(result))
                                                           : ofNumbers(std::move(result));
  }

  // After run(), which refuses what does not fit.
  Status appendAnswers(std::vector<TargetAnswers>& all) const {
    TANDEM_TRY(checkFinite(values_, output_.layer));
    if (output_.targets[0]->role == FieldRole::Feature) {
      std::vector<double> given, predicted;
      TANDEM_TRY(inputValues(given, predicted));
      appendValues(all, tensorOf(*output_.targets[0]), std::move(given), std::move(predicted));
      return success();
    }
    const std::size_t targets = output_.targets.size();
    const bool classes = output_.targets[0]->kind == FieldKind::Category;
    const std::vector<double> inUnit = classes ? std::vector<double>() : predictor_.inUnit(output_, values_);
    for (std::size_t t = 0; t < targets; ++t) {
      const Field& target = *output_.targets[t];
      if (!classes) {
        appendValues(all, target.name, labelsOf(target).valueOf,
                     columnOf(std::span<const double>(inUnit), targets, t));
        continue;
      }
      TargetAnswers& answers = all.emplace_back();
      answers.layer = output_.layer;
      answers.name = target.name;
      answers.ofClasses = true;
      answers.classes = classAnswers(
          targets == 1 ? std::vector<float>(values_.begin(), values_.end()) : columnOf(values_, targets, t),
          output_.meaning, labelsOf(target).classOf, target.categories);
      setSamples(answers.classes);
    }
    return success();
  }

 private:
  const EncodedTarget& labelsOf(const Field& target) const {
    const std::vector<const Field*> all = predictor_.preprocessing().targets();
    const auto index = static_cast<std::size_t>(std::ranges::find(all, &target) - all.begin());
    TANDEM_CHECK(index < samples_.targets.size(), "labels of each target");
    return samples_.targets[index];
  }

  Shape shapeOfAll() const {
    const Shape row = output_.lengthsOf ? output_.shape.withoutFirst() : output_.shape;
    return row.withFirst(static_cast<std::int64_t>(values_.size()) / row.elements());
  }

  Error misfit() const {
    return invalid(fmt::format("the model has {}, which {} not fit the labels",
                               counted(output_.width(), "output"), output_.width() == 1 ? "does" : "do"),
                   output_.layer);
  }

  Result<OutputEvaluation> ofClasses(OutputEvaluation result) const {
    if (!output_.predictsClasses())
      return invalid("the model predicts values, but the data has classes", output_.layer,
                     "It may lack the description of its classes: export it again with `tandem export`");
    const std::size_t targets = output_.targets.size();
    // Of one target, each row has a value per class, or one for two classes; several targets have a value each.
    const auto channels = static_cast<std::size_t>(output_.shape[-1]);
    double loss = 0;
    for (std::size_t t = 0; t < targets; ++t) {
      const Field& target = *output_.targets[t];
      const EncodedTarget& labels = labelsOf(target);
      const std::vector<float> values =
          targets == 1 ? std::vector<float>(values_.begin(), values_.end()) : columnOf(values_, channels, t);
      const std::size_t width = labels.classOf.empty() ? 0 : values.size() / labels.classOf.size();
      const std::size_t names = target.categories.size();
      if ((targets > 1 && channels != targets) ||
          values.size() % std::max<std::size_t>(1, labels.classOf.size()) != 0 ||
          !(width == names || (width == 1 && names == 2)))
        return misfit();
      const LossConfig entropy = width == 1 ? "binary_cross_entropy" : "softmax_cross_entropy";
      Evaluation scores = evaluateClasses(values, output_.meaning, labels.classOf, target.categories,
                                          head_ ? head_->loss : entropy,
                                          head_ ? head_->reportedMetrics() : std::vector<MetricConfig>());
      loss += *scores.loss / static_cast<double>(targets);
      result.targets.push_back({target.name, std::move(scores)});
    }
    result.loss = loss;
    if (head_ && head_->loss.def().target == TargetKind::TwoClasses) result.loss = lossOfSamples();
    if (targets == 1) result.targets[0].scores.loss = result.loss;
    return result;
  }

  // Of two classes, as in training: a loss may depend on all pixels or questions of a sample together.
  double lossOfSamples() const {
    std::vector<double> labels(values_.size());
    const std::size_t targets = output_.targets.size();
    for (std::size_t t = 0; t < targets; ++t) {
      const std::vector<std::int32_t>& classOf = labelsOf(*output_.targets[t]).classOf;
      for (std::size_t i = 0; i < classOf.size(); ++i) labels[i * targets + t] = classOf[i];
    }
    return lossOf(head_->loss, shapeOfAll(), beforeActivation(values_, output_.meaning, head_->loss), labels);
  }

  Result<OutputEvaluation> ofNumbers(OutputEvaluation result) const {
    const std::size_t targets = output_.targets.size();
    std::vector<std::vector<double>> labels;
    for (const Field* target : output_.targets) labels.push_back(labelsOf(*target).valueOf);
    // A sequence that varies in length has a row of values for each step.
    const std::int64_t width = output_.lengthsOf ? output_.width() / output_.shape[0] : output_.width();
    if (static_cast<std::size_t>(width) != targets || labels[0].empty() ||
        values_.size() != labels[0].size() * targets)
      return misfit();
    const std::vector<double> predicted = predictor_.inUnit(output_, values_);
    for (std::size_t t = 0; t < targets; ++t)
      result.targets.push_back(
          {output_.targets[t]->name,
           evaluateValues(columnOf(std::span<const double>(predicted), targets, t), labels[t])});
    if (head_) result.loss = regressionLoss(values_, labels, output_.targets, head_->loss);
    return result;
  }

  void appendValues(std::vector<TargetAnswers>& all, std::string_view name, std::vector<double> given,
                    std::vector<double> predicted) const {
    TargetAnswers& answers = all.emplace_back();
    answers.layer = output_.layer;
    answers.name = name;
    answers.values.given = std::move(given);
    answers.values.predicted = std::move(predicted);
    setSamples(answers.values);
  }

  // Which rows are those of a sample.
  template <class Answers>
  void setSamples(Answers& answers) const {
    answers.ends = ends_;
    answers.perSample = std::ssize(answers.given) / samples_.rows;
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      answers.perSample = std::max(answers.perSample, static_cast<std::int64_t>(end - begin));
      begin = end;
    }
  }

  // Of an auto-encoder: the input that is the target.
  const std::vector<float>& wantedInput() const {
    const std::vector<InputFields> inputs = predictor_.preprocessing().inputs();
    const auto input = std::ranges::find(inputs, tensorOf(*output_.targets[0]), &InputFields::name);
    return samples_.inputs[static_cast<std::size_t>(input - inputs.begin())];
  }

  Status inputValues(std::vector<double>& given, std::vector<double>& predicted) const {
    const std::vector<float>& wanted = wantedInput();
    if (wanted.size() != values_.size()) return misfit();
    std::vector<float> answers(values_.begin(), values_.end());
    if (output_.meaning == OutputMeaning::SigmoidLogits)
      for (float& x : answers) x = 1 / (1 + std::exp(-x));
    predicted = predictor_.inUnit(output_, answers);
    given = predictor_.inUnit(output_, wanted);
    return success();
  }

  // An auto-encoder: the target is an input, in the unit of the data.
  Result<OutputEvaluation> ofInput(OutputEvaluation result) const {
    std::vector<double> given, predicted;
    TANDEM_TRY(inputValues(given, predicted));
    if (head_) {
      const std::vector<float>& wanted = wantedInput();
      const std::vector<double> targets(wanted.begin(), wanted.end());
      result.loss =
          lossOf(head_->loss, shapeOfAll(), beforeActivation(values_, output_.meaning, head_->loss), targets);
    }
    result.targets.push_back({std::string(tensorOf(*output_.targets[0])), evaluateValues(predicted, given)});
    return result;
  }

  const Predictor& predictor_;
  const PredictorOutput& output_;
  std::vector<float> packed_;      // without the steps after the end of each sample
  std::vector<std::size_t> ends_;  // in steps: where each sample ends in these
  std::span<const float> values_;  // those, or all
  const EncodedSamples& samples_;
  const Head* head_;
};

}  // namespace

// All outputs are compared at once, twice as floats and once as doubles.
Status checkOutputMemory(const Predictor& predictor, std::int64_t rows) {
  double bytes = 0;
  for (const PredictorOutput& output : predictor.outputs())
    bytes += 16.0 * static_cast<double>(rows) * static_cast<double>(output.width());
  if (bytes <= memoryOfMachine()) return success();
  return Error{ErrorCode::OutOfMemory,
               fmt::format("the outputs of {} need {} of memory", counted(rows, "sample"), bytesText(bytes)),
               {},
               "Evaluate fewer samples at once"};
}

Result<std::vector<OutputEvaluation>> scoreOutputs(const Predictor& predictor,
                                                   const Predictor::Values& values,
                                                   const EncodedSamples& samples,
                                                   std::span<const Head> heads) {
  std::vector<OutputEvaluation> results;
  for (std::size_t o = 0; o < values.size(); ++o) {
    const Head* head = heads.empty() ? nullptr : &heads[o];
    TANDEM_ASSIGN(OutputEvaluation result,
                  OutputCheck(predictor, predictor.outputs()[o], values[o], samples, head).run());
    results.push_back(std::move(result));
  }
  return results;
}

Result<std::vector<OutputEvaluation>> evaluateOutputs(Predictor& predictor, const EncodedSamples& samples,
                                                      std::span<const Head> heads) {
  TANDEM_TRY(checkOutputMemory(predictor, samples.rows));
  TANDEM_ASSIGN(const Predictor::Values values, predictor.run(samples.inputs, samples.lengths));
  return scoreOutputs(predictor, values, samples, heads);
}

Result<std::vector<TargetAnswers>> answersOf(const Predictor& predictor, const Predictor::Values& values,
                                             const EncodedSamples& samples) {
  std::vector<TargetAnswers> all;
  for (std::size_t o = 0; o < values.size(); ++o) {
    const PredictorOutput& output = predictor.outputs()[o];
    const OutputCheck check(predictor, output, values[o], samples, nullptr);
    TANDEM_TRY(check.appendAnswers(all));
  }
  return all;
}

}  // namespace tandem
