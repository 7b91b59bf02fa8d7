#include "core/report/evaluation_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

#include "core/data/tokenizer.h"
#include "core/io/model_formats.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

constexpr std::int64_t kSlice = 256;     // samples between two reports of the progress
constexpr double kLoadShare = 0.5;       // of the progress
constexpr std::size_t kMaxText = 300;    // bytes of the text of a sample
constexpr std::size_t kMaxNumbers = 24;  // of a table's row

Error cancelled() {
  return {ErrorCode::Cancelled, "the evaluation was cancelled", {}, {}};
}

// The samples from `first` on, at most `count`, without labels.
EncodedSamples slice(const EncodedSamples& all, std::int64_t first, std::int64_t count) {
  EncodedSamples part;
  part.rows = count;
  for (const std::vector<float>& input : all.inputs) {
    const auto width = std::ssize(input) / all.rows;
    part.inputs.emplace_back(input.begin() + first * width, input.begin() + (first + count) * width);
  }
  for (const std::vector<std::int32_t>& lengths : all.lengths)
    part.lengths.emplace_back(lengths.empty() ? std::vector<std::int32_t>()
                                              : std::vector<std::int32_t>(lengths.begin() + first,
                                                                          lengths.begin() + first + count));
  return part;
}

Result<Predictor::Values> predictAll(Predictor& predictor, const EncodedSamples& samples,
                                     const LoadProgress& progress) {
  Predictor::Values all(predictor.outputs().size());
  for (std::int64_t first = 0; first < samples.rows; first += kSlice) {
    const double done = static_cast<double>(first) / static_cast<double>(samples.rows);
    if (progress && !progress(kLoadShare + (1 - kLoadShare) * done)) return cancelled();
    const EncodedSamples part = slice(samples, first, std::min(kSlice, samples.rows - first));
    TANDEM_ASSIGN(const Predictor::Values values, predictor.run(part.inputs, part.lengths));
    for (std::size_t o = 0; o < all.size(); ++o)
      all[o].insert(all[o].end(), values[o].begin(), values[o].end());
  }
  return all;
}

std::string textOf(const Field& field, std::span<const float> tokens) {
  std::string text;
  for (const float token : tokens) {
    const auto index = static_cast<std::int32_t>(token);
    if (index == kPadding || text.size() > kMaxText) break;
    if (static_cast<std::size_t>(index) >= field.categories.size()) continue;
    if (!text.empty() && field.text.unit == TextUnit::Words) text += ' ';
    text += field.categories[static_cast<std::size_t>(index)];
  }
  return text;
}

// Of a row of a table. A category is one-hot, so that its value is that of the largest number.
std::string rowText(const InputFields& input, const std::vector<double>& numbers) {
  std::string text;
  std::size_t first = 0, listed = 0;
  for (const Field* field : input.fields) {
    const auto width = static_cast<std::size_t>(field->width());
    if (first + width > numbers.size()) break;
    if (++listed > kMaxNumbers) return text + ", …";
    if (!text.empty()) text += ", ";
    if (!field->name.empty()) text += field->name + ' ';
    const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(first);
    if (field->kind == FieldKind::Category) {
      const auto largest = std::max_element(begin, begin + static_cast<std::ptrdiff_t>(width)) - begin;
      text += field->categories[static_cast<std::size_t>(largest)];
    } else {
      text += fmt::format("{:.5g}", *begin);
    }
    first += width;
  }
  return text;
}

std::span<const float> sampleOf(const EncodedSamples& samples, std::size_t input, std::int64_t sample) {
  const std::vector<float>& all = samples.inputs[input];
  const std::size_t width = all.size() / static_cast<std::size_t>(samples.rows);
  return std::span(all).subspan(static_cast<std::size_t>(sample) * width, width);
}

