#include "core/report/run_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/runs/run_events.h"
#include "core/text/spaced.h"

namespace tandem {
namespace {

constexpr std::size_t kColumns = 600;  // pixels of a curve
constexpr std::size_t kMaxMarks = 100;
constexpr double kPictureWidth = 860;

void append(ChartCurve& curve, std::int64_t step, float value) {
  curve.x.push_back(static_cast<double>(step));
  curve.y.push_back(static_cast<double>(value));
}

// An exponential moving average over about 1/50 of the curve, with the bias of its start corrected.
// Values that are not finite are left out.
ChartCurve smoothed(const ChartCurve& raw) {
  const double keep = 1 - 1.0 / std::max(1.0, static_cast<double>(raw.y.size()) / 50);
  ChartCurve out = raw;
  double sum = 0, weight = 0;
  for (double& y : out.y) {
    if (!std::isfinite(y)) continue;
    sum = keep * sum + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    y = sum / weight;
  }
  return out;
}

std::vector<ChartMark> marksOf(const RunCurves& curves) {
  std::vector<ChartMark> marks;
  for (const RunEvent& event : curves.events)
    if (event.kind != RunEventKind::Checkpoint && marks.size() < kMaxMarks)
      marks.push_back(
          {static_cast<double>(event.step), fmt::format("step {}: {}", event.step, textOf(event))});
  return marks;
}

void addCurves(Chart& chart, const ChartedRun& run, const ChartedValue& value, std::size_t color,
               bool single) {
  const auto add = [&](const ChartCurve& curve, std::string label, std::size_t index) -> ChartCurve& {
    chart.curves.push_back(curve);
    chart.curves.back().label = std::move(label);
    chart.curves.back().color = index;
    return chart.curves.back();
  };
  const bool validated = !value.validation.x.empty();
  if (single) {
    if (!value.raw.x.empty()) {
      add(value.raw, {}, color).faint = true;
      add(value.smooth, "training", color);
    }
    if (validated) add(value.validation, "validation", color + 1).dots = true;
    return;
  }
  if (!value.smooth.x.empty()) add(value.smooth, run.label, color);
  if (!validated) return;
  add(value.validation, value.smooth.x.empty() ? run.label : std::string(), color).dashed = true;
  chart.note = "dashed: validation";
}

}  // namespace

ChartedRun charted(std::string label, const RunCurves& curves) {
  ChartedRun run{std::move(label), {}, marksOf(curves)};
  for (const ReportSlot& slot : curves.slots) {
    const auto index = static_cast<std::size_t>(slot.slot);
    ChartedValue& value = run.values.emplace_back();
    value.name = slot.name;
    ChartCurve means;
    forEvenSpans(curves, [&](const StepSpan& span) {
      if (slot.evaluationOnly) return;
      append(means, span.mean.step, span.mean.values[index]);
      append(value.raw, span.first, span.least[index]);
      if (span.count > 1) append(value.raw, span.mean.step, span.greatest[index]);
    });
    for (const EpochRecord& epoch : curves.epochs)
      if (epoch.hasValidation && !slot.trainingOnly)
        append(value.validation, epoch.step, epoch.validation[index]);
    value.smooth = thinned(smoothed(means), kColumns);
    value.raw = thinned(value.raw, kColumns);
  }
  ChartCurve rates;
  forEvenSpans(curves, [&](const StepSpan& span) { append(rates, span.mean.step, span.mean.learningRate); });
  if (const auto [low, high] = std::ranges::minmax_element(rates.y); low != high && *low != *high) {
    ChartedValue& value = run.values.emplace_back();
    value.name = "learning rate";
    value.smooth = value.raw = thinned(rates, kColumns);
  }
  return run;
}

std::vector<Chart> chartsOf(const std::vector<ChartedRun>& runs) {
  std::vector<Chart> charts;
  const bool single = runs.size() == 1;
  for (std::size_t k = 0; k < runs.size(); ++k)
    for (const ChartedValue& value : runs[k].values) {
      const std::string title = spacedReport(value.name);
      auto chart = std::ranges::find(charts, title, &Chart::title);
      if (chart == charts.end()) {
        charts.emplace_back();
        chart = charts.end() - 1;
        chart->title = title;
        chart->axis = "step";
      }
      addCurves(*chart, runs[k], value, k, single);
      for (ChartMark mark : runs[k].marks) {
        if (!single) mark.text = runs[k].label + ", " + mark.text;
        mark.color = single ? 5 : k;
        chart->marks.push_back(std::move(mark));
      }
    }
  return charts;
}

Status writeCurvePicture(const std::string& title, const RunCurves& curves,
                         const std::filesystem::path& file) {
  std::vector<Chart> charts = chartsOf({charted({}, curves)});
  charts.resize(std::min<std::size_t>(charts.size(), 2));
  for (Chart& chart : charts) chart.width = kPictureWidth;
  return writeFileAtomically(file, svgPicture(title, charts));
}

}  // namespace tandem
