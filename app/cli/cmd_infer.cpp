#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "app/cli/class_table.h"
#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "core/base/file.h"
#include "core/data/byte_source.h"
#include "core/data/encode.h"
#include "core/data/encode_text.h"
#include "core/data/image.h"
#include "core/data/image_name.h"
#include "core/data/split_names.h"
#include "core/data/text_file.h"
#include "core/train/continue_text.h"
#include "core/train/trained_model.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path model;
  std::vector<std::filesystem::path> inputs;
  std::optional<std::filesystem::path> masks;  // the folder to write them to
  std::string device = "cpu";
  TableOptions table;
  std::optional<std::string> text;
  Continuation continuation;
  int top = 3;
  bool last = false;
  bool json = false;
};

// With two classes and one output value, the value is the probability of the second class.
std::vector<float> probabilities(std::span<const float> answer) {
  if (answer.size() == 1) return {1 - answer[0], answer[0]};
  return {answer.begin(), answer.end()};
}

// The indices of the `top` largest values, largest first.
template <class Number>
std::vector<std::size_t> largest(std::span<const Number> values, int top) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t count = std::min(order.size(), static_cast<std::size_t>(top));
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count), std::greater{},
                            [&](std::size_t i) { return values[i]; });
  order.resize(count);
  return order;
}

// What one output predicts for one sample: as text and as JSON.
struct Answer {
  std::string text;
  nlohmann::json json;
};

Answer answerOfClasses(const Options& options, const std::vector<std::string>& names,
                       const std::vector<float>& answer) {
  const auto className = [&](std::size_t i) {
    return names.size() == answer.size() ? names[i] : std::to_string(i);
  };
  Answer result;
  for (std::size_t i = 0; i < answer.size(); ++i) result.json["probabilities"][className(i)] = answer[i];
  result.json["class"] = className(largest(std::span<const float>(answer), 1).front());
  for (const std::size_t i : largest(std::span<const float>(answer), options.top))
    result.text += fmt::format("  {}{} {:.1f}%", names.size() == answer.size() ? "" : "class ",
                               shownName(className(i)), 100 * answer[i]);
  return result;
}

bool hasPixels(const PredictorOutput& output) {
  return output.predictsClasses() && output.shape.rank() == 3;
}

// The class of each pixel.
std::vector<std::size_t> classesOfPixels(const PredictorOutput& output, std::span<const float> answer) {
  const auto classes = static_cast<std::size_t>(output.shape[-1]);
  std::vector<std::size_t> best;
  for (std::size_t at = 0; at < answer.size(); at += classes) {
    const std::vector<float> values = probabilities(answer.subspan(at, classes));
    best.push_back(largest(std::span<const float>(values), 1).front());
  }
  return best;
}

// A class for each pixel or step: how many of them have each.
Answer answerOfPixels(const Options& options, const PredictorOutput& output, std::span<const float> answer) {
  const auto classes = static_cast<std::size_t>(output.shape[-1]);
  const std::vector<std::string>& names = output.classNames();
  std::vector<double> counts(std::max(classes, std::size_t{2}), 0);
  Answer result;
  nlohmann::json& rows = result.json["classes"] = nlohmann::json::array();
  const bool steps = output.shape.rank() == 2;
  const auto width = static_cast<std::size_t>(output.shape[1]);
  const std::vector<std::size_t> best = classesOfPixels(output, answer);
  for (std::size_t pixel = 0; pixel < best.size(); ++pixel) {
    ++counts[best[pixel]];
    if (!steps && pixel % width == 0) rows.push_back(nlohmann::json::array());
    (steps ? rows : rows.back()).push_back(best[pixel]);
  }
  const auto pixels = static_cast<double>(best.size());
  for (const std::size_t i : largest(std::span<const double>(counts), options.top))
    if (counts[i] > 0)
      result.text +=
          fmt::format("  {} {:.1f}% of the {}", i < names.size() ? shownName(names[i]) : std::to_string(i),
                      100 * counts[i] / pixels, steps ? "steps" : "pixels");
  return result;
}

// Six digits of what distinguishes predictions: more where the target's mean is far from 0.
int digitsFor(const Field* target) {
  if (!target || target->mean.empty()) return 6;
  const double ratio = std::abs(target->mean[0] * target->scale[0]);
  return std::clamp(6 + static_cast<int>(std::ceil(std::log10(std::max(1.0, ratio)))), 6, 15);
}

