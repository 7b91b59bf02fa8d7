#include "core/report/twin_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/page/html_page.h"
#include "core/page/markup.h"
#include "core/page/svg_chart.h"
#include "core/text/units.h"
#include "core/twin/findings.h"
#include "core/twin/target.h"

namespace tandem {
namespace {

using html::cell, html::headerRow;

// Plots the loss of all sides over one column of their curves; empty if no side has it.
std::string curvePlot(const TwinRecord& record, const std::string& label, CurveAxis axis) {
  Chart chart;
  chart.axis = label;
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    ChartCurve& curve = chart.curves.emplace_back();
    curve.color = k;
    curve.x = axisColumn(record, k, axis);
    curve.y = record.sides[k].curve.loss;
    curve.y.resize(curve.x.size());  // a column that was not measured is empty
  }
  return svgChart(chart);
}

std::string sidesTable(const TwinRecord& record) {
  std::string out = "<table>" + headerRow({"Side", "ms per step", "quartiles", "speed", "samples/s",
                                           "forward ms", "backward ms", "update ms", "data wait ms",
                                           "copy to device ms", "telemetry ms", "memory MB", "last loss"});
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    const TwinSideRecord& s = record.sides[k];
    const StepTiming& t = s.timing;
    const SpeedUp speed = speedUp(record, k);
    const double perSecond = t.median > 0 ? static_cast<double>(s.batch) / t.median : 0;
    out +=
        fmt::format("<tr><td><b style='color:{}'>&#9632;</b>&nbsp;{}</td>", chartColor(k), escaped(s.label));
    for (const std::string& text :
         {fmt::format("{:.3f}", 1e3 * t.median), fmt::format("{:.3f} to {:.3f}", 1e3 * t.low, 1e3 * t.high),
          k == 0 ? std::string("1")
                 : fmt::format("{:.2f}x ({:.2f} to {:.2f})", speed.ratio, speed.low, speed.high),
          fmt::format("{:.0f}", perSecond), fmt::format("{:.3f}", 1e3 * s.profile.forward),
          fmt::format("{:.3f}", 1e3 * s.profile.backward), fmt::format("{:.3f}", 1e3 * s.profile.update),
          fmt::format("{:.3f}", 1e3 * s.dataWait), fmt::format("{:.3f}", 1e3 * s.profile.transfer),
          fmt::format("{:.4f}", 1e3 * s.profile.telemetry),
          fmt::format("{:.1f}", static_cast<double>(s.profile.memory.total()) / 1e6),
          s.curve.loss.empty() ? std::string("-") : fmt::format("{:.5g}", s.curve.loss.back())})
      out += cell(text, true);
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string energyTable(const TwinRecord& record) {
  if (record.mode != TwinMode::Race) return {};
  const auto target = targetOf(record);
  const std::string to = target ? fmt::format("to loss {:.3g}: ", *target) : "to the loss: ";
  std::string out = "<h2>Time, energy and cost</h2><table>" +
                    headerRow({"Side", "energy", "mean power W", "energy per step", to + "steps", "seconds",
                               "energy", "cost"});
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    const TwinSideRecord& s = record.sides[k];
    const auto reached = target ? reach(record, k, *target) : std::nullopt;
    const std::size_t steps = s.timing.steps + s.timing.warmUp;
    const std::string missing = s.noEnergy.empty() ? "not measured" : "not measured: " + s.noEnergy;
    out +=
        fmt::format("<tr><td><b style='color:{}'>&#9632;</b>&nbsp;{}</td>", chartColor(k), escaped(s.label));
    out += cell(s.joules ? joulesText(*s.joules) : missing, s.joules.has_value());
    out += cell(s.joules ? fmt::format("{:.1f}", s.meanWatts.value_or(0)) : "-", true);
    out += cell(s.joules && steps > 0 ? joulesText(*s.joules / static_cast<double>(steps)) : "-", true);
    out += cell(reached ? fmt::format("{}", reached->step) : target ? "never" : "-", true);
    out += cell(reached ? fmt::format("{:.3g}", reached->seconds) : "-", true);
    out += cell(reached && reached->joules ? joulesText(*reached->joules) : "-", true);
    out +=
        cell(reached && reached->money ? moneyText(record.tariff, *reached->money) : "-", true) + "</tr>\n";
  }
  out += fmt::format(
      "</table>\n<p class=m>Energy as reported by the device (CPU: packages and memory; GPU: board), "
      "excluding the rest of the machine. Electricity at {:.4g} {} per kWh",
      record.tariff.perKwh, escaped(record.tariff.currency));
  for (const TwinSideRecord& s : record.sides)
    if (s.pricePerHour > 0)
      out += fmt::format("; {} at {:.4g} {} per hour", escaped(s.label), s.pricePerHour,
                         escaped(record.tariff.currency));
  return out + ".</p>\n";
}

std::string layersTable(const TwinRecord& record) {
  double longest = 0;
  for (const TwinSideRecord& side : record.sides)
    for (const auto& layer : side.profile.layers) longest = std::max(longest, layer.forward + layer.backward);
  if (longest <= 0) return {};
  std::string out = "<h2>Time by layer</h2><table>" +
                    headerRow({"Layer", "Side", "forward ms", "backward ms", "GFLOP/s", "GB/s", "bound", ""});
  for (const auto& layer : record.sides[0].profile.layers)
    for (std::size_t k = 0; k < record.sides.size(); ++k)
      for (const auto& mine : record.sides[k].profile.layers) {
        if (mine.layer != layer.layer) continue;
        const auto rate = std::ranges::find(record.sides[k].rates, mine.layer, &LayerRate::layer);
        std::string flops = "-", bytes = "-", bound = "-";
        if (rate != record.sides[k].rates.end() && rate->seconds > 0) {
          flops = fmt::format("{:.1f}", rate->flops / rate->seconds / 1e9);
          bytes = fmt::format("{:.1f}", rate->bytes / rate->seconds / 1e9);
          if (!rate->bound.empty()) bound = fmt::format("{}, {:.0f}%", rate->bound, 100 * rate->share);
        }
        const double width = 260 * (mine.forward + mine.backward) / longest;
        out += fmt::format(
            "<tr>{}{}{}{}{}{}{}<td><div class=bar style='width:{:.1f}px;background:{}'></div></td></tr>\n",
            cell(k == 0 ? mine.layer : ""), cell(record.sides[k].label),
            cell(fmt::format("{:.4f}", 1e3 * mine.forward), true),
            cell(fmt::format("{:.4f}", 1e3 * mine.backward), true), cell(flops, true), cell(bytes, true),
            cell(bound), width, chartColor(k));
      }
  return out + "</table>\n";
}

std::string parityTable(const TwinRecord& record) {
  if (record.parity.empty()) return {};
  const ParityRecord& last = record.parity.back();
  std::string out = fmt::format("<h2>Parity before step {}, with the same weights</h2>\n", last.step);
  for (const SideParity& side : last.sides) {
    out += fmt::format("<h3>{} vs. {} (tolerance {:.0e})</h3><table>", escaped(record.sides[side.side].label),
                       escaped(record.sides[0].label), side.tolerance) +
           headerRow({"Layer", "Tensor", "Shape", "relative", "cosine", "largest", "non-finite"});
    for (const TensorParity& t : side.tensors)
      out += fmt::format("<tr{}>{}{}{}{}{}{}{}</tr>\n", t.beyondRounding ? " class=bad" : "", cell(t.layer),
                         cell(t.tensor), cell(t.shape.text()),
                         cell(fmt::format("{:.2e}", t.difference.relative), true),
                         cell(fmt::format("{:.9f}", t.difference.cosine), true),
                         cell(fmt::format("{:.2e}", t.difference.largest), true),
                         cell(fmt::format("{}", t.difference.nonFinite), true));
    out += "</table>\n";
  }
  return out;
}

std::string causesTable(const TwinRecord& record) {
  std::string out;
  for (const TwinCause& cause : record.causes) {
    out += fmt::format("<h2>Why {} differs: {}, {}</h2><p>{}</p><table>",
                       escaped(record.sides[cause.side].label), escaped(cause.cause.layer),
                       escaped(cause.cause.tensor), escaped(cause.cause.verdict)) +
           headerRow({"Rerun with", "deviation from double precision", "largest", ""});
    for (const Alternative& a : cause.cause.alternatives)
      out +=
          fmt::format("<tr>{}{}{}{}</tr>\n", cell(a.label),
                      cell(a.refused.empty() ? fmt::format("{:.2e}", a.relative) : "", true),
                      cell(a.refused.empty() ? fmt::format("{:.2e}", a.largest) : "", true), cell(a.refused));
    out += "</table>\n";
  }
  return out;
}

}  // namespace

