#include "app/cli/setting_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>
#include <vector>

#include "core/network/analysis.h"
#include "core/text/enumeration.h"

namespace tandem::cli {
namespace {

// CLI11 turns -1 into 2^64 - 1 and clamps numbers that are too large.
std::string wholeNumber(const std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, value);
  return code == std::errc() && rest == end ? "" : "'" + text + "' is not a whole number from 0 to 2^64 - 1";
}

// Of these layers, those that have weights.
Status freeze(Network& network, std::span<const LayerId> layers, const std::string& name) {
  const Analysis analysis = analyze(network);
  bool any = false;
  for (const LayerId id : layers) {
    const auto facts = analysis.layers.find(id);
    if (facts == analysis.layers.end() || facts->second.parameters + facts->second.untrained == 0) continue;
    TANDEM_TRY(network.setTrainable(id, false));
    any = true;
  }
  return any ? success() : invalid("has no weights to freeze", name);
}

// That of a layer, or all of a group.
Result<std::vector<LayerId>> layersNamed(const Network& network, const std::string& name) {
  if (const Layer* const layer = network.findByName(name)) return std::vector{layer->id};
  for (const Group& group : network.groups())
    if (group.name == name) return group.layers;
  std::vector<std::string> names;
  for (const Layer& layer : network.layers()) names.push_back(layer.name);
  for (const Group& group : network.groups()) names.push_back(group.name);
  return invalid(fmt::format("there is no layer or group named '{}'", name), {},
                 "There are " + enumerated(names, 8));
}

}  // namespace

Status SettingOptions::applyTo(Project& project, bool withDevice) const {
  TrainingConfig& training = project.training;
  Network& network = project.network;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == setting.npos)
      return invalid(fmt::format("\"{}\" is not a setting", setting), "--set",
                     "Write NAME=VALUE, such as optimizer.beta1=0.95; `tandem settings` lists them");
    const std::string name = setting.substr(0, equals);
    if (!withDevice && (name == "device" || name.starts_with("device.")))
      return invalid(fmt::format("\"{}\" is a setting of the sides", name), "--set",
                     "State the devices with --side, such as cpu:1 or cuda:0,bf16");
    TANDEM_TRY(setTraining(training, name, setting.substr(equals + 1)));
  }
  if (augment) TANDEM_TRY(setTraining(training, "augment", *augment));
  for (const std::string& name : frozen) {
    TANDEM_ASSIGN(const std::vector<LayerId> layers, layersNamed(network, name));
    TANDEM_TRY(freeze(network, layers, name));
  }
  if (frozenTo) {
    TANDEM_ASSIGN(const std::vector<LayerId> last, layersNamed(network, *frozenTo));
    std::vector<LayerId> layers;
    for (const LayerId id : last) std::ranges::copy(network.upTo(id), std::back_inserter(layers));
    TANDEM_TRY(freeze(network, layers, *frozenTo));
  }
  if (weights && weights->empty()) return invalid("needs the name of a file", "--weights");
  if (weights) training.initialWeights = weights->string();
  // The record of a run states the file, wherever that is read.
  if (!training.initialWeights.empty())
    training.initialWeights = std::filesystem::absolute(training.initialWeights).lexically_normal().string();
  return success();
}

void addSettingOptions(Command command, SettingOptions& options) {
  command
      .option(
          "--set", options.settings,
          "Change a training setting: NAME=VALUE, such as optimizer.beta1=0.95 or loss=huber; may be repeated; "
          "`tandem settings` lists them")
      .oneAtATime();
  command.option(
      "--augment", options.augment,
      "Change the training samples at random, such as flip,shift=0.1,rotate=15; `tandem settings` lists all "
      "augmentations");
  command.option("--freeze", options.frozen, "Exclude a layer or group from training; may be repeated")
      .oneAtATime();
  command.option("--freeze-to", options.frozenTo,
                 "Exclude this layer or group and all layers before it from training");
}

void addWeightsOption(Command command, SettingOptions& options) {
  command.option(
      "--weights", options.weights,
      "Start with the weights of a checkpoint or Keras model, for layers of the same name and shape");
}

void LengthOptions::applyTo(TrainingConfig& training) const {
  if (epochs) training.epochs = *epochs;
  if (batch) training.batch = *batch;
  if (seed) training.seed = *seed;
}

void addLengthOptions(Command command, LengthOptions& options, const std::string& about) {
  command.option("--epochs", options.epochs, about).range(1, 1000000);
  command.option("--batch", options.batch, "Samples per step").range(1, 1 << 20);
  command.option("--seed", options.seed, "Seed of weights, shuffling and dropout").check(wholeNumber);
}

}  // namespace tandem::cli
