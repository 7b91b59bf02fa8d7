#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/cli/command.h"
#include "app/cli/interrupt.h"
#include "app/cli/setting_options.h"
#include "core/report/twin_report.h"
#include "core/runs/run_job.h"
#include "core/train/blocks.h"
#include "core/twin/findings.h"
#include "core/twin/lock_step_run.h"
#include "core/twin/race.h"
#include "core/twin/target.h"

namespace tandem::cli {
namespace {

using nlohmann::json;
constexpr auto kLook = std::chrono::milliseconds(40);
constexpr std::size_t kLongestCurrency = 20;  // of a record

struct Options {
  std::filesystem::path file;
  std::vector<std::string> sides;
  std::int64_t steps = 0;
  std::int64_t every = 10;
  std::optional<double> within;
  bool lockStep = false, inTurn = false, json = false;
  LengthOptions length;
  SettingOptions settings;
  std::optional<std::filesystem::path> report, record, out, from;
  Tariff tariff;
  std::vector<std::string> prices;  // "SIDE=MONEY"
  std::optional<double> target;
};

json finite(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json tensorJson(const TensorParity& tensor) {
  return {{"layer", tensor.layer},
          {"tensor", tensor.tensor},
          {"kind", nameOf(tensor.kind)},
          {"relative", finite(tensor.difference.relative)},
          {"compared", finite(tensor.compared)},
          {"cosine", finite(tensor.difference.cosine)},
          {"largest", finite(tensor.difference.largest)},
          {"not_finite", tensor.difference.nonFinite},
          {"beyond_rounding", tensor.beyondRounding}};
}

const TensorParity* worstOf(const SideParity& parity) {
  const TensorParity* worst = nullptr;
  for (const TensorParity& tensor : parity.tensors)
    if (tensor.kind != TensorKind::Update && (!worst || tensor.compared > worst->compared)) worst = &tensor;
  return worst;
}

class Printer {
 public:
  Printer(const LockStep& lockStep, const Options& options) : options_(options) {
    for (std::size_t k = 0; k < lockStep.sides(); ++k) labels_.push_back(lockStep.spec(k).label);
  }

  void steps(const std::vector<LockStepRecord>& records) const {
    for (const LockStepRecord& record : records) {
      json line{{"event", "step"}, {"step", record.step}, {"sides", json::array()}};
      for (std::size_t k = 0; k < record.sides.size(); ++k)
        line["sides"].push_back({{"side", labels_[k]},
                                 {"loss", finite(record.sides[k].loss)},
                                 {"seconds", record.sides[k].seconds}});
      if (options_.json) std::cout << jsonLine(line) << std::endl;
    }
    if (!options_.json)
      for (const LockStepRecord& record : records) done_[record.step] = record;
  }

  void parity(const ParityRecord& record) const {
    if (options_.json) {
      json line{{"event", "parity"}, {"step", record.step}, {"sides", json::array()}};
      for (const SideParity& side : record.sides) {
        json one{{"side", labels_[side.side]},
                 {"tolerance", side.tolerance},
                 {"weight_drift", finite(side.weightDrift)}};
        if (side.first) one["first"] = tensorJson(side.tensors[*side.first]);
        for (const TensorParity& tensor : side.tensors) one["tensors"].push_back(tensorJson(tensor));
        line["sides"].push_back(std::move(one));
      }
      std::cout << jsonLine(line) << std::endl;
      return;
    }
    std::string text = fmt::format("before step {:>5}", record.step);
    if (const auto last = done_.find(record.step - 1); last != done_.end()) {
      for (const LockStepSide& side : last->second.sides) text += fmt::format("  loss {:.5f}", side.loss);
      done_.erase(done_.begin(), last);
    }
    for (const SideParity& side : record.sides) {
      const TensorParity* shown = side.first ? &side.tensors[*side.first] : worstOf(side);
      if (!shown) continue;
      text += fmt::format("  {}: {} {:.1e} in {}, {}", labels_[side.side], side.first ? "DIFFERS" : "worst",
                          shown->compared, shown->layer, shown->tensor);
    }
    std::cout << text << std::endl;
  }

 private:
  const Options& options_;
  std::vector<std::string> labels_;
  mutable std::map<std::int64_t, LockStepRecord> done_;  // steps since the last comparison that was printed
};

// A value that was not measured is shown as "-", not as 0.
std::string known(double value, int decimals) {
  return value > 0 ? fmt::format("{:.{}f}", value, decimals) : "-";
}
std::string ms(double seconds) {
  return known(1e3 * seconds, 3);
}

void printTables(const TwinRecord& record) {
  std::cout << fmt::format("\n{:<24} {:>10} {:>22} {:>24} {:>10} {:>9} {:>9} {:>9}\n", "side", "ms per step",
                           "quartiles", "speed", "memory MB", "fwd ms", "bwd ms", "update ms");
  for (const TwinSideRecord& side : record.sides) {
    const SpeedUp s = speedUp(record, static_cast<std::size_t>(&side - record.sides.data()));
    std::cout << fmt::format(
        "{:<24} {:>10} {:>22} {:>24} {:>10} {:>9} {:>9} {:>9}\n", side.label, ms(side.timing.median),
        side.timing.steps > 0 ? ms(side.timing.low) + " to " + ms(side.timing.high) : "-",
        &side == &record.sides[0] ? "1"
        : s.ratio > 0             ? fmt::format("{:.2f}x ({:.2f} to {:.2f})", s.ratio, s.low, s.high)
                                  : "-",
        known(static_cast<double>(side.profile.memory.total()) / 1e6, 1), ms(side.profile.forward),
        ms(side.profile.backward), ms(side.profile.update));
  }
  if (!record.parity.empty())
    for (const SideParity& side : record.parity.back().sides) {
      std::cout << fmt::format(
          "\n{} vs. {}, with the same weights, before step {}\n{:<18} {:<34} {:>10} {:>10} {:>13}\n",
          record.sides[side.side].label, record.sides[0].label, record.parity.back().step, "layer", "tensor",
          "relative", "largest", "cosine");
      for (const TensorParity& t : side.tensors)
        std::cout << fmt::format("{:<18} {:<34} {:>10.1e} {:>10.1e} {:>13.9f}{}\n", t.layer, t.tensor,
                                 t.difference.relative, t.difference.largest, t.difference.cosine,
                                 t.beyondRounding ? "  beyond rounding" : "");
    }
  std::cout << '\n';
  for (const std::string& sentence : findings(record)) std::cout << "- " << sentence << '\n';
}

// What each side needed to reach the loss; null if it did not, or if the value is unknown.
json targetJson(const TwinRecord& record) {
  const std::optional<double> target = targetOf(record);
  if (!target || record.mode != TwinMode::Race) return nullptr;
  json line{{"loss", *target}, {"currency", record.tariff.currency}, {"sides", json::array()}};
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    json one{{"side", record.sides[k].label}, {"seconds", nullptr}, {"joules", nullptr}, {"cost", nullptr}};
    if (const auto reached = reach(record, k, *target)) {
      one["step"] = reached->step;
      one["seconds"] = reached->seconds;
      if (reached->joules) one["joules"] = *reached->joules;
      if (reached->money) one["cost"] = reached->money->amount;
    }
    line["sides"].push_back(std::move(one));
  }
  return line;
}

// "SIDE=MONEY": the side as given or as labelled, which may itself contain "=".
Result<std::vector<double>> pricesOf(const Options& options, const std::vector<SideSpec>& sides) {
  std::vector<double> prices(sides.size(), 0);
  for (const std::string& text : options.prices) {
    const std::size_t equals = text.rfind('=');
    const auto named = [&](const SideSpec& side) {
      const std::string name = text.substr(0, equals);
      return side.label == name || textOf(side) == name;
    };
    char* end = nullptr;
    const char* number = equals == std::string::npos ? "" : text.c_str() + equals + 1;
    const double price = std::strtod(number, &end);
    if (end == number || *end != '\0' || !(price >= 0 && price < 1e9))
      return invalid("a price must have the form SIDE=NUMBER, as in cuda:0=2.50", "--price " + text);
    if (std::ranges::none_of(sides, named))
      return invalid("does not name a side of this twin run", "--price " + text);
    for (std::size_t k = 0; k < sides.size(); ++k)
      if (named(sides[k])) prices[k] = price;
  }
  return prices;
}

json summaryJson(const TwinRecord& record) {
  json line{{"event", "summary"},
            {"mode", nameOf(record.mode)},
            {"sides", json::array()},
            {"findings", findings(record)}};
  for (const TwinSideRecord& side : record.sides) {
    const SpeedUp s = speedUp(record, static_cast<std::size_t>(&side - record.sides.data()));
    json one{{"side", side.label},
             {"seconds_per_step", side.timing.median},
             {"quartiles", {side.timing.low, side.timing.high}},
             {"steps", side.timing.steps + side.timing.warmUp},
             {"speed_up", s.ratio},
             {"loss", side.curve.loss.empty() ? json(nullptr) : finite(side.curve.loss.back())},
             {"memory", side.profile.memory.total()},
             {"seconds_of_a_step",
              {{"data_wait", side.dataWait},
               {"transfer", side.profile.transfer},
               {"forward", side.profile.forward},
               {"backward", side.profile.backward},
               {"update", side.profile.update},
               {"telemetry", side.profile.telemetry}}}};
    if (side.run > 0) one["run"] = side.run;
    if (side.joules) {
      one["joules"] = *side.joules;
      one["watts"] = side.meanWatts.value_or(0);
    } else if (!side.noEnergy.empty()) {
      one["no_energy"] = side.noEnergy;
    }
    if (side.metric) one["test_" + side.metricName] = *side.metric;
    if (!side.error.empty()) one["error"] = side.error;
    line["sides"].push_back(std::move(one));
  }
  if (json target = targetJson(record); !target.is_null()) line["target"] = std::move(target);
  for (const TwinCause& cause : record.causes)
    line["causes"].push_back({{"side", record.sides[cause.side].label},
                              {"step", cause.step},
                              {"layer", cause.cause.layer},
                              {"tensor", cause.cause.tensor},
                              {"op", cause.cause.op},
                              {"verdict", cause.cause.verdict}});
  return line;
}

// The largest relative difference of a loss to the reference's at the same step; infinite if a side has none.
double largestLossDifference(const TwinRecord& record) {
  const std::vector<double>& reference = record.sides[0].curve.loss;
  double largest = 0;
  for (const TwinSideRecord& side : record.sides) {
    if (side.curve.loss.size() != reference.size()) return INFINITY;
    for (std::size_t i = 0; i < reference.size(); ++i) {
      const double relative = std::abs(side.curve.loss[i] - reference[i]) / std::abs(reference[i]);
      largest = std::isnan(relative) ? INFINITY : std::max(largest, relative);
    }
  }
  return largest;
}

int conclude(const Options& options, const TwinRecord& record, int code) {
  json summary = summaryJson(record);
  if (!options.json) printTables(record);
  if (options.within) {
    const double largest = largestLossDifference(record);
    summary["largest_loss_difference"] = finite(largest);
    const std::string text =
        fmt::format("the losses of {} steps differ by at most {:.1e} (relative); allowed: {:.1e}",
                    record.sides[0].curve.loss.size(), largest, *options.within);
    if (largest > *options.within)
      code = report({ErrorCode::Numeric, text, {}, {}}, kRunFailed);
    else if (!options.json)
      std::cout << "- " << text << '\n';
  }
  const auto leave = [&](const std::optional<std::filesystem::path>& path, const char* what, auto write) {
    if (!path) return;
    if (const Status status = write(record, *path); !status.ok()) {
      code = report(status.error(), kRunFailed);
      return;
    }
    summary[what] = path->string();
    if (!options.json) std::cout << fmt::format("Wrote {}: {}\n", what, path->string());
  };
  leave(options.report, "report", writeHtmlReport);
  leave(options.record, "record", saveTwin);
  if (options.json) std::cout << jsonLine(summary) << std::endl;
  for (const TwinSideRecord& side : record.sides)
    if (!side.error.empty()) {
      std::cerr << "tandem: " << side.label << ": " << side.error << '\n';
      code = kRunFailed;
    }
  return code;
}

int runLockStep(const Options& options, const Project& project, std::shared_ptr<const Dataset> data,
                std::vector<SideSpec> sides) {
  constexpr std::int64_t kUsualSteps = 50;
  auto lockStep = LockStep::open(project, std::move(data), std::move(sides));
  if (!lockStep.ok()) return report(lockStep.error());
  if (!options.json)
    for (const std::string& note : (*lockStep)->notes()) std::cout << note << '\n';
  if (options.from) {
    const auto checkpoint = loadCheckpoint(*options.from);
    if (!checkpoint.ok()) return report(checkpoint.error());
    if (const Status fits = checkResumable(checkpoint->project, project, *options.from); !fits.ok())
      return report(fits.error());
    if (const Status restored = (*lockStep)->restore(*checkpoint); !restored.ok())
      return report(restored.error());
  }
  const Printer printer(**lockStep, options);
  LockStepRun run(project, std::move(*lockStep),
                  {options.steps > 0 ? options.steps : kUsualSteps, options.every});
  run.start();
  for (bool last = false; !last;) {
    last = run.finished();
    printer.steps(run.takeSteps());
    for (const ParityRecord& record : run.takeParity()) printer.parity(record);
    if (interrupted()) run.stop();
    if (!last) std::this_thread::sleep_for(kLook);
  }
  int code = interrupted() ? kRunFailed : kDone;
  if (const auto error = run.error()) code = report(*error, kRunFailed);
  return conclude(options, run.record(), code);
}

int runRace(const Options& options, const Project& project, const std::shared_ptr<const Dataset>& data,
            std::vector<SideSpec> sides) {
  if (!options.inTurn && sharesCores(sides) && !options.json)
    std::cout << "The sides together use more threads than there are cores, so they slow each other down.\n"
                 "Use --in-turn to run them one after another.\n";
  auto store = openOrCreateRecord(options.out);
  if (!store.ok()) return report(store.error());
  auto prices = pricesOf(options, sides);
  if (!prices.ok()) return report(prices.error());
  const RaceOptions how{options.steps, options.inTurn, options.tariff, std::move(*prices), options.target};
  auto race = Race::create(project, data, std::move(sides), **store, how);
  if (!race.ok()) return report(race.error());
  (*race)->start();
  std::vector<StepRecord> last((*race)->sides());
  auto printed = std::chrono::steady_clock::now();
  bool stopping = false;
  while (!(*race)->poll()) {
    std::string text;
    for (std::size_t k = 0; k < last.size(); ++k) {
      Telemetry* telemetry = (*race)->telemetry(k);
      if (!telemetry) continue;
      const std::int64_t before = last[k].step;
      while (telemetry->nextStep(last[k])) {
      }
      text +=
          fmt::format("  {}: step {} loss {:.4f}", (*race)->spec(k).label, last[k].step, last[k].values[0]);
      if (options.json && last[k].step != before)
        std::cout << jsonLine({{"event", "step"},
                               {"side", (*race)->spec(k).label},
                               {"step", last[k].step},
                               {"loss", finite(static_cast<double>(last[k].values[0]))}})
                  << std::endl;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!options.json && now - printed > std::chrono::seconds(isatty(STDOUT_FILENO) ? 1 : 5)) {
      std::cout << text << std::endl;
      printed = now;
    }
    if (interrupted() && !std::exchange(stopping, true)) (*race)->stop();
    std::this_thread::sleep_for(kLook);
  }
  return conclude(options, (*race)->record(), interrupted() ? kRunFailed : kDone);
}

int run(const Options& options) {
  installInterruptHandler();
  for (const auto* file : {&options.report, &options.record})
    if (*file)
      if (const Status target = checkTarget(**file, options.out); !target.ok()) return report(target.error());
  auto project = loadProject(options.file);
  if (!project.ok()) return report(project.error());
  options.length.applyTo(project->training);
  if (const Status status = options.settings.applyTo(*project, false); !status.ok())
    return report(status.error());
  if (options.from) project->training.initialWeights.clear();  // those of the checkpoint follow
  auto sides =
      parseSides(options.sides.empty() ? usualSides(DeviceRegistry::instance().devices()) : options.sides);
  if (!sides.ok()) return report(sides.error());
  if (const Status status = checkKernels(*sides); !status.ok()) return report(status.error());
  auto data = loadChecked(*project, [](double) { return !interrupted(); });
  if (!data.ok()) return report(data.error(), interrupted() ? kRunFailed : kBadInput);
  if (!options.json) {
    std::string names;
    for (const SideSpec& side : *sides) names += (names.empty() ? "" : " | ") + side.label;
    std::cout << fmt::format("Twin run of {}: {} ({}), batch {}, seed {}\n", project->name, names,
                             options.lockStep ? "lock-step" : "race", project->training.batch,
                             project->training.seed);
  }
  if (options.lockStep) return runLockStep(options, *project, std::move(*data), std::move(*sides));
  return runRace(options, *project, *data, std::move(*sides));
}

}  // namespace

namespace {

// An option that the other mode would ignore is rejected.
void ofRace(Command command, Option lockStep) {
  for (const char* name : {"--in-turn", "--epochs", "--tariff", "--currency", "--price", "--target", "--out"})
    command.find(name).excludes(lockStep);
}
void ofLockStep(Command command, Option lockStep) {
  for (const char* name : {"--every", "--within", "--from"}) command.find(name).needs(lockStep);
}

}  // namespace

void addTwin(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command = addCommand(
      app, chosen, "twin", "Run a project on two or more sides and explain how they differ", options, run);
  command.option("project", options->file, "Project file (.tandem)").required();
  command.option("--side", options->sides,
                 "A device and its options: cpu:2, cuda:0,bf16 or cpu:1,avoid=onednn. "
                 "Specify two or more; the first is the reference");
  Option lockStep =
      command.flag("--lock-step", options->lockStep,
                   "Compare the sides layer by layer on the same batches; otherwise they race at full speed");
  command
      .option("--steps", options->steps,
              "Steps of each side (default: 50 in lock-step, the project's epochs in a race)")
      .range(1, 1000000000);
  command.option("--every", options->every, "Lock-step: number of steps between comparisons")
      .range(1, 1000000);
  command
      .option("--within", options->within,
              "Lock-step: exit with code 1 if a loss differs from the reference by more than this (relative)")
      .range(0.0, 1e3);
  command.option("--from", options->from, "Lock-step: start from a checkpoint of this project");
  command.flag("--in-turn", options->inTurn, "Race: run the sides one after another");
  addLengthOptions(command, options->length, "Race: passes over the training data");
  addSettingOptions(command, options->settings);
  addWeightsOption(command, options->settings);
  command.option("--report", options->report, "Write an HTML page of the results");
  command.option("--record", options->record, "Export the twin run to a portable file (.tandemtwin)");
  command.option("--tariff", options->tariff.perKwh, "Race: electricity price per kWh (default: 0.30)")
      .range(0.0, 1e6);
  command.option("--currency", options->tariff.currency, "Race: currency of all prices (default: EUR)")
      .check([](const std::string& text) {
        return text.size() <= kLongestCurrency ? std::string()
                                               : fmt::format("is longer than {} bytes", kLongestCurrency);
      });
  command.option("--price", options->prices, "Race: hourly price of a side's device: cuda:0=2.50");
  command
      .option("--target", options->target,
              "Race: loss at which to compare time, energy and cost (default: the lowest all sides reach)")
      .finite();
  command.option("--out", options->out, "Race: folder of recorded runs (default: the lab's)");
  command.flag("--json", options->json, "Print one JSON object per line; the last is the summary");
  ofRace(command, lockStep);
  ofLockStep(command, lockStep);
}

}  // namespace tandem::cli