Answer answerOfValues(const Options& options, const PredictorOutput& output, std::span<const double> values) {
  constexpr std::size_t kMaxValues = 16;  // a longer list hides what matters
  const auto digits = [&](std::size_t i) {
    return digitsFor(i < output.targets.size() ? output.targets[i] : nullptr);
  };
  const bool named = output.targets.size() > 1 && output.targets.size() == values.size();
  Answer result;
  result.json["values"] = std::vector(values.begin(), values.end());
  if (named)
    for (std::size_t i = 0; i < values.size(); ++i) result.json["targets"].push_back(output.targets[i]->name);
  if (values.size() <= kMaxValues) {
    for (std::size_t i = 0; i < values.size(); ++i)
      result.text += fmt::format("  {}{:.{}g}", named ? output.targets[i]->name + " " : std::string(),
                                 values[i], digits(i));
  } else {
    for (const std::size_t i : largest(values, options.top))
      result.text += fmt::format("  output {} {:.{}g}", i, values[i], 6);
    result.text += fmt::format("  (the largest of {}; --json prints all)", values.size());
  }
  return result;
}

// Several targets of two classes: the probability of the second class of each.
Answer answerOfLabels(const PredictorOutput& output, std::span<const float> answer) {
  Answer result;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const Field& target = *output.targets[i];
    result.json["probabilities"][target.name] = {{target.categories[0], 1 - answer[i]},
                                                 {target.categories[1], answer[i]}};
    const bool second = answer[i] > 0.5f;
    result.text += fmt::format("  {} {} {:.1f}%", target.name, target.categories[second ? 1 : 0],
                               100 * (second ? answer[i] : 1 - answer[i]));
  }
  return result;
}

// The same for each step of a sequence.
Answer answerOfStepLabels(const PredictorOutput& output, std::span<const float> answer) {
  Answer result;
  const std::size_t targets = output.targets.size();
  for (std::size_t t = 0; t < targets; ++t) {
    const Field& target = *output.targets[t];
    std::vector<float> first, second;
    for (std::size_t at = t; at < answer.size(); at += targets) {
      first.push_back(1 - answer[at]);
      second.push_back(answer[at]);
    }
    const auto count = std::ranges::count_if(second, [](float p) { return p > 0.5f; });
    result.text += fmt::format("  {} {} {:.1f}% of the steps", target.name, target.categories[1],
                               100 * static_cast<double>(count) / static_cast<double>(second.size()));
    result.json["probabilities"][target.name] = {{target.categories[0], std::move(first)},
                                                 {target.categories[1], std::move(second)}};
  }
  return result;
}

Answer answerOf(const Options& options, const Predictor& predictor, const PredictorOutput& output,
                std::span<const float> answer) {
  if (!output.predictsClasses()) return answerOfValues(options, output, predictor.inUnit(output, answer));
  if (continuesText(predictor.preprocessing()) && output.shape.rank() == 2)  // what follows the text
    return answerOfClasses(options, output.classNames(),
                           probabilities(answer.last(static_cast<std::size_t>(output.shape[-1]))));
  const std::size_t targets = output.targets.size();
  if (targets > 1 && output.shape.rank() == 2 && static_cast<std::size_t>(output.shape[1]) == targets)
    return answerOfStepLabels(output, answer);
  if (output.shape.rank() > 1) return answerOfPixels(options, output, answer);
  if (targets > 1 && answer.size() == targets) return answerOfLabels(output, answer);
  return answerOfClasses(options, output.classNames(), probabilities(answer));
}

// group: the series of the sample; empty if there is only one.
void print(const Options& options, const Predictor& predictor, const std::string& name,
           const std::string& group, const Predictor::Values& answers,
           std::span<const std::vector<std::int32_t>> lengths, std::size_t row) {
  nlohmann::json line{{"input", name}};
  if (!group.empty()) line["group"] = group;
  std::string text = name + (group.empty() ? ":" : fmt::format(" ({}):", group));
  for (std::size_t o = 0; o < answers.size(); ++o) {
    const PredictorOutput& output = predictor.outputs()[o];
    const auto width = static_cast<std::size_t>(output.width());
    const auto values = std::span(answers[o]).subspan(row * width, output.valuesOf(lengths, row));
    const Answer answer = answerOf(options, predictor, output, values);
    if (answers.size() == 1) {
      line.update(answer.json);
      text += answer.text;
    } else {
      line["outputs"][output.layer] = answer.json;
      text += fmt::format("{}  [{}]{}", o == 0 ? "" : " ", output.layer, answer.text);
    }
  }
  std::cout << (options.json ? jsonLine(line) : text) << '\n';
}

// Writes the predicted classes of pixels as PNG files named after the inputs.
class MaskWriter {
 public:
  MaskWriter(const Options& options, const Predictor& predictor) : options_(options), predictor_(predictor) {}

