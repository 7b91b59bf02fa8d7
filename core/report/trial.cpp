#include "core/report/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include "core/data/byte_source.h"
#include "core/data/encode_image.h"
#include "core/data/encode_text.h"
#include "core/data/utf8.h"
#include "core/io/model_formats.h"
#include "core/report/trial_answers.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

constexpr std::size_t kMostColumns = 256;  // of a row that is edited
constexpr std::uint64_t kMaxImageBytes = 512u << 20;
constexpr double kDeviations = 3;  // from the mean to the ends of a slider

std::string channelsText(std::int64_t channels) {
  return channels == 1 ? "grey" : "colors";
}

// Encodes the inputs of one sample, one after the other.
class Encoder {
 public:
  explicit Encoder(const Preprocessing& preprocessing)
      : inputs_(preprocessing.inputs()), texts_(preprocessing) {
    samples_.rows = 1;
    samples_.inputs.resize(inputs_.size());
  }

  Status add(std::size_t index, const TrialInput& input) {
    index_ = index;
    return std::visit([this](const auto& each) { return encode(each); }, input);
  }

  EncodedSamples finish() {
    texts_.addNotes(samples_);
    return std::move(samples_);
  }

 private:
  const InputFields& fields() const { return inputs_[index_]; }
  std::vector<float>& out() { return samples_.inputs[index_]; }

  Status encode(const SampleValues& sample) {
    out() = sample.values;
    if (sample.steps > 0) {
      samples_.lengths.resize(inputs_.size());
      samples_.lengths[index_] = {sample.steps};
    }
    return success();
  }

  Status encode(const Drawing& drawing) {
    const Field& field = *fields().fields[0];
    const Image image = renderDrawing(drawing.strokes, field.image[0], field.image[1], drawing.style);
    return appendImage(image, field, "the drawing", out(), samples_.notes);
  }

  Status encode(const PictureFile& file) {
    const Field& field = *fields().fields[0];
    std::vector<std::uint8_t> read;
    if (file.bytes.empty()) {
      TANDEM_ASSIGN(read, readFile(file.name, kMaxImageBytes));
    }
    TANDEM_ASSIGN(const Image image, decodeImage(file.bytes.empty() ? read : file.bytes, file.name));
    TANDEM_TRY(appendImage(image, field, file.name, out(), samples_.notes));
    if (image.height != field.image[0] || image.width != field.image[1])
      samples_.notes.push_back(fmt::format("The image of {} x {} pixels was resized to {} x {}", image.width,
                                           image.height, field.image[1], field.image[0]));
    if (image.channels != field.image[2])
      samples_.notes.push_back(fmt::format("The image was converted from {} to {}",
                                           channelsText(image.channels), channelsText(field.image[2])));
    return success();
  }

  Status encode(const RowValues& row) {
    TANDEM_CHECK(row.values.size() == fields().fields.size(), "a value of each field");
    for (std::size_t f = 0; f < row.values.size(); ++f) {
      const Field& field = *fields().fields[f];
      if (field.kind == FieldKind::Category) {
        for (std::size_t i = 0; i < field.categories.size(); ++i)
          out().push_back(normalized(field, i, static_cast<double>(i) == row.values[f] ? 1 : 0));
        continue;
      }
      out().push_back(normalized(field, 0, row.values[f]));
      if (!std::isfinite(out().back()))
        return Error{ErrorCode::Numeric, fmt::format("{} is too large for float32", row.values[f]),
                     field.name, "Enter a smaller number"};
    }
    return success();
  }

  Status encode(const std::string& text) {
    if (const std::size_t bad = firstInvalidUtf8(text); bad != std::string::npos)
      return invalid(fmt::format("the text is not UTF-8 at byte {}", bad + 1), fields().name,
                     "Write it as UTF-8");
    return texts_.add(*fields().fields[0], composed(text), fields().name, samples_);
  }

  std::vector<InputFields> inputs_;
  TextInputs texts_;
  EncodedSamples samples_;
  std::size_t index_ = 0;
};

// The tokens that the network reads, as they are in the text.
std::vector<TrialToken> tokensOf(const Field& field, const std::string& text) {
  std::vector<std::int32_t> tokens;
  std::vector<std::string> written;
  Tokenizer(field.text, field.categories).encode(composed(text), tokens, &written);
  const auto steps = static_cast<std::size_t>(field.text.steps);
  std::size_t first = 0, count = tokens.size();
  if (count > steps) {
    if (field.text.stride > 0) first = count - steps;  // a window is the end of the text
    count = steps;
  }
  std::vector<TrialToken> seen;
  for (std::size_t i = first; i < first + count; ++i)
    seen.push_back({std::move(written[i]), tokens[i] != kUnknown});
  return seen;
}

