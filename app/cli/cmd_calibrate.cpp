#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/interrupt.h"
#include "core/runtime/registry.h"
#include "core/twin/calibration.h"

namespace tandem::cli {
namespace {

struct Options {
  std::vector<std::string> sides;
  double seconds = 30;
  bool json = false;
};

void print(const Calibration& c) {
  const auto curve = [](const char* name, const RateCurve& rates, const char* size, const char* unit) {
    std::cout << fmt::format("  {:<14}", name);
    for (std::size_t i = 0; i < rates.sizes.size(); ++i)
      std::cout << fmt::format("{}{:.1f}{}", i ? "  " : "", rates.rates[i] / 1e9,
                               i + 1 == rates.sizes.size() ? unit : "");
    std::cout << fmt::format("  (by {}, {} to {})\n", size, countText(rates.sizes.front()),
                             countText(rates.sizes.back()));
  };
  std::cout << fmt::format("{} on {}\n", c.device, c.machine);
  curve("matmul", c.matmul, "FLOPs", " GFLOP/s");
  curve("conv2d", c.conv2d, "reduction length", " GFLOP/s");
  curve("conv2d dgrad", c.conv2dDgrad, "reduction length", " GFLOP/s");
  curve("conv2d wgrad", c.conv2dWgrad, "reduction length", " GFLOP/s");
  curve("y = a + b", c.stream, "bytes", " GB/s");
  std::cout << fmt::format("  peak {:.1f} GFLOP/s, memory {:.1f} GB/s, op overhead {:.2f} us\n",
                           c.peakFlops() / 1e9, c.bandwidth() / 1e9, 1e6 * c.overhead);
}

int run(const Options& options) {
  installInterruptHandler();
  const bool bar = isatty(STDOUT_FILENO) && !options.json;
  for (const std::string& text : options.sides.empty() ? std::vector<std::string>{"cpu"} : options.sides) {
    const auto side = parseSide(text);
    if (!side.ok()) return report(side.error());
    const auto backend = DeviceRegistry::instance().backendFor(side->device.device);
    if (!backend.ok()) return report(backend.error());
    const auto result = calibrate(**backend, side->device, options.seconds, [&](double done) {
      if (bar) std::cout << fmt::format("\rcalibrating {} {:3.0f}%", side->label, 100 * done) << std::flush;
      return !interrupted();
    });
    if (bar) std::cout << "\r                                        \r";
    if (!result.ok()) return report(result.error(), kRunFailed);
    if (const Status kept = saveCalibration(*result); !kept.ok()) return report(kept.error(), kRunFailed);
    if (options.json)
      std::cout << jsonLine({{"event", "calibration"},
                             {"device", result->device},
                             {"machine", result->machine},
                             {"peak_flops", result->peakFlops()},
                             {"bandwidth", result->bandwidth()},
                             {"overhead", result->overhead},
                             {"file", calibrationFile().string()}})
                << std::endl;
    else
      print(*result);
  }
  if (!options.json) std::cout << "Saved to " << calibrationFile().string() << '\n';
  return kDone;
}

}  // namespace

void addCalibrate(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "calibrate",
                 "Measure the peak rates of a device, for forecasts and comparisons", options, run);
  command.option("--side", options->sides, "Device and options: cpu:2, cuda:0,bf16 (default: cpu)");
  command.option("--seconds", options->seconds, "Approximate duration").range(0.1, 3600.0);
  command.flag("--json", options->json, "Print one JSON object per device");
}

}  // namespace tandem::cli
