#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/cli/command.h"
#include "core/base/file.h"
#include "core/data/csv_rows.h"
#include "core/data/image.h"
#include "core/runtime/registry.h"
#include "core/train/predictor.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path model;
  std::vector<std::filesystem::path> inputs;
  std::string device = "cpu";
  int top = 3;
  bool json = false;
};

constexpr std::uint64_t kLargestInput = 1ull << 30;

// Reads one image, resized to the network's input.
Result<std::vector<float>> readImage(const std::string& bytes, const std::filesystem::path& file,
                                     const Shape& sample) {
  const std::span data(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  TANDEM_ASSIGN(const Image image, decodeImage(data, file.string()));
  std::vector<std::uint8_t> levels(static_cast<std::size_t>(sample.elements()));
  resizeImage(image, sample[0], sample[1], sample[2], levels.data());
  std::vector<float> features(levels.size());
  std::ranges::transform(levels, features.begin(),
                         [](std::uint8_t v) { return static_cast<float>(v) / 255.0f; });
  return features;
}

// Reads rows of numbers. A first row without any number is a header, as in training data.
Result<std::vector<float>> readTable(const std::string& text, const std::filesystem::path& file,
                                     const Shape& sample) {
  const char separator = sniffSeparator(text);
  CsvRows rows(text, separator, file.string());
  std::vector<float> features;
  for (bool first = true;; first = false) {
    TANDEM_ASSIGN(const bool more, rows.next());
    if (!more) return features;
    const auto isNumber = [&](std::string_view cell) { return parseNumber(cell, separator).has_value(); };
    if (first && std::ranges::none_of(rows.cells(), isNumber)) continue;
    if (static_cast<std::int64_t>(rows.cells().size()) != sample.elements())
      return invalid(
          fmt::format("{} values, but the network needs {}", rows.cells().size(), sample.elements()),
          rows.place(), "Provide the columns that the network was trained on, without the target");
    for (const std::string_view cell : rows.cells()) {
      if (!isNumber(cell))
        return invalid("'" + std::string(cell) + "' is not a number", rows.place(),
                       "Remove text columns and rows with missing values");
      const auto value = static_cast<float>(*parseNumber(cell, separator));
      if (!std::isfinite(value))
        return invalid("'" + std::string(cell) + "' is not a finite number", rows.place(), "Correct it");
      features.push_back(value);
    }
  }
}

Result<std::vector<float>> readInput(const std::filesystem::path& file, const Shape& sample) {
  TANDEM_ASSIGN(const std::string bytes, readTextFile(file, kLargestInput));
  const bool picture = bytes.starts_with("\x89PNG") || bytes.starts_with("\xff\xd8");
  if (picture && sample.rank() != 3)
    return invalid("the file is an image, but the network needs " + sample.text() + " numbers", file.string(),
                   "Provide a CSV file");
  return picture ? readImage(bytes, file, sample) : readTable(bytes, file, sample);
}

// With two classes and one output value, the value is the probability of the second class.
std::vector<float> probabilities(std::span<const float> answer, std::size_t classes) {
  if (classes == 2 && answer.size() == 1) return {1 - answer[0], answer[0]};
  return {answer.begin(), answer.end()};
}

void print(const Options& options, const Predictor& predictor, const std::string& name,
           std::span<const float> values) {
  const auto& classes = predictor.classNames();
  const std::vector<float> answer = probabilities(values, classes.size());
  if (options.json) {
    nlohmann::json line{{"input", name}};
    if (classes.size() == answer.size()) {
      for (std::size_t i = 0; i < answer.size(); ++i) line["probabilities"][classes[i]] = answer[i];
      line["class"] = classes[static_cast<std::size_t>(std::ranges::max_element(answer) - answer.begin())];
    } else {
      line["values"] = answer;
    }
    std::cout << jsonLine(line) << '\n';
    return;
  }
  std::cout << name << ':';
  if (classes.size() == answer.size()) {
    std::vector<std::size_t> order(answer.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return answer[a] > answer[b]; });
    for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), static_cast<std::size_t>(options.top));
         ++i)
      std::cout << fmt::format("  {} {:.1f}%", classes[order[i]], 100 * answer[order[i]]);
  } else {
    for (const float value : answer) std::cout << fmt::format("  {:.6g}", value);
  }
  std::cout << '\n';
}

Result<Predictor> openModel(const Options& options) {
  TANDEM_ASSIGN(Backend* const backend, DeviceRegistry::instance().backendFor(options.device));
  DeviceOptions device;
  device.device = options.device;
  constexpr std::int64_t kBatch = 64;
  if (isKerasFile(options.model)) {
    TANDEM_ASSIGN(ImportedModel model, importKeras(options.model));
    return Predictor::open(std::move(model), *backend, device, kBatch);
  }
  TANDEM_ASSIGN(const Checkpoint checkpoint, loadCheckpoint(options.model));
  return Predictor::open(checkpoint, *backend, device, kBatch);
}

int run(const Options& options) {
  auto predictor = openModel(options);
  if (!predictor.ok()) return report(predictor.error());
  for (const auto& file : options.inputs) {
    const auto features = readInput(file, predictor->sample());
    if (!features.ok()) return report(features.error());
    if (features->empty())
      return report(invalid("the file has no rows of numbers", file.string(), "Add one row per prediction"));
    const auto answers = predictor->predict(*features);
    if (!answers.ok()) return report(answers.error(), kRunFailed);
    const auto width = static_cast<std::size_t>(predictor->width());
    const std::size_t rows = answers->size() / width;
    for (std::size_t row = 0; row < rows; ++row)
      print(options, *predictor, rows == 1 ? file.string() : fmt::format("{}:{}", file.string(), row + 1),
            std::span(*answers).subspan(row * width, width));
  }
  return kDone;
}

}  // namespace

void addInfer(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command = addCommand(
      app, chosen, "infer", "Run a trained network on images or the rows of a CSV file", options, run);
  command.option("model", options->model, "A checkpoint of a run, or a Keras model (.h5)").required();
  command.option("inputs", options->inputs, "PNG or JPEG images, or CSV files").required();
  command.option("--device", options->device, "cpu, cuda:0, ...");
  command.option("--top", options->top, "Number of classes to print").range(1, 1000);
  command.flag("--json", options->json, "Print one JSON object per line");
}

}  // namespace tandem::cli