// Those of a sample.
std::vector<TrialToken> tokensOf(const Field& field, std::span<const float> sample) {
  std::vector<TrialToken> seen;
  for (const float token : sample) {
    const auto index = static_cast<std::int32_t>(token);
    if (index == kPadding) break;
    if (static_cast<std::size_t>(index) < field.categories.size())
      seen.push_back({field.categories[static_cast<std::size_t>(index)], index != kUnknown});
  }
  return seen;
}

SeenInput seenOf(const InputFields& fields, const TrialInput& input, std::span<const float> values) {
  SeenInput seen;
  if (fields.isImage()) seen.picture = pictureOf(fields, values);
  if (!fields.isText()) return seen;
  const auto* const text = std::get_if<std::string>(&input);
  seen.tokens = text != nullptr ? tokensOf(*fields.fields[0], *text) : tokensOf(*fields.fields[0], values);
  return seen;
}

Error outOfMemory(const std::string& what) {
  return {ErrorCode::OutOfMemory, "not enough memory to try the model", what, "Close other programs"};
}

Result<TrialPrediction> predict(OpenModel& model, std::span<const TrialInput> inputs) {
  Predictor& predictor = model.predictor;
  TANDEM_ASSIGN(const EncodedSamples samples, encodeTrial(inputs, predictor.preprocessing()));
  TrialPrediction result;
  const auto start = std::chrono::steady_clock::now();
  TANDEM_ASSIGN(const Predictor::Values values, predictor.predict(samples.inputs, samples.lengths));
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t o = 0; o < values.size(); ++o) {
    const PredictorOutput& output = predictor.outputs()[o];
    const auto own = std::span(values[o]).first(output.valuesOf(samples.lengths, 0));
    TANDEM_TRY(checkFinite(own, output.layer));
    TANDEM_TRY(addAnswers(predictor, output, own, result.answers, result.notes));
  }
  const std::vector<InputFields> fields = predictor.preprocessing().inputs();
  for (std::size_t i = 0; i < fields.size(); ++i)
    result.seen.push_back(seenOf(fields[i], inputs[i], samples.inputs[i]));
  result.notes.insert(result.notes.begin(), samples.notes.begin(), samples.notes.end());
  return result;
}

// Of zeros, as a first prediction. Its Error is reported by the first real one.
void warmUp(Predictor& predictor) {
  std::vector<std::vector<float>> zeros;
  for (const Shape& sample : predictor.samples())
    zeros.emplace_back(static_cast<std::size_t>(sample.elements()));
  (void)predictor.predict(zeros);
}

}  // namespace

TrialKind trialKind(const InputFields& input) {
  if (input.steps > 0) return TrialKind::Sample;
  if (input.isText()) return TrialKind::Text;
  if (!input.isImage()) return input.fields.size() > kMostColumns ? TrialKind::Sample : TrialKind::Row;
  const std::int64_t channels = input.fields[0]->image[2];
  return channels == 1 || channels == 3 ? TrialKind::Picture : TrialKind::Sample;
}

TypicalRange rangeOf(const Field& number) {
  if (!isScaled(number) || number.scale[0] == 0) return {};
  const double mean = number.mean[0], deviation = std::abs(1 / number.scale[0]);
  return {mean - kDeviations * deviation, mean + kDeviations * deviation, mean};
}

std::size_t startCategory(const Field& category) {
  if (category.mean.size() != category.categories.size()) return 0;
  // The mean of an indicator is the share of its category.
  return static_cast<std::size_t>(std::ranges::max_element(category.mean) - category.mean.begin());
}

Result<std::shared_ptr<OpenModel>> openTrial(const std::filesystem::path& file, const std::string& device,
                                             Weights which) {
  try {
    const bool single = modelFormatOf(file) != nullptr;
    TANDEM_ASSIGN(OpenModel model, openModel(file, device, single ? Weights::Best : which));
    auto opened = std::make_shared<OpenModel>(std::move(model));
    warmUp(opened->predictor);
    return opened;
  } catch (const std::bad_alloc&) {  // an exception on a thread of the lab would end the lab
    return outOfMemory(file.string());
  }
}

