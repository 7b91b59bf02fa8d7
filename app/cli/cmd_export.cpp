#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <iostream>

#include "app/cli/command.h"
#include "core/io/keras/keras.h"
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

// Prints the steps that callers of a bare model have to apply.
void describeBare(const Checkpoint& checkpoint) {
  const Preprocessing& data = checkpoint.preprocessing;
  std::cout << fmt::format("Input: (x - mean) * scale{}, with mean and scale of\n",
                           data.sample().rank() == 3 ? " of levels divided by 255" : "");
  const std::vector<std::string> names = data.inputNames(), classes = data.classNames();
  const std::vector<double> mean = data.mean(), scale = data.scale();
  for (std::size_t i = 0; i < names.size(); ++i)
    std::cout << fmt::format("  {}: {}, {}\n", names[i], mean[i], scale[i]);
  const OutputMeaning output = outputMeaning(checkpoint.project);
  if (const Field* target = data.target(); output == OutputMeaning::Values && target && isScaled(*target))
    std::cout << fmt::format("The target is the output / scale + mean, with mean {} and scale {}\n",
                             target->mean[0], target->scale[0]);
  if (const std::string_view activation = activationFor(output); !activation.empty())
    std::cout << fmt::format("Output: logits; apply {} for probabilities\n", activation);
  else
    std::cout << fmt::format("Output: {}\n", nameOf(output));
  const Network& network = checkpoint.project.network;
  const bool single = analyze(network).layers.at(*network.outputLayer()).output->elements() == 1;
  if (classes.size() == 2 && single)
    std::cout << fmt::format("The output is that of class {}; the other class is {}\n", classes[1],
                             classes[0]);
  else if (!classes.empty())
    std::cout << fmt::format("Classes, in the order of the outputs: {}\n", fmt::join(classes, ", "));
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