  Status prepare() const {
    if (!options_.masks) return success();
    const auto& outputs = predictor_.outputs();
    if (std::ranges::none_of(outputs, hasPixels))
      return invalid("--masks writes the classes of pixels, but the model predicts none",
                     options_.model.string(), "Leave out --masks");
    for (const PredictorOutput& output : outputs)
      if (hasPixels(output) && output.shape[-1] > kMostClasses)
        return invalid(fmt::format("the model predicts {} classes; a mask has at most {}", output.shape[-1],
                                   kMostClasses),
                       options_.model.string(), "Use --json instead of --masks");
    std::error_code code;
    std::filesystem::create_directories(*options_.masks, code);
    if (code)
      return Error{ErrorCode::Io,
                   fmt::format("cannot create the folder: {}", code.message()),
                   options_.masks->string(),
                   {}};
    return success();
  }

  // Of one sample. line: of a table, else empty.
  Status write(const std::filesystem::path& input, const std::string& line, const Predictor::Values& answers,
               std::size_t row) {
    if (!options_.masks) return success();
    for (std::size_t o = 0; o < answers.size(); ++o) {
      const PredictorOutput& output = predictor_.outputs()[o];
      if (!hasPixels(output)) continue;
      const auto width = static_cast<std::size_t>(output.width());
      Mask mask{output.shape[0], output.shape[1], false, {}};
      for (const std::size_t each :
           classesOfPixels(output, std::span(answers[o]).subspan(row * width, width)))
        mask.values.push_back(static_cast<std::uint32_t>(each));
      const bool several = std::ranges::count_if(predictor_.outputs(), hasPixels) > 1;
      const std::string name =
          fmt::format("{}{}{}_mask.png", input.stem().string(), line.empty() ? "" : "-" + line,
                      several ? "-" + output.layer : std::string());
      TANDEM_TRY(writeOne(mask, line.empty() ? sizeOf(input, mask) : std::pair(mask.height, mask.width),
                          *options_.masks / name));
    }
    return success();
  }

 private:
  static constexpr std::int64_t kMostClasses = 256;

  // Of the image that was predicted.
  static std::pair<std::int64_t, std::int64_t> sizeOf(const std::filesystem::path& input, const Mask& mask) {
    constexpr std::uint64_t kMaxBytes = 512u << 20;
    const auto bytes = readFile(input, kMaxBytes);
    const auto image = bytes.ok() ? decodeImage(*bytes, input.string()) : Result<Image>(bytes.error());
    return image.ok() ? std::pair(image->height, image->width) : std::pair(mask.height, mask.width);
  }

