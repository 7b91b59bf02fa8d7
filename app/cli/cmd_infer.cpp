#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "app/cli/model.h"
#include "core/data/encode.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path model;
  std::vector<std::filesystem::path> inputs;
  std::string device = "cpu";
  TableOptions table;
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

void printClasses(const Options& options, const Predictor& predictor, const std::string& name,
                  const std::vector<float>& answer) {
  const auto& names = predictor.classNames();
  const auto className = [&](std::size_t i) {
    return names.size() == answer.size() ? names[i] : std::to_string(i);
  };
  if (options.json) {
    nlohmann::json line{{"input", name}};
    for (std::size_t i = 0; i < answer.size(); ++i) line["probabilities"][className(i)] = answer[i];
    line["class"] = className(largest(std::span<const float>(answer), 1).front());
    std::cout << jsonLine(line) << '\n';
    return;
  }
  std::cout << name << ':';
  for (const std::size_t i : largest(std::span<const float>(answer), options.top))
    std::cout << fmt::format("  {}{} {:.1f}%", names.size() == answer.size() ? "" : "class ", className(i),
                             100 * answer[i]);
  std::cout << '\n';
}

// Six digits of what distinguishes predictions: more where the target's mean is far from 0.
int digitsFor(const Preprocessing& preprocessing) {
  const Field* target = preprocessing.target();
  if (!target || target->mean.empty()) return 6;
  const double ratio = std::abs(target->mean[0] * target->scale[0]);
  return std::clamp(6 + static_cast<int>(std::ceil(std::log10(std::max(1.0, ratio)))), 6, 15);
}

void printValues(const Options& options, const std::string& name, std::span<const double> values,
                 int digits) {
  constexpr std::size_t kMaxValues = 16;  // a longer list hides what matters
  if (options.json) {
    std::cout << jsonLine({{"input", name}, {"values", std::vector(values.begin(), values.end())}}) << '\n';
    return;
  }
  std::cout << name << ':';
  if (values.size() <= kMaxValues) {
    for (const double value : values) std::cout << fmt::format("  {:.{}g}", value, digits);
  } else {
    for (const std::size_t i : largest(values, options.top))
      std::cout << fmt::format("  output {} {:.{}g}", i, values[i], digits);
    std::cout << fmt::format("  (the largest of {}; --json prints all)", values.size());
  }
  std::cout << '\n';
}

int run(const Options& options) {
  TableFormat given;
  if (const Status possible = options.table.applyTo(given); !possible.ok()) return report(possible.error());
  auto model = openModel(options.model, options.device, options.last ? Weights::Last : Weights::Best);
  if (!model.ok()) return report(model.error());
  for (const std::string& note : model->notes) std::cerr << options.model.string() << ": " << note << '\n';
  Predictor& predictor = model->predictor;
  for (const auto& file : options.inputs) {
    const auto input = encodeFile(file, predictor.preprocessing(), Labels::NotNeeded, given);
    if (!input.ok()) return report(input.error());
    for (const std::string& note : input->notes) std::cerr << file.string() << ": " << note << '\n';
    const auto answers = predictor.predict(input->features);
    if (!answers.ok()) return report(answers.error(), kRunFailed);
    const auto width = static_cast<std::size_t>(predictor.width());
    const std::size_t rows = answers->size() / width;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::string name =
          input->lines.empty() ? file.string() : fmt::format("{}:{}", file.string(), input->lines[row]);
      const std::span answer = std::span(*answers).subspan(row * width, width);
      if (predictor.predictsClasses())
        printClasses(options, predictor, name, probabilities(answer));
      else
        printValues(options, name, predictor.inTargetUnit(answer), digitsFor(predictor.preprocessing()));
    }
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
  addTableOptions(command, options->table);
  command.flag("--last", options->last,
               "Of a checkpoint: the weights of the last step instead of the best epoch");
  command.flag("--json", options->json, "Print one JSON object per line");
}

}  // namespace tandem::cli
