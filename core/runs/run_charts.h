// The curves of runs as charts by step, for pictures and reports.
#pragma once

#include <filesystem>

#include "core/base/svg_chart.h"
#include "core/runs/run_store.h"

namespace tandem {

// One value that a run reports, thinned to what a chart can show.
struct ChartedValue {
  std::string name;        // "loss"
  ChartCurve raw, smooth;  // by step
  ChartCurve validation;   // by epoch, at its last step
};

// What charts need of a run: far less than its curves.
struct ChartedRun {
  std::string label;
  std::vector<ChartedValue> values;  // of the report, and the learning rate where it changed
  std::vector<ChartMark> marks;      // events, but no checkpoints: they are many and say little
};

ChartedRun charted(std::string label, const RunCurves& curves);

// A chart for each value that any of the runs reports, in their order. One run: raw and smoothed curve,
// validation in a colour of its own. Several: a colour each, validation dashed.
std::vector<Chart> chartsOf(const std::vector<ChartedRun>& runs);

// Loss and the first metric of one run as an SVG file.
Status writeCurvePicture(const std::string& title, const RunCurves& curves,
                         const std::filesystem::path& file);

}  // namespace tandem
