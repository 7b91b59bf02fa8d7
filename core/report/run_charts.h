// The curves of runs as charts by step, for pictures and reports.
#pragma once

#include <filesystem>

#include "core/page/svg_chart.h"
#include "core/runs/run_store.h"

namespace tandem {

// One value that a run reports, thinned to the resolution of a chart.
struct ChartedValue {
  std::string name;        // "loss"
  ChartCurve raw, smooth;  // by step
  ChartCurve validation;   // by epoch, at its last step
};

// The data of a run that charts need, which is much smaller than its curves.
struct ChartedRun {
  std::string label;
  std::vector<ChartedValue> values;  // reported values, and the learning rate if it changed
  std::vector<ChartMark> marks;      // events without checkpoints, of which there are many
};

ChartedRun charted(std::string label, const RunCurves& curves);

// One chart for each value that any of the runs reports. For a single run: raw and smoothed curve, validation
// in a separate colour. For several runs: one colour per run, validation dashed.
std::vector<Chart> chartsOf(const std::vector<ChartedRun>& runs);

// Loss and the first metric of one run as an SVG file.
Status writeCurvePicture(const std::string& title, const RunCurves& curves,
                         const std::filesystem::path& file);

}  // namespace tandem
