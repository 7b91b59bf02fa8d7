// The peak rates of a device, measured once and stored: the ceilings that achieved rates are compared with,
// and the basis of forecasts.
//
// The model is the roofline (Williams, Waterman, Patterson 2009): the time of an op is that of its
// arithmetic at the rate measured for its kind and size or that of its memory traffic, whichever is longer,
// and at least the time of an empty op.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime/backend.h"
#include "core/train/observer.h"
#include "core/twin/side.h"

namespace tandem {

// A measured rate by size, interpolated linearly in logarithms and constant beyond the ends.
struct RateCurve {
  std::vector<double> sizes, rates;  // increasing sizes
  double at(double size) const;
  double highest() const;
};

struct Calibration {
  std::string device;                          // keyOf(options)
  std::string machine;                         // name of the processor or GPU
  std::string when;                            // ISO 8601, UTC
  RateCurve matmul;                            // FLOP/s by FLOPs
  RateCurve conv2d, conv2dDgrad, conv2dWgrad;  // FLOP/s by reduction length (KH * KW * C)
  RateCurve stream;     // bytes/s of y = a + b by bytes moved: caches first, then memory
  double overhead = 0;  // seconds of an op on almost no data
  // FLOP/s of ops that have no curve. 0: not measured, and only their traffic counts. Not stored.
  double otherFlops = 0;

  double peakFlops() const;  // the highest of all rates
  double bandwidth() const;  // of the largest transfer
};

// "cpu:2, fp32", "cuda:0, bf16": the options that a calibration is valid for.
std::string keyOf(const DeviceOptions& options);

// Takes slightly longer than `seconds`. Reports progress in [0, 1]; returning false cancels.
Result<Calibration> calibrate(Backend& backend, const DeviceOptions& options, double seconds,
                              const std::function<bool(double)>& progress = {});

// The calibrations of this machine, in one JSON file. An unreadable file is an Error for loadCalibrations()
// and counts as empty for storedCalibration().
std::filesystem::path calibrationFile();  // next to the run database
Status saveCalibration(const Calibration& calibration, const std::filesystem::path& file = calibrationFile());
Result<std::vector<Calibration>> loadCalibrations(const std::filesystem::path& file = calibrationFile());
std::string toJson(const std::vector<Calibration>& calibrations);
Result<std::vector<Calibration>> calibrationsFromJson(std::string_view text, const std::string& source);
// The calibration for these options on this machine; one from another processor is ignored.
std::optional<Calibration> storedCalibration(const DeviceOptions& options, Backend& backend,
                                             const std::filesystem::path& file = calibrationFile());

// Predicted seconds of a training step by part and layer; memory is the plan's forecast.
ProfileRecord forecastStep(const Plan& plan, const Calibration& calibration);

// The seconds of that forecast by what bounds each op.
struct StepBounds {
  double compute = 0, memory = 0, launch = 0;
  std::string_view longest() const;  // "compute", "memory", "launch"
};
StepBounds forecastBounds(const Plan& plan, const Calibration& calibration);

// The rates that a layer achieves in training, forward and backward together.
struct LayerRate {
  std::string layer;
  double seconds = 0;
  double flops = 0, bytes = 0;  // per step
  std::string bound;            // "compute", "memory", "launch"; empty without a calibration
  double share = 0;             // fraction of that ceiling, 0 to about 1
};
std::vector<LayerRate> layerRates(const Plan& plan, const ProfileRecord& profile,
                                  const Calibration* calibration);

}  // namespace tandem
