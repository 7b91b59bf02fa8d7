#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/interrupt.h"
#include "app/cli/setting_options.h"
#include "core/runs/run_job.h"
#include "core/twin/crossover.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path file;
  std::vector<std::string> sides;
  std::vector<std::int64_t> batches;
  std::vector<double> widths;
  double seconds = 0.5;
  SettingOptions settings;
  bool json = false;
};

void print(const Crossover& c) {
  std::cout << fmt::format("{:>10}", c.axis == SweepAxis::Batch ? "batch" : "width");
  for (const std::string& label : c.labels) std::cout << fmt::format("  {:>34}", label + ", samples/s");
  for (std::size_t k = 1; k < c.labels.size(); ++k) std::cout << fmt::format("  {:>10}", "ratio");
  std::cout << '\n';
  for (const SweepPoint& point : c.points) {
    std::cout << fmt::format("{:>10g}", point.x);
    for (const SweepSide& side : point.sides)
      std::cout << fmt::format(
          "  {:>34}", side.error.empty() ? fmt::format("{} ({} to {})", countText(side.samplesPerSecond),
                                                       countText(side.low), countText(side.high))
                                         : "-");
    for (std::size_t k = 1; k < c.labels.size(); ++k)
      std::cout << fmt::format("  {:>9.2f}x", speedUp(point.sides[0].timing, point.sides[k].timing).ratio);
    std::cout << '\n';
    for (std::size_t k = 0; k < c.labels.size(); ++k)
      if (!point.sides[k].error.empty())
        std::cout << fmt::format("{:>10}  {}: {}\n", "", c.labels[k], point.sides[k].error);
  }
  for (const std::string& sentence : sentences(c)) std::cout << "- " << sentence << '\n';
}

nlohmann::json toJson(const Crossover& c) {
  nlohmann::json line{{"event", "summary"},
                      {"axis", c.axis == SweepAxis::Batch ? "batch" : "width"},
                      {"sides", c.labels},
                      {"points", nlohmann::json::array()},
                      {"crossings", nlohmann::json::array()},
                      {"sentences", sentences(c)}};
  for (const SweepPoint& point : c.points) {
    nlohmann::json one{{"x", point.x}, {"sides", nlohmann::json::array()}};
    for (const SweepSide& side : point.sides) {
      nlohmann::json figures{{"samples_per_second", side.samplesPerSecond},
                             {"low", side.low},
                             {"high", side.high},
                             {"seconds_per_step", side.timing.median}};
      if (!side.error.empty()) figures["error"] = side.error;
      for (const auto& layer : side.profile.layers)
        figures["layers"][layer.layer] = layer.forward + layer.backward;
      one["sides"].push_back(std::move(figures));
    }
    line["points"].push_back(std::move(one));
  }
  for (const Crossing& crossing : c.crossings)
    line["crossings"].push_back({{"what", crossing.what},
                                 {"side", c.labels[crossing.side]},
                                 {"at", crossing.at},
                                 {"faster_above", crossing.fasterAbove}});
  return line;
}

int run(const Options& options) {
  installInterruptHandler();
  auto project = loadProject(options.file);
  if (!project.ok()) return report(project.error());
  if (const Status status = options.settings.applyTo(*project, false); !status.ok())
    return report(status.error());
  const auto sides =
      parseSides(options.sides.empty() ? std::vector<std::string>{"cpu:1", "cpu"} : options.sides);
  if (!sides.ok()) return report(sides.error());
  if (const Status status = checkKernels(*sides); !status.ok()) return report(status.error());
  const auto data = loadChecked(*project, [](double) { return !interrupted(); });
  if (!data.ok()) return report(data.error(), interrupted() ? kRunFailed : kBadInput);
  SweepOptions sweep;
  sweep.secondsPerSide = options.seconds;
  if (!options.widths.empty()) {
    sweep.axis = SweepAxis::Width;
    sweep.values = options.widths;
  } else if (!options.batches.empty()) {
    sweep.values.assign(options.batches.begin(), options.batches.end());
  } else {
    sweep.values = {1, 4, 16, 64, 256};
  }
  const bool bar = isatty(STDOUT_FILENO) && !options.json;
  const auto result = findCrossover(*project, *data, *sides, sweep, [&](double done) {
    if (bar) std::cout << fmt::format("\rmeasuring {:3.0f}%", 100 * done) << std::flush;
    return !interrupted();
  });
  if (bar) std::cout << "\r                \r";
  if (!result.ok()) return report(result.error(), interrupted() ? kRunFailed : kBadInput);
  if (options.json)
    std::cout << jsonLine(toJson(*result)) << std::endl;
  else
    print(*result);
  bool any = false;
  for (const SweepPoint& point : result->points)
    for (const SweepSide& side : point.sides) any = any || side.error.empty();
  return any ? kDone : kRunFailed;
}

}  // namespace

void addCrossover(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "crossover", "Find the batch size or width at which one side overtakes another",
                 options, run);
  command.option("project", options->file, "Project file (.tandem)").required();
  command.option("--side", options->sides,
                 "A device and its options; specify two or more (default: cpu:1 and cpu)");
  const Option batches =
      command.option("--batches", options->batches, "Batch sizes, e.g. 1,8,64,512 (default: 1 to 256)")
          .separatedBy(',')
          .range(1, 1 << 20);
  command
      .option("--widths", options->widths,
              "Factors for the units and filters of hidden layers, e.g. 0.5,1,2,4")
      .separatedBy(',')
      .range(0.01, 1000.0)
      .excludes(batches);
  command.option("--seconds", options->seconds, "Approximate measuring time per side and point")
      .range(0.01, 600.0);
  addSettingOptions(command, options->settings);
  command.flag("--json", options->json, "Print one JSON object");
}

}  // namespace tandem::cli