Result<ModelEvaluation> evaluate(const EvaluationRequest& request) {
  const LoadProgress& progress = request.progress;
  const LoadProgress load = [&progress](double done) { return !progress || progress(kLoadShare * done); };
  // A model of another format has one set of weights.
  const Weights which = modelFormatOf(request.model) != nullptr ? Weights::Best : request.which;
  TANDEM_ASSIGN(OpenModel model, openModel(request.model, request.device, which));
  TANDEM_TRY(checkDescribed(model, request.model));
  if (!load(0)) return cancelled();
  const auto read = [&]() -> Result<LabelledSamples> {
    if (request.data) return samplesOfFile(model, *request.data, load);
    TANDEM_TRY(checkKnowsData(model, request.model));
    return samplesOfPart(model, request.model, trainingData(*model.project), request.part, load);
  };
  TANDEM_ASSIGN(LabelledSamples labelled, read());
  if (labelled.samples.rows == 0)
    return invalid("the data has no samples", labelled.name, "Choose other data");
  TANDEM_TRY(checkOutputMemory(model.predictor, labelled.samples.rows));
  TANDEM_ASSIGN(const Predictor::Values values, predictAll(model.predictor, labelled.samples, progress));
  ModelEvaluation result;
  const std::span<const Head> heads =
      model.project ? std::span<const Head>(model.project->training.heads) : std::span<const Head>();
  TANDEM_ASSIGN(result.outputs, scoreOutputs(model.predictor, values, labelled.samples, heads));
  TANDEM_ASSIGN(result.answers, answersOf(model.predictor, values, labelled.samples));
  const auto proceed = [&progress] { return !progress || progress(1); };
  for (const TargetAnswers& each : result.answers) {
    result.analyses.push_back(analyze(each, proceed));
    if (!proceed()) return cancelled();
  }
  result.notes = model.notes;
  result.notes.insert(result.notes.end(), labelled.samples.notes.begin(), labelled.samples.notes.end());
  result.preprocessing = model.predictor.preprocessing();
  result.labelled = std::move(labelled);
  return result;
}

}  // namespace

// An exception on a thread of the lab would end the lab.
Result<ModelEvaluation> evaluateModel(const EvaluationRequest& request) {
  try {
    return evaluate(request);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "not enough memory for the evaluation", request.model.string(),
                 "Close other programs, or evaluate fewer samples"};
  }
}

std::vector<double> numbersOf(const InputFields& input, std::span<const float> sample) {
  const std::vector<double> mean = input.mean(), scale = input.scale();
  std::vector<double> numbers(sample.begin(), sample.end());
  if (mean.empty() || scale.empty()) return numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = numbers[i] / scale[i % scale.size()] + mean[i % mean.size()];
  return numbers;
}

std::string inputText(const InputFields& input, std::span<const float> sample, std::int64_t steps) {
  if (input.isText()) return textOf(*input.fields[0], sample);
  if (input.isImage()) return input.sample().text();
  if (input.steps == 0) return rowText(input, numbersOf(input, sample));
  const auto row = sample.first(sample.size() / static_cast<std::size_t>(input.steps));
  return fmt::format("{}, the first: {}", counted(steps, "step"), rowText(input, numbersOf(input, row)));
}

std::string sampleText(const ModelEvaluation& evaluation, std::int64_t sample) {
  const EncodedSamples& samples = evaluation.labelled.samples;
  const std::vector<InputFields> inputs = evaluation.preprocessing.inputs();
  std::string text;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!text.empty()) text += "; ";
    const bool varies = i < samples.lengths.size() && !samples.lengths[i].empty();
    text += inputText(inputs[i], sampleOf(samples, i, sample),
                      varies ? samples.lengths[i][static_cast<std::size_t>(sample)] : inputs[i].steps);
  }
  return text;
}

SamplePicture pictureOf(const InputFields& input, std::span<const float> sample) {
  const Shape& shape = input.fields[0]->image;
  SamplePicture picture{shape[0], shape[1], shape[2], {}};
  for (const double x : numbersOf(input, sample))
    picture.bytes.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(x, 0.0, 1.0))));
  return picture;
}

SamplePicture samplePicture(const ModelEvaluation& evaluation, std::int64_t sample) {
  const std::vector<InputFields> inputs = evaluation.preprocessing.inputs();
  const auto input = std::ranges::find_if(inputs, &InputFields::isImage);
  if (input == inputs.end()) return {};
  const auto index = static_cast<std::size_t>(input - inputs.begin());
  return pictureOf(*input, sampleOf(evaluation.labelled.samples, index, sample));
}

}  // namespace tandem