std::string htmlReport(const TwinRecord& record) {
  std::string out = fmt::format("<p class=m>{}, {}, batch {}, seed {}</p>\n<ul>\n", nameOf(record.mode),
                                escaped(record.started), record.batch, record.seed);
  for (const std::string& sentence : findings(record)) out += "<li>" + escaped(sentence) + "</li>\n";
  out +=
      "</ul>\n" + sidesTable(record) + "<h2>Loss</h2>\n" + curvePlot(record, "by step", CurveAxis::Step) +
      curvePlot(record, "by epoch", CurveAxis::Epoch) + curvePlot(record, "by seconds", CurveAxis::Seconds) +
      curvePlot(record, "by joules", CurveAxis::Joules) +
      curvePlot(record, "by cost (" + record.tariff.currency + ")", CurveAxis::Money) + energyTable(record) +
      causesTable(record) + layersTable(record) + parityTable(record) + "<h2>Environment</h2><table>";
  for (const auto& [label, value] : record.environment) out += "<tr>" + cell(label) + cell(value) + "</tr>\n";
  return html::page("Twin run: " + record.name, out + "</table>");
}

Status writeHtmlReport(const TwinRecord& record, const std::filesystem::path& file) {
  return writeFileAtomically(file, htmlReport(record));
}

}  // namespace tandem
