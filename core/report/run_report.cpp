#include "core/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/file.h"
#include "core/network/analysis.h"
#include "core/page/html_page.h"
#include "core/page/markup.h"
#include "core/report/class_tables.h"
#include "core/runs/run_events.h"

namespace tandem {
namespace {

using html::cell, html::headerRow;

constexpr std::size_t kEventRows = 200, kLayerRows = 500;  // rows of a table

std::string square(std::size_t index) {
  return fmt::format("<b style='color:{}'>&#9632;</b> ", chartColor(index));
}

// The rest of a paragraph that may start with the run's name.
std::string wordsOf(const RunInfo& info) {
  std::string line = fmt::format("{}, {}, {}", nameOf(info.state), info.device, info.started);
  if (!info.tags.empty()) line += "; tags: " + tagsText(info.tags);
  std::string out = fmt::format("<span class=m>{}</span></p>\n", escaped(line));
  if (!info.notes.empty()) out += fmt::format("<p class=notes>{}</p>\n", escaped(info.notes));
  return out;
}

// "filters 64, padding same": the settings that differ from the defaults.
std::string propertiesOf(const Layer& layer, const LayerDef& def) {
  std::string text;
  for (const auto& [key, value] : layer.properties.items()) {
    const Property* property = findProperty(def.properties, key);
    if (!property) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", property->label, propertyText(*property, value));
  }
  return text;
}

std::string networkTable(const Network& network) {
  const Analysis analysis = analyze(network);
  std::string out = "<div class=wide><table>" + headerRow({"Layer", "Kind", "Settings", "Output per sample",
                                                           "Parameters", "Non-trainable"});
  std::vector<LayerId> order;
  if (auto sorted = network.order(); sorted.ok()) order = std::move(*sorted);
  std::size_t rows = 0;
  for (const LayerId id : order) {
    if (++rows > kLayerRows) break;
    const Layer& layer = *network.find(id);
    const LayerDef& def = *findLayer(layer.type);
    const auto facts = analysis.layers.find(id);
    const bool known = facts != analysis.layers.end();
    std::string name = layer.name;
    std::string repeated;
    for (const Group* group : network.groupsAround(id))
      if (group->repeat > 1) repeated += (repeated.empty() ? "" : " > ") + group->name;
    if (!repeated.empty()) name += fmt::format(" ({} times, {})", network.occurrences(id), repeated);
    if (!layer.trainable && known && facts->second.untrained > 0) name += " (frozen)";
    out += "<tr>" + cell(name) + cell(def.label) + cell(propertiesOf(layer, def)) +
           cell(known && facts->second.output ? facts->second.outputText() : "-") +
           cell(known ? fmt::format("{}", facts->second.parameters) : "-", true) +
           cell(known ? fmt::format("{}", facts->second.untrained) : "-", true) + "</tr>\n";
  }
  out += fmt::format("<tr><td colspan=4><b>All {} layers</b></td>{}{}</tr>\n</table></div>\n", order.size(),
                     cell(fmt::format("{}", analysis.parameters), true),
                     cell(fmt::format("{}", analysis.untrained), true));
  if (rows > kLayerRows) out += fmt::format("<p class=m>Only the first {} are listed.</p>\n", kLayerRows);
  return out;
}

std::string eventsTable(const std::vector<RunEvent>& events) {
  std::size_t checkpoints = 0, rows = 0;
  std::int64_t last = 0;
  std::string out = "<table>" + headerRow({"Step", "Seconds", "Event"});
  for (const RunEvent& event : events) {
    if (event.kind == RunEventKind::Checkpoint) {
      ++checkpoints;
      last = event.step;
    } else if (++rows <= kEventRows) {
      out += fmt::format("<tr{}>", event.kind == RunEventKind::Error ? " class=bad" : "") +
             cell(fmt::format("{}", event.step), true) + cell(numberText(event.seconds), true) +
             cell(textOf(event)) + "</tr>\n";
    }
  }
  out = rows > 0 ? out + "</table>\n" : "";
  if (rows > kEventRows) out += fmt::format("<p class=m>{} more are not listed.</p>\n", rows - kEventRows);
  if (checkpoints > 0)
    out += fmt::format("<p>{} checkpoint{} recorded, the last after step {}.</p>\n", checkpoints,
                       checkpoints == 1 ? "" : "s", last);
  return out.empty() ? "<p class=m>None.</p>\n" : out;
}

// The value of each label in each run, if any, in the order in which the runs list them.
struct Row {
  std::string label;
  std::vector<const RunFact*> values;
  bool differs() const {
    return std::ranges::any_of(values, [&](const RunFact* each) {
      return !each != !values[0] || (each && each->value != values[0]->value);
    });
  }
};

std::vector<Row> rowsOf(const std::vector<const RunFacts*>& runs) {
  std::vector<Row> rows;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    std::size_t next = 0;  // a new label is inserted after its predecessor
    for (const RunFact& fact : runs[k]->facts) {
      auto row = std::ranges::find(rows, fact.label, &Row::label);
      if (row == rows.end()) {
        row = rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(next), Row{fact.label, {}});
        row->values.resize(runs.size());
      }
      row->values[k] = &fact;
      next = static_cast<std::size_t>(row - rows.begin()) + 1;
    }
  }
  return rows;
}

