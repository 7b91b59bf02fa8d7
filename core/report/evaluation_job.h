// Evaluates a trained model on labelled samples: what the lab's Evaluate window runs in the background.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/report/answer_analysis.h"
#include "core/train/labelled_samples.h"
#include "core/train/output_evaluation.h"

namespace tandem {

struct EvaluationRequest {
  std::filesystem::path model;  // a checkpoint, or a Keras model with the description of its data
  Weights which = Weights::Best;
  SplitPart part = SplitPart::Test;           // of the training data
  std::optional<std::filesystem::path> data;  // instead: a labelled table, array or folder
  std::string device = "cpu";
  LoadProgress progress;  // in [0, 1]; returns false to cancel
};

struct ModelEvaluation {
  LabelledSamples labelled;
  Preprocessing preprocessing;
  std::vector<OutputEvaluation> outputs;
  std::vector<TargetAnswers> answers;    // of all targets of all outputs
  std::vector<TargetAnalysis> analyses;  // of each of the answers
  std::vector<std::string> notes;        // for the user
};

// Errors: the model or the data cannot be read or does not fit, no samples, predictions that are not finite, cancelled.
Result<ModelEvaluation> evaluateModel(const EvaluationRequest& request);

// The numbers of a sample of an input, before they were normalized.
std::vector<double> numbersOf(const InputFields& input, std::span<const float> sample);

// What a sample contains, in the units of the data: "size 3.5, color red", the words of a text; of a sequence its
// first row, of an image its size. steps: of a sequence.
std::string inputText(const InputFields& input, std::span<const float> sample, std::int64_t steps);
std::string sampleText(const ModelEvaluation& evaluation, std::int64_t sample);  // of all inputs

// An image as bytes (height, width, channels); empty if there is none.
struct SamplePicture {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> bytes;
};
// input: an image.
SamplePicture pictureOf(const InputFields& input, std::span<const float> sample);
// Of the first input that is an image.
SamplePicture samplePicture(const ModelEvaluation& evaluation, std::int64_t sample);

}  // namespace tandem
