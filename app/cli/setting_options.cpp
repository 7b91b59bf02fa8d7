#include "app/cli/setting_options.h"

#include <fmt/format.h>

#include <charconv>

namespace tandem::cli {
namespace {

// CLI11 turns -1 into 2^64 - 1 and clamps numbers that are too large.
std::string wholeNumber(const std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, value);
  return code == std::errc() && rest == end ? "" : "'" + text + "' is not a whole number from 0 to 2^64 - 1";
}

}  // namespace

Status SettingOptions::applyTo(TrainingConfig& training, bool withDevice) const {
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
  return success();
}

void addSettingOptions(Command command, SettingOptions& options) {
  command
      .option(
          "--set", options.settings,
          "Change a training setting: NAME=VALUE, such as optimizer.beta1=0.95 or loss=huber; may be repeated; "
          "`tandem settings` lists them")
      .oneAtATime();
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
