// Trying out a trained model on what a user draws, types or sets: what the lab's "Try it" window shows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/data/drawing.h"
#include "core/report/evaluation_job.h"
#include "core/train/continue_text.h"

namespace tandem {

// How the user enters an input of a model. Sample: only samples of a dataset or a file, such as series, images with other
// channels than grey or colours, and rows of more columns than anyone would edit.
enum class TrialKind : std::uint8_t { Picture, Row, Text, Sample };
TrialKind trialKind(const InputFields& input);

// What the user has entered for one input of a model.
struct Drawing {
  std::vector<Stroke> strokes;
  DrawingStyle style;
};
struct PictureFile {
  std::vector<std::uint8_t> bytes;  // PNG or JPEG; empty: those of the file
  std::string name;                 // of the file, or for messages
};
struct RowValues {
  std::vector<double> values;  // of each field: a number, or the index of a category
};
struct SampleValues {
  std::vector<float> values;  // as in EncodedSamples
  std::int32_t steps = 0;     // 0: all
};
using TrialInput = std::variant<SampleValues, Drawing, PictureFile, RowValues, std::string>;

// Numbers as the training data has them, as far as the model states their mean and standard deviation.
struct TypicalRange {
  double from = -3, to = 3, start = 0;
};
TypicalRange rangeOf(const Field& number);
// The index of the most frequent category in the training data; the first one if that is not known.
std::size_t startCategory(const Field& category);

// A token of a text as the network reads it.
struct TrialToken {
  std::string text;
  bool known = true;
};

// What the network really reads.
struct SeenInput {
  SamplePicture picture;
  std::vector<TrialToken> tokens;
};

// The prediction for a target of an output.
struct TrialAnswer {
  std::string layer, name;           // of the output, and of the target if there is one
  std::string caption;               // "share of the pixels"; empty for classes of the sample
  bool ofClasses = false;            // values are shares from 0 to 1
  std::vector<std::string> labels;   // of the classes, or of the numbers if there are several
  std::vector<double> values;        // of numbers: in the unit of the target
  std::vector<TypicalRange> ranges;  // of each number, as far as they are known; else empty
  int digits = 6;                    // of numbers: what distinguishes them
  SamplePicture picture;             // the classes of pixels, or an image that the network computes
};

struct TrialPrediction {
  std::vector<TrialAnswer> answers;
  std::vector<SeenInput> seen;     // of each input
  std::vector<std::string> notes;  // for the user
  double seconds = 0;              // of the prediction of this one sample
};

// Opens a model and makes a first prediction, so that those that are timed are not delayed by preparations. `which` is
// ignored for a model that has one set of weights.
Result<std::shared_ptr<OpenModel>> openTrial(const std::filesystem::path& file, const std::string& device,
                                             Weights which);

// Samples to pick from: of a file or folder, with or without labels, or else the test part of the data that the model was
// trained on. file: of the model.
Result<LabelledSamples> trialSamples(const OpenModel& model, const std::filesystem::path& file,
                                     const std::optional<std::filesystem::path>& data,
                                     const LoadProgress& progress);

// Encodes one sample. inputs: of each of the model's inputs.
Result<EncodedSamples> encodeTrial(std::span<const TrialInput> inputs, const Preprocessing& preprocessing);
// Errors: inputs that cannot be encoded, predictions that are not finite.
Result<TrialPrediction> predictTrial(OpenModel& model, std::span<const TrialInput> inputs);

// continueText() of a typed text.
Result<std::string> writeTrial(OpenModel& model, std::string_view text, const Continuation& wanted);

// The largest difference between the answers of two devices to the same input.
double largestDifference(const TrialPrediction& a, const TrialPrediction& b);

// The inputs of one of several samples.
std::vector<SampleValues> sampleInputs(const EncodedSamples& samples, std::int64_t row);
// Of a row of a table, for its editor.
RowValues rowOf(const InputFields& input, std::span<const float> sample);
// Of tokens, for the editor of a text.
std::string textOfTokens(const Field& text, std::span<const float> sample);
// "species: setosa"; empty if the samples have no labels or several for each sample.
std::string labelText(const Preprocessing& preprocessing, const EncodedSamples& samples, std::int64_t row);

}  // namespace tandem
