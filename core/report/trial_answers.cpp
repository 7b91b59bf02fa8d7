#include "core/report/trial_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/data/encode_text.h"
#include "core/data/image.h"

namespace tandem {
namespace {

constexpr std::size_t kMostNumbers = 32;          // more are not read as a list
constexpr std::size_t kMostPictureClasses = 256;  // of a palette

std::size_t classCount(const PredictorOutput& output) {
  return std::max<std::size_t>(2, static_cast<std::size_t>(output.shape[-1]));
}

// The names of the classes, or their numbers.
std::vector<std::string> classLabels(const PredictorOutput& output, std::vector<std::string>& notes) {
  const std::size_t count = classCount(output);
  if (output.classNames().size() == count) return output.classNames();
  const std::string note = "The model does not state the names of its classes; they are numbered from 0";
  if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(fmt::format("class {}", i));
  return labels;
}

// One value is the probability of the second of two classes.
std::vector<double> probabilities(std::span<const float> row) {
  if (row.size() == 1) return {1 - static_cast<double>(row[0]), row[0]};
  return {row.begin(), row.end()};
}

// The class of each pixel or step.
std::vector<std::uint8_t> predictedClasses(std::span<const float> values, std::size_t width,
                                           std::vector<double>& counts) {
  std::vector<std::uint8_t> classes;
  for (std::size_t at = 0; at + width <= values.size(); at += width) {
    const std::vector<double> row = probabilities(values.subspan(at, width));
    const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    ++counts[best];
    classes.push_back(static_cast<std::uint8_t>(best));  // only used of few classes
  }
  return classes;
}

Result<SamplePicture> colored(std::int64_t height, std::int64_t width,
                              std::span<const std::uint8_t> classes) {
  TANDEM_ASSIGN(const auto png, encodeMask(height, width, classes));
  TANDEM_ASSIGN(Image image, decodeImage(png, "classes"));
  return SamplePicture{image.height, image.width, image.channels, std::move(image.pixels)};
}

Status addShares(const PredictorOutput& output, std::span<const float> values, TrialAnswer answer,
                 std::vector<TrialAnswer>& answers, std::vector<std::string>& notes) {
  const bool pixels = output.shape.rank() == 3;
  answer.caption = pixels ? "share of the pixels" : "share of the steps";
  answer.ofClasses = true;
  answer.labels = classLabels(output, notes);
  answer.values.resize(answer.labels.size());
  const std::vector<std::uint8_t> classes =
      predictedClasses(values, static_cast<std::size_t>(output.shape[-1]), answer.values);
  for (double& count : answer.values) count /= static_cast<double>(std::max<std::size_t>(1, classes.size()));
  if (pixels && answer.labels.size() <= kMostPictureClasses) {
    TANDEM_ASSIGN(answer.picture, colored(output.shape[0], output.shape[1], classes));
  }
  answers.push_back(std::move(answer));
  return success();
}

// Several targets of two classes: the probability of the second class of each, or the share of the steps that have it.
void addLabels(const PredictorOutput& output, std::span<const float> values, TrialAnswer answer,
               std::vector<TrialAnswer>& answers) {
  const std::size_t targets = output.targets.size(), steps = values.size() / targets;
  answer.ofClasses = true;
  if (output.shape.rank() > 1) answer.caption = "share of the steps";
  for (std::size_t t = 0; t < targets; ++t) {
    const Field& target = *output.targets[t];
    answer.labels.push_back(fmt::format("{}: {}", target.name, target.categories[1]));
    double sum = 0;
    for (std::size_t step = 0; step < steps; ++step) {
      const float p = values[step * targets + t];
      sum += output.shape.rank() > 1 ? (p > 0.5F ? 1 : 0) : static_cast<double>(p);
    }
    answer.values.push_back(sum / static_cast<double>(std::max<std::size_t>(1, steps)));
  }
  answers.push_back(std::move(answer));
}

// Six digits of what distinguishes predictions: more where the mean is far from 0.
int digitsFor(const Field& target) {
  if (target.mean.empty()) return 6;
  const double ratio = std::abs(target.mean[0] * target.scale[0]);
  return std::clamp(6 + static_cast<int>(std::ceil(std::log10(std::max(1.0, ratio)))), 6, 15);
}

void addNumbers(const Predictor& predictor, const PredictorOutput& output, std::span<const float> values,
                TrialAnswer answer, std::vector<TrialAnswer>& answers, std::vector<std::string>& notes) {
  std::vector<double> numbers = predictor.inUnit(output, values);
  const Field* const only = output.targets.size() == 1 ? output.targets[0] : nullptr;
  if (only != nullptr && only->kind == FieldKind::Image && only->image.elements() == std::ssize(numbers)) {
    answer.caption = "the image that the network computes";
    answer.picture = {only->image[0], only->image[1], only->image[2], {}};
    for (const double level : numbers)
      answer.picture.bytes.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(level, 0.0, 255.0))));
    answers.push_back(std::move(answer));
    return;
  }
  const bool named = output.targets.size() == numbers.size();
  if (named)
    for (const Field* target : output.targets) {
      answer.digits = std::max(answer.digits, digitsFor(*target));
      if (isScaled(*target)) answer.ranges.push_back(rangeOf(*target));
    }
  if (answer.ranges.size() != numbers.size()) answer.ranges.clear();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    answer.labels.push_back(named ? output.targets[i]->name : fmt::format("value {}", i));
  if (numbers.size() > kMostNumbers) {
    notes.push_back(fmt::format("Of the {} numbers of {}, the first {} are shown", numbers.size(),
                                output.layer, kMostNumbers));
    numbers.resize(kMostNumbers);
    answer.labels.resize(kMostNumbers);
    if (!answer.ranges.empty()) answer.ranges.resize(kMostNumbers);
  }
  answer.values = std::move(numbers);
  answers.push_back(std::move(answer));
}

}  // namespace

Status addAnswers(const Predictor& predictor, const PredictorOutput& output, std::span<const float> values,
                  std::vector<TrialAnswer>& answers, std::vector<std::string>& notes) {
  TrialAnswer answer;
  answer.layer = output.layer;
  const std::size_t targets = output.targets.size();
  if (targets == 1) answer.name = output.targets[0]->name;
  if (!output.predictsClasses()) {
    addNumbers(predictor, output, values, std::move(answer), answers, notes);
    return success();
  }
  const std::size_t rank = output.shape.rank();
  const bool continues = continuesText(predictor.preprocessing()) && rank == 2;
  if (targets > 1 && rank <= 2 && static_cast<std::size_t>(output.shape[-1]) == targets) {
    addLabels(output, values, std::move(answer), answers);
    return success();
  }
  if (rank > 1 && !continues) return addShares(output, values, std::move(answer), answers, notes);
  if (continues) {
    answer.caption = "the next token";
    values = values.last(static_cast<std::size_t>(output.shape[-1]));
  }
  answer.ofClasses = true;
  answer.labels = classLabels(output, notes);
  answer.values = probabilities(values);
  answers.push_back(std::move(answer));
  return success();
}

}  // namespace tandem