  Status writeOne(const Mask& mask, std::pair<std::int64_t, std::int64_t> size,
                  const std::filesystem::path& file) {
    if (!written_.insert(file).second)
      return invalid("two inputs have the same name, so that their masks would replace each other",
                     file.string(), "Predict them separately, into different folders");
    const auto [height, width] = size;
    std::vector<std::int32_t> resized(static_cast<std::size_t>(height * width));
    resizeMask(mask, height, width, resized.data());
    const std::vector<std::uint8_t> indices(resized.begin(), resized.end());
    TANDEM_ASSIGN(const auto bytes, encodeMask(height, width, indices));
    return writeFileAtomically(file,
                               std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

  const Options& options_;
  const Predictor& predictor_;
  std::set<std::filesystem::path> written_;
};

int answer(const Options& options, Predictor& predictor, MaskWriter& masks, const std::string& source,
           const Result<EncodedSamples>& input) {
  if (!input.ok()) return report(input.error());
  for (const std::string& note : input->notes) std::cerr << source << ": " << note << '\n';
  const auto answers = predictor.predict(input->inputs, input->lengths);
  if (!answers.ok()) return report(answers.error(), kRunFailed);
  for (std::size_t row = 0; row < static_cast<std::size_t>(input->rows); ++row) {
    const std::string line = input->lines.empty() ? "" : std::to_string(input->lines[row]);
    const std::string name = line.empty() ? source : fmt::format("{}:{}", source, line);
    print(options, predictor, name, input->groups.empty() ? "" : input->groups[row], *answers, input->lengths,
          row);
    if (const Status written = masks.write(source, line, *answers, row); !written.ok())
      return report(written.error());
  }
  return kDone;
}

int write(const Options& options, Predictor& predictor, const std::string& source, std::string_view text) {
  const auto written = continueText(predictor, text, source, options.continuation);
  if (!written.ok()) return report(written.error());
  std::cout << (options.json ? jsonLine({{"input", source}, {"text", *written}}) : *written) << '\n';
  return kDone;
}

bool isTextName(const std::filesystem::path& file) {
  return lowerCase(file.extension().string()) == ".txt";
}

// Of a folder of texts or images, the files in it, at any depth, apart from empty texts.
Result<std::vector<std::filesystem::path>> filesOf(const Options& options, const Predictor& predictor) {
  std::vector<std::filesystem::path> files;
  const bool texts = onlyText(predictor.preprocessing()) != nullptr;
  const bool images = onlyImage(predictor.preprocessing()) != nullptr;
  for (const std::filesystem::path& input : options.inputs) {
    std::error_code code, unknown;
    if ((!texts && !images) || !std::filesystem::is_directory(input, code)) {
      files.push_back(input);
      continue;
    }
    const auto before = std::ssize(files);
    using std::filesystem::recursive_directory_iterator;
    for (recursive_directory_iterator at(input, code), end; !code && at != end; at.increment(code)) {
      if (!(texts ? isTextName(at->path()) : isImageName(at->path().string())) ||
          !at->is_regular_file(unknown))
        continue;
      if (texts && at->file_size(unknown) == 0)
        std::cerr << at->path().string() << ": left out, because the file is empty\n";
      else
        files.push_back(at->path());
    }
    if (code)
      return Error{
          ErrorCode::Io, fmt::format("cannot read the folder: {}", code.message()), input.string(), {}};
    if (std::ssize(files) == before)
      return texts ? invalid("the folder contains no text files (.txt)", input.string(),
                             "Name a folder with texts")
                   : invalid("the folder contains no images (.png, .jpg, .jpeg)", input.string(),
                             "Name a folder with images");
    std::sort(files.begin() + before, files.end());
  }
  return files;
}

int run(const Options& options) {
  if (options.inputs.empty() && !options.text)
    return report(invalid("nothing to predict is given", {}, "Name files, or write a text with --text"));
  TableFormat given;
  if (const Status possible = options.table.applyTo(given); !possible.ok()) return report(possible.error());
  auto model = openModel(options.model, options.device, options.last ? Weights::Last : Weights::Best);
  if (!model.ok()) return report(model.error());
  for (const std::string& note : model->notes) std::cerr << options.model.string() << ": " << note << '\n';
  Predictor& predictor = model->predictor;
  MaskWriter masks(options, predictor);
  if (const Status possible = masks.prepare(); !possible.ok()) return report(possible.error());
  const auto files = filesOf(options, predictor);
  if (!files.ok()) return report(files.error());
  const bool generate = options.continuation.tokens > 0;
  int code = kDone;
  if (options.text)
    code = generate ? write(options, predictor, "--text", *options.text)
                    : answer(options, predictor, masks, "--text",
                             encodeText(*options.text, predictor.preprocessing(), "--text"));
  for (const auto& file : *files) {
    if (code != kDone) return code;
    const std::string source = file.string();
    if (!generate) {
      code = answer(options, predictor, masks, source,
                    encodeFile(file, predictor.preprocessing(), Labels::NotNeeded, given));
      continue;
    }
    const auto text = readPlainText(file, given.encoding, kMaxTextBytes);
    code = text.ok() ? write(options, predictor, source, *text) : report(text.error());
  }
  return code;
}

}  // namespace

void addInfer(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "infer",
                 "Run a trained network on images, texts, the rows of a CSV file, or arrays", options, run);
  command.option("model", options->model, "A checkpoint of a run, or a Keras model (.h5)").required();
  command.option(
      "inputs", options->inputs,
      "PNG or JPEG images, texts or folders of them, tables (CSV or ARFF), or arrays (.npy, .npz, HDF5)");
  command.option("--text", options->text, "Predict for this text");
  command
      .option("--generate", options->continuation.tokens,
              "Of a network that predicts the next tokens of a text: write this many after it")
      .range(1, 1'000'000);
  command
      .option("--temperature", options->continuation.temperature,
              "Of --generate: below 1, the probable tokens more often; 0, only the most probable one")
      .range(0.0, 100.0);
  command.option("--seed", options->continuation.seed, "Of --generate: the seed of the random choices")
      .range(std::int64_t{0}, std::int64_t{1'000'000'000});
  command.option("--device", options->device, "cpu, cuda:0, ...");
  command.option("--top", options->top, "Number of classes to print").range(1, 1000);
  command.option("--masks", options->masks,
                 "Classes of pixels: write them into this folder, as PNG with the index of each class");
  addTableOptions(command, options->table);
  command.flag("--last", options->last,
               "Of a checkpoint: the weights of the last step instead of the best epoch");
  command.flag("--json", options->json, "Print one JSON object per line");
}

}  // namespace tandem::cli
