// What a device does at most, measured once and kept: the ceilings that achieved rates are held against,
// and the basis of forecasts.
//
// The model is the roofline (Williams, Waterman, Patterson 2009): an op takes as long as its arithmetic at
// the rate measured for its kind and size, or as its memory traffic, whichever is longer, and at least
// the time of an op that does nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/runtime/backend.h"
#include "core/train/observer.h"
#include "core/twin/side.h"

namespace tandem {

// A measured rate by size; between two sizes on a straight line in logarithms, beyond the ends constant.
struct RateCurve {
  std::vector<double> sizes, rates;  // rising sizes
  double at(double size) const;
  double highest() const;
};

struct Calibration {
  std::string device;                          // keyOf(options)
  std::string machine;                         // name of the processor or GPU
  std::string when;                            // ISO 8601, UTC
  RateCurve matmul;                            // FLOP/s by FLOPs
  RateCurve conv2d, conv2dDgrad, conv2dWgrad;  // FLOP/s by the length of a sum (KH * KW * C)
  RateCurve stream;     // bytes/s of y = a + b by bytes moved: caches first, then memory
  double overhead = 0;  // seconds of an op on next to nothing

  double peakFlops() const;  // the highest rate of any
  double bandwidth() const;  // of the largest transfer
};

// "cpu:2, fp32", "cuda:0, bf16": what a calibration holds for.
std::string keyOf(const DeviceOptions& options);

// Takes `seconds` or somewhat more. Reports progress in [0, 1]; false cancels.
Result<Calibration> calibrate(Backend& backend, const DeviceOptions& options, double seconds,
                              const std::function<bool(double)>& progress = {});

// The calibrations of this machine, in one JSON file. A file that cannot be read counts as an Error when
// it is asked for by name, and as empty by usualCalibration().
std::filesystem::path calibrationFile();  // beside the record of runs
Status keepCalibration(const Calibration& calibration, const std::filesystem::path& file = calibrationFile());
Result<std::vector<Calibration>> loadCalibrations(const std::filesystem::path& file = calibrationFile());
// For these options on this machine: one made on another processor is not taken.
std::optional<Calibration> usualCalibration(const DeviceOptions& options, Backend& backend,
                                            const std::filesystem::path& file = calibrationFile());

// Predicted seconds of a training step, by part and by layer; memory is the plan's forecast.
ProfileRecord forecastStep(const Plan& plan, const Calibration& calibration);

// What a layer achieves in training, forward and backward together.
struct LayerRate {
  std::string layer;
  double seconds = 0;
  double flops = 0, bytes = 0;  // of a step
  std::string bound;            // "compute", "memory", "launch"; empty without a calibration
  double share = 0;             // of that ceiling, 0 to about 1
};
std::vector<LayerRate> layerRates(const Plan& plan, const ProfileRecord& profile,
                                  const Calibration* calibration);

}  // namespace tandem
