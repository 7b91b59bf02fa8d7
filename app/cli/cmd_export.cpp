#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <iostream>

#include "app/cli/command.h"
#include "core/io/keras/data_match.h"
#include "core/network/analysis.h"
#include "core/runs/run_store.h"
#include "core/train/export_weights.h"

namespace tandem::cli {
namespace {

struct Options {
  std::string source;
  std::string format = "keras-h5";
  std::filesystem::path file;
  std::optional<std::filesystem::path> runs;
  bool bare = false, last = false, force = false;
};

// A run number, or the path of a checkpoint.
Result<std::filesystem::path> checkpointOf(const Options& options) {
  std::int64_t id = 0;
  const char* end = options.source.data() + options.source.size();
  const auto [rest, code] = std::from_chars(options.source.data(), end, id);
  if (code != std::errc() || rest != end) return std::filesystem::path(options.source);
  TANDEM_ASSIGN(const auto store, openRecord(options.runs));
  TANDEM_ASSIGN(const RunInfo info, store->info(id));
  if (info.weights.empty())
    return Error{ErrorCode::NotFound, "the run has no checkpoint", "run " + options.source,
                 "Train it longer"};
  return info.weights;
}

// The steps that callers of a bare model have to apply to an input. start: begins the lines if there are several
// inputs.
void describeInput(const InputFields& fields, const std::string& start) {
  if (fields.isText()) {
    std::cout << fmt::format(
        "{}Input: {} of a text as their numbers in the vocabulary, which is an attribute of the file, "
        "then 0\n",
        start, nameOf(fields.fields[0]->text.unit));
    return;
  }
  std::cout << fmt::format("{}Input: (x - mean) * scale{}, with mean and scale of\n", start,
                           fields.isImage() ? " of levels divided by 255" : "");
  const std::vector<std::string> names = fields.names();
  const std::vector<double> mean = fields.mean(), scale = fields.scale();
  for (std::size_t i = 0; i < names.size(); ++i)
    std::cout << fmt::format("  {}: {}, {}\n", names[i], mean[i], scale[i]);
}

// The unit of standardized targets.
void describeUnit(std::span<const Field* const> targets, const std::string& start) {
  const keras::TargetUnit unit = keras::unitOf(targets);
  if (!unit.scales()) return;
  const std::string levels = unit.levels ? ", in levels divided by 255" : "";
  if (unit.mean.size() == 1) {
    std::cout << fmt::format("{}The target is the output / scale + mean{}, with mean {} and scale {}\n",
                             start, levels, unit.mean[0], unit.scale[0]);
    return;
  }
  std::cout << fmt::format("{}The targets are the outputs / scale + mean{}, with mean and scale of\n", start,
                           levels);
  const std::vector<std::string> names = keras::valueNames(targets);
  for (std::size_t i = 0; i < names.size(); ++i)
    std::cout << fmt::format("  {}: {}, {}\n", names[i], unit.mean[i], unit.scale[i]);
}

// What callers of a bare model make of an output, whose samples have `values` values.
void describeOutput(OutputMeaning meaning, std::span<const Field* const> targets, std::int64_t values,
                    const std::string& start) {
  const bool numbers = keras::predictsNumbers(meaning, targets);
  if (numbers) describeUnit(targets, start);
  if (const std::string_view activation = activationFor(meaning); !activation.empty())
    std::cout << fmt::format("{}Output: logits; apply {} for {}\n", start, activation,
                             numbers ? "values" : "probabilities");
  else
    std::cout << fmt::format("{}Output: {}\n", start, nameOf(numbers ? OutputMeaning::Values : meaning));
  if (numbers || targets.empty()) return;
  const std::vector<std::string>& classes = targets[0]->categories;
  if (targets.size() > 1)
    std::cout << fmt::format("{}The outputs are those of {}\n", start,
                             fmt::join(keras::valueNames(targets), ", "));
  else if (classes.size() == 2 && values == 1)
    std::cout << fmt::format("{}The output is that of class {}; the other class is {}\n", start, classes[1],
                             classes[0]);
  else if (!classes.empty())
    std::cout << fmt::format("{}Classes, in the order of the outputs: {}\n", start, fmt::join(classes, ", "));
}

// Prints the steps that callers of a bare model have to apply.
void describeBare(const Checkpoint& checkpoint) {
  const Network& network = checkpoint.project.network;
  const Analysis analysis = analyze(network);
  const std::vector<LayerId> inputs = network.inputs();
  std::vector<Shape> samples;
  for (const LayerId id : inputs) samples.push_back(*analysis.layers.at(id).output);
  // The export has checked that they fit.
  const auto fields = keras::fieldsOfInputs(network, samples, checkpoint.preprocessing).value();
  const auto startOf = [](const std::string& layer, std::size_t count) {
    return count > 1 ? layer + ": " : std::string();
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    describeInput(fields[i], startOf(network.find(inputs[i])->name, inputs.size()));
  const std::vector<ModelOutput> outputs = modelOutputs(checkpoint.project);
  for (const ModelOutput& output : outputs) {
    const auto targets = keras::fieldsOfOutput(output, checkpoint.preprocessing).value();
    const Shape shape = *analysis.shapeOf(network.findSource(output.layer).value());
    describeOutput(output.meaning, targets, shape.elements(), startOf(output.layer, outputs.size()));
  }
}

// "the best epoch 2, validation loss 0.3897".
std::string weightsText(const Checkpoint& checkpoint, bool last) {
  if (!last && checkpoint.best.known()) return "the " + checkpoint.best.text();
  return fmt::format("step {}", checkpoint.step);
}

int run(const Options& options) {
  const auto path = checkpointOf(options);
  if (!path.ok()) return report(path.error());
  const auto checkpoint = loadWeights(*path, options.last ? Weights::Last : Weights::Best);
  if (!checkpoint.ok()) return report(checkpoint.error());
  std::error_code other;
  if (std::filesystem::equivalent(*path, options.file, other))
    return report(invalid("is the checkpoint being exported", options.file.string(),
                          "Choose another name for the model"));
  if (!options.force)
    if (const Status free = refuseExisting(options.file); !free.ok()) return report(free.error());
  const auto notes = exportKeras(*checkpoint, options.file, options.bare);
  if (!notes.ok()) return report(notes.error());
  std::cout << fmt::format("Wrote {} with the weights of {}\n", options.file.string(),
                           weightsText(*checkpoint, options.last));
  for (const std::string& note : *notes) std::cerr << "Note: " << note << '\n';
  if (options.bare) describeBare(*checkpoint);
  return kDone;
}

}  // namespace

void addExport(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "export", "Export trained weights for other programs", options, run);
  command.option("source", options->source, "Run number or checkpoint file").required();
  command.option("--format", options->format, "keras-h5: a complete model for Keras' load_model")
      .choices({"keras-h5"});
  command.option("-o,--output", options->file, "Output file").required();
  command.flag(
      "--bare", options->bare,
      "The network as drawn: for normalized samples, with logits as output. Prints the normalization");
  command.flag("--last", options->last, "The weights of the last step instead of the best epoch");
  command.flag("--force", options->force, "Replace the output file if it exists");
  command.option("--runs", options->runs, "Folder of recorded runs");
}

}  // namespace tandem::cli