std::string textOf(const Row& row, bool marked) {
  std::string out = fmt::format("<tr{}><td class=l>{}{}</td>", marked ? " class=d" : "", marked ? "≠ " : "",
                                escaped(row.label));
  for (const RunFact* fact : row.values)
    out += fact ? cell(fact->value, fact->number && row.values.size() > 1) : cell("-");
  return out + "</tr>\n";
}

}  // namespace

void RunReport::add(const RecordedRun& run) {
  Entry& entry = entries_.emplace_back();
  entry.name = run.info.name;
  entry.words = wordsOf(run.info);
  entry.events = eventsTable(run.curves.events);
  for (const RunMatrix& matrix : matricesOf(run.info, run.curves)) entry.classes += classTables(matrix);
  auto project = projectFromJson(run.info.projectJson, "the project of the record");
  if (project.ok())
    entry.network = networkTable(project->network);
  else
    entry.network = fmt::format("<p class=m>{}</p>\n", escaped(project.error().text()));
  std::optional<Project> recorded;
  if (project.ok()) recorded = std::move(*project);
  entry.facts = factsOf(run, recorded);
  charts_.push_back(charted(run.info.name, run.curves));
}

std::string RunReport::title(std::size_t k) const {
  return (entries_.size() == 1 ? "" : square(k)) + escaped(entries_[k].name);
}

// One run: blocks in columns. Several: one table in which differing settings are marked.
std::string RunReport::facts() const {
  if (entries_.size() == 1) {
    std::string out = "<h2>Record</h2>\n<div class=columns>\n";
    for (const RunFacts& part : entries_[0].facts) {
      if (part.facts.empty()) continue;
      out += fmt::format("<div><h3>{}</h3><table>\n", escaped(part.title));
      for (const Row& row : rowsOf({&part})) out += textOf(row, false);
      out += "</table></div>\n";
    }
    return out + "</div>\n";
  }
  bool any = false;
  std::string table = "<table><thead><tr><th></th>";
  for (std::size_t k = 0; k < entries_.size(); ++k) table += "<th>" + title(k) + "</th>";
  table += "</tr></thead>\n";
  for (std::size_t part = 0; part < entries_[0].facts.size(); ++part) {
    std::vector<const RunFacts*> runs;
    for (const Entry& entry : entries_) runs.push_back(&entry.facts[part]);
    std::string rows;
    for (const Row& row : rowsOf(runs)) {
      const bool marked = runs[0]->given && row.differs();
      rows += textOf(row, marked);
      any = any || marked;
    }
    if (!rows.empty())
      table += fmt::format("<tbody><tr><th colspan={}><h3>{}</h3></th></tr>\n{}</tbody>\n", runs.size() + 1,
                           escaped(runs[0]->title), rows);
  }
  return fmt::format("<h2>Side by side</h2>\n{}<div class=wide>{}</table></div>\n",
                     any ? "<p class=m>Settings that differ are marked with ≠.</p>\n" : "", table);
}

std::string RunReport::classes() const {
  std::string out;
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    if (entries_[k].classes.empty()) continue;
    if (entries_.size() > 1) out += "<h3>" + title(k) + "</h3>\n";
    out += entries_[k].classes;
  }
  return out.empty() ? out : "<h2>Classes</h2>\n" + out;
}

std::string RunReport::networks() const {
  std::string out = "<h2>Network</h2>\n";
  std::vector<bool> shown(entries_.size());
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    if (shown[k]) continue;
    std::string names;  // of all runs that trained this network
    for (std::size_t other = k; other < entries_.size(); ++other) {
      if (entries_[other].network != entries_[k].network) continue;
      shown[other] = true;
      names += (names.empty() ? "" : ", ") + title(other);
    }
    if (entries_.size() > 1) out += "<h3>" + names + "</h3>\n";
    out += entries_[k].network;
  }
  return out;
}

std::string RunReport::page() const {
  const bool single = entries_.size() == 1;
  std::string out, curves, events = "<h2>Events</h2>\n";
  for (const Chart& chart : chartsOf(charts_)) curves += svgChart(chart);
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    out += "<p>" + (single ? "" : title(k) + " ") + entries_[k].words;
    if (!single) events += "<h3>" + title(k) + "</h3>\n";
    events += entries_[k].events;
  }
  out += curves.empty() ? "<p class=m>No steps were recorded.</p>\n" : "<h2>Curves</h2>\n" + curves;
  return html::page(single ? "Run: " + entries_[0].name : fmt::format("{} runs compared", entries_.size()),
                    out + classes() + facts() + networks() + events);
}

Result<std::string> runReport(const RunStore& store, std::span<const std::int64_t> ids) {
  if (ids.empty() || ids.size() > RunReport::kMaxRuns)
    return invalid(fmt::format("a report covers 1 to {} runs, not {}", RunReport::kMaxRuns, ids.size()));
  RunReport report;
  for (const std::int64_t id : ids) {
    RecordedRun run;
    TANDEM_ASSIGN(run.info, store.info(id));
    TANDEM_ASSIGN(run.curves, store.curves(id));
    report.add(run);
  }
  return report.page();
}

Status writeRunReport(const RunStore& store, std::span<const std::int64_t> ids,
                      const std::filesystem::path& file) {
  TANDEM_ASSIGN(const std::string page, runReport(store, ids));
  return writeFileAtomically(file, page);
}

}  // namespace tandem