Result<LabelledSamples> trialSamples(const OpenModel& model, const std::filesystem::path& file,
                                     const std::optional<std::filesystem::path>& data,
                                     const LoadProgress& progress) {
  try {
    if (data && isDataFolder(*data)) return samplesOfFile(model, *data, progress);
    if (data) {
      TANDEM_ASSIGN(EncodedSamples samples, encodeFile(*data, model.predictor.preprocessing()));
      return LabelledSamples{std::move(samples), data->string()};
    }
    if (!model.project)
      return invalid("the model does not name the data that it was trained on", file.string(),
                     "Open a file with samples instead");
    return samplesOfPart(model, file, trainingData(*model.project), std::nullopt, progress);
  } catch (const std::bad_alloc&) {
    return outOfMemory(data ? data->string() : file.string());
  }
}

Result<EncodedSamples> encodeTrial(std::span<const TrialInput> inputs, const Preprocessing& preprocessing) {
  TANDEM_CHECK(inputs.size() == preprocessing.inputs().size(), "a value of each input");
  Encoder encoder(preprocessing);
  for (std::size_t i = 0; i < inputs.size(); ++i) TANDEM_TRY(encoder.add(i, inputs[i]));
  return encoder.finish();
}

Result<TrialPrediction> predictTrial(OpenModel& model, std::span<const TrialInput> inputs) {
  try {
    return predict(model, inputs);
  } catch (const std::bad_alloc&) {
    return outOfMemory({});
  }
}

Result<std::string> writeTrial(OpenModel& model, std::string_view text, const Continuation& wanted) {
  try {
    return continueText(model.predictor, text, "the text", wanted);
  } catch (const std::bad_alloc&) {
    return outOfMemory({});
  }
}

double largestDifference(const TrialPrediction& a, const TrialPrediction& b) {
  double largest = 0;
  for (std::size_t i = 0; i < std::min(a.answers.size(), b.answers.size()); ++i) {
    const std::vector<double>&one = a.answers[i].values, &other = b.answers[i].values;
    for (std::size_t k = 0; k < std::min(one.size(), other.size()); ++k)
      largest = std::max(largest, std::abs(one[k] - other[k]));
  }
  return largest;
}

std::vector<SampleValues> sampleInputs(const EncodedSamples& samples, std::int64_t row) {
  std::vector<SampleValues> inputs;
  const auto index = static_cast<std::size_t>(row);
  for (std::size_t i = 0; i < samples.inputs.size(); ++i) {
    const std::vector<float>& all = samples.inputs[i];
    const std::size_t width = all.size() / static_cast<std::size_t>(samples.rows);
    const auto own = std::span(all).subspan(index * width, width);
    SampleValues& values = inputs.emplace_back();
    values.values.assign(own.begin(), own.end());
    if (i < samples.lengths.size() && !samples.lengths[i].empty()) values.steps = samples.lengths[i][index];
  }
  return inputs;
}

RowValues rowOf(const InputFields& input, std::span<const float> sample) {
  const std::vector<double> numbers = numbersOf(input, sample);
  RowValues row;
  std::size_t first = 0;
  for (const Field* field : input.fields) {
    const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(first);
    const auto width = static_cast<std::ptrdiff_t>(field->width());
    row.values.push_back(field->kind == FieldKind::Category
                             ? static_cast<double>(std::max_element(begin, begin + width) - begin)
                             : *begin);
    first += static_cast<std::size_t>(width);
  }
  return row;
}

std::string textOfTokens(const Field& text, std::span<const float> sample) {
  std::vector<std::int32_t> tokens;
  for (const float token : sample)
    if (static_cast<std::size_t>(token) < text.categories.size())
      tokens.push_back(static_cast<std::int32_t>(token));
  return Tokenizer(text.text, text.categories).decode(tokens);
}

std::string labelText(const Preprocessing& preprocessing, const EncodedSamples& samples, std::int64_t row) {
  const std::vector<const Field*> targets = preprocessing.targets();
  const auto index = static_cast<std::size_t>(row), rows = static_cast<std::size_t>(samples.rows);
  std::string text;
  for (std::size_t t = 0; t < std::min(targets.size(), samples.targets.size()); ++t) {
    const EncodedTarget& target = samples.targets[t];
    std::string value;
    if (target.classOf.size() == rows) {
      const auto label = static_cast<std::size_t>(target.classOf[index]);
      value = label < targets[t]->categories.size() ? targets[t]->categories[label] : std::to_string(label);
    } else if (target.valueOf.size() == rows) {
      value = fmt::format("{:.6g}", target.valueOf[index]);
    } else {
      continue;
    }
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", targets[t]->name, value);
  }
  return text;
}

}  // namespace tandem
