#include "core/report/run_report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/file.h"
#include "tests/unit/recorded_run.h"

namespace tandem {
namespace {

std::string pageOf(const std::vector<RecordedRun>& runs) {
  RunReport report;
  for (const RecordedRun& run : runs) report.add(run);
  return report.page();
}

RecordedRun recordOf(const Store& store, std::int64_t id) {
  return {store.store->info(id).value(), store.store->curves(id).value()};
}

// A run with everything that a report shows.
std::int64_t richRun(Store& store, const std::string& name = "Net") {
  auto recorder = store.begin(name);
  recorder->onStart(planWithSlots());
  for (std::int64_t i = 1; i <= 300; ++i) {
    StepRecord step = stepRecord(i);
    step.wallSeconds = static_cast<double>(i) * 0.0023456789;
    step.dataWaitSeconds = i % 3 == 0 ? 3e-4f : 0;
    recorder->onStep(step);
    if (i % 100 == 0) recorder->onEvent({.what = epochEnd(static_cast<std::int32_t>(i / 100))});
  }
  ProfileRecord profile;
  profile.step = 16;
  profile.forward = 0.00123456;
  profile.backward = 0.00234567;
  profile.update = 0.000345678;
  profile.memory.weights = 1'234'567;
  recorder->onProfile(profile);
  recorder->onEvent({.step = 120, .what = RateChange{.text = "0.0005", .byHand = true}});
  recorder->onEvent({.step = 150, .what = StateChange{TrainState::Paused}});
  recorder->onEvent({.step = 150, .what = StateChange{TrainState::Running}});  // not reported
  recorder->onEvent({.step = 200, .what = CheckpointWritten{"/some/folder/checkpoint.h5"}});
  recorder->onEvent({.step = 200, .what = Error{ErrorCode::Io, "disk full", {}, {}}});
  TrainResult result;
  result.state = TrainState::Finished;
  result.steps = 300;
  result.epochs = 3;
  result.seconds = 12.3456;
  result.samplesPerSecond = 9876.54;
  result.slots = planWithSlots().report;
  result.test[1] = 0.87654f;
  result.hasTest = true;
  result.energy = RunEnergy{432.1, 12};
  EXPECT_TRUE(recorder->finish(result).ok());
  return recorder->id();
}

// The value of a label in the table of one run.
std::string valueOf(const std::string& page, const std::string& label) {
  const std::string before = "<td class=l>" + label + "</td><td>";
  const std::size_t at = page.find(before);
  if (at == std::string::npos) return "(not there)";
  const std::size_t begin = at + before.size();
  return page.substr(begin, page.find("</td>", begin) - begin);
}

std::string digits(double value) {
  return fmt::format("{:.6g}", value);
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(RunReport, ItsNumbersMatchTheRecord) {
  Store store;
  const RecordedRun run = recordOf(store, richRun(store));
  const std::string page = pageOf({run});
  const RunCurves& curves = run.curves;
  ASSERT_EQ(curves.epochs.size(), 3u);
  EXPECT_EQ(valueOf(page, "state"), "finished");
  EXPECT_EQ(valueOf(page, "steps"), "300");
  EXPECT_EQ(valueOf(page, "epochs"), "3");
  EXPECT_EQ(valueOf(page, "time"), digits(run.info.seconds) + " s");
  EXPECT_EQ(valueOf(page, "samples/s"), digits(run.info.samplesPerSecond));
  EXPECT_EQ(valueOf(page, "energy of the device"), digits(*run.info.joules) + " J");
  EXPECT_EQ(valueOf(page, "test accuracy"), digits(*run.info.testMetric));
  EXPECT_EQ(valueOf(page, "training loss, last step"),
            digits(static_cast<double>(curves.steps.back().values[0])));
  EXPECT_EQ(valueOf(page, "training loss, last epoch"),
            digits(static_cast<double>(curves.epochs.back().train[0])));
  EXPECT_EQ(valueOf(page, "training loss, best epoch"),
            digits(static_cast<double>(curves.epochs[2].train[0])) + " (epoch 3)");
  EXPECT_EQ(valueOf(page, "validation loss, last epoch"), "0.75");
  EXPECT_EQ(valueOf(page, "validation loss, best epoch"), "0.75 (epoch 1)");  // the first of equals
  EXPECT_EQ(valueOf(page, "training gradient norm, last step"), "3");
  EXPECT_EQ(valueOf(page, "validation gradient norm, last epoch"), "(not there)");  // of training only
  // Epochs of 100 steps; the time from one result to the next, and the mean of all waits.
  EXPECT_EQ(valueOf(page, "step time (median)"), "2.34568 ms");
  EXPECT_EQ(valueOf(page, "waiting for data (mean)"), "0.1 ms");
  EXPECT_EQ(valueOf(page, "forward (median)"), "1.23456 ms");
  EXPECT_EQ(valueOf(page, "backward (median)"), "2.34567 ms");
  EXPECT_EQ(valueOf(page, "update (median)"), "0.345678 ms");
  EXPECT_EQ(valueOf(page, "memory: weights"), "1.23457 MB");
  // Settings and data of the project.
  const Project project = projectFromJson(run.info.projectJson, "record").value();
  EXPECT_EQ(valueOf(page, "batch"), std::to_string(project.training.batch));
  EXPECT_EQ(valueOf(page, "seed"), std::to_string(project.training.seed));
  EXPECT_EQ(valueOf(page, "optimizer"), project.training.optimizer.def().type);
  EXPECT_EQ(valueOf(page, "optimizer: learning rate"),
            fmt::format("{}", project.training.optimizer.number(kLearningRate)));
  EXPECT_EQ(valueOf(page, "fingerprint"), run.info.data);
  for (const auto& [label, value] : run.info.environment) EXPECT_EQ(valueOf(page, label), value) << label;
  // Every layer, and the sum of their parameters.
  for (const Layer& layer : project.network.layers())
    EXPECT_NE(page.find("<td>" + layer.name + "</td>"), std::string::npos) << layer.name;
  EXPECT_EQ(count(page, "<td class=n>" + valueOf(page, "parameters") + "</td>"), 1u);
  // Events: only the number of checkpoints; marks in each chart.
  for (const char* text : {"<td>learning rate set to 0.0005</td>", "<td>paused</td>",
                           "<td>error: disk full</td>", "1 checkpoint recorded, the last after step 200."})
    EXPECT_EQ(count(page, text), 1u) << text;
  EXPECT_EQ(page.find("running"), std::string::npos);
  EXPECT_EQ(count(page, "<svg"), 3u);  // loss, accuracy, gradient norm
  EXPECT_EQ(count(page, "<title>step 120: learning rate set to 0.0005</title>"), 3u);
}

TEST(RunReport, MarksOnlyDifferingSettings) {
  Store store;
  RecordedRun a = recordOf(store, richRun(store, "First")), b = recordOf(store, richRun(store, "Second"));
  const auto marked = [](const std::string& page, const std::string& label) {
    return page.find("<tr class=d><td class=l>≠ " + label + "</td>") != std::string::npos;
  };
  std::string page = pageOf({a, b});
  EXPECT_FALSE(marked(page, "batch"));
  EXPECT_EQ(count(page, "<h3><b"), 3u);  // one network for both, events of each
  EXPECT_EQ(count(page, "All "), 1u);

  Project project = projectFromJson(b.info.projectJson, "record").value();
  project.training.batch += 7;
  project.training.clipLimit = 0.777;  // unused, since gradients are not clipped
  ASSERT_TRUE(project.network.rename(project.network.layers().back().id, "renamed").ok());
  b.info.projectJson = toJson(project);
  b.info.data = "another fingerprint";
  b.curves.epochs.back().train[0] = 0.123f;
  page = pageOf({a, b});
  EXPECT_TRUE(marked(page, "batch"));
  EXPECT_TRUE(marked(page, "fingerprint"));
  EXPECT_FALSE(marked(page, "seed"));
  EXPECT_FALSE(marked(page, "training loss, last epoch"));  // a result, not a choice
  EXPECT_EQ(page.find("0.777"), std::string::npos);
  EXPECT_EQ(count(page, "All "), 2u);
  EXPECT_NE(page.find("<td class=n>0.123</td>"), std::string::npos);
  EXPECT_EQ(count(page, ">First #1</text>"), 3u);  // in the legend of each chart
  EXPECT_EQ(count(page, ">dashed: validation</text>"), 2u);
}

TEST(RunReport, TextsOfARecordAreEscaped) {
  Store store;
  RecordedRun run = recordOf(store, richRun(store));
  const std::string hostile = "</title><script>alert('x')</script>\"&";
  Project project = projectFromJson(run.info.projectJson, "record").value();
  project.name = project.training.device.device = project.data.path = hostile;
  run.info.name = run.info.device = run.info.started = run.info.notes = run.info.data = run.info.error =
      run.info.kernels = run.info.metricName = hostile;
  run.info.projectJson = toJson(project);
  run.info.tags = {hostile};
  run.info.environment = {{hostile, hostile}};
  for (ReportSlot& slot : run.curves.slots) slot.name = hostile;
  for (RunEvent& event : run.curves.events) event.text = hostile;
  RecordedRun other = run;
  other.info.projectJson = hostile;
  other.info.name += "2";
  for (const std::string& page : {pageOf({run}), pageOf({run, other})}) {
    EXPECT_EQ(count(page, "<script"), 0u);
    EXPECT_EQ(count(page, "</title>"), count(page, "<title>"));
    EXPECT_EQ(page.find("alert('"), std::string::npos);
    EXPECT_GT(count(page, "&lt;script&gt;"), 10u);
    for (const char* outside : {"http:", "https:", "src=", "url(", "@import"})
      EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST(RunReport, ARunWithoutStepsSaysSo) {
  Store store;
  const std::int64_t id = store.run(0);
  const std::string page = pageOf({recordOf(store, id)});
  EXPECT_NE(page.find("No steps were recorded."), std::string::npos);
  EXPECT_EQ(valueOf(page, "steps"), "0");
  EXPECT_EQ(page.find("<svg"), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  // Next to a run with steps, it has neither values nor a curve.
  const std::string both = pageOf({recordOf(store, id), recordOf(store, richRun(store))});
  EXPECT_NE(both.find("<td>-</td><td class=n>0.00333333</td>"), std::string::npos);
}

TEST(RunReport, NonFiniteNumbersAreWrittenAsText) {
  Store store;
  RecordedRun run = recordOf(store, richRun(store));
  run.curves.steps.back().values[0] = std::nanf("");
  run.curves.epochs.back().train[0] = INFINITY;
  run.info.seconds = std::nan("");
  const std::string page = pageOf({run});
  EXPECT_EQ(valueOf(page, "training loss, last step"), "not a number");
  EXPECT_EQ(valueOf(page, "training loss, last epoch"), "infinite");
  EXPECT_EQ(valueOf(page, "training loss, best epoch"), "0.25 (epoch 2)");
  EXPECT_EQ(valueOf(page, "time"), "not a number s");
}

TEST(RunReport, IsWrittenForExistingRunsOnly) {
  Store store;
  const std::int64_t id = richRun(store);
  const auto file = store.folder / "page.html";
  ASSERT_TRUE(writeRunReport(*store.store, std::vector{id}, file).ok());
  EXPECT_EQ(*readTextFile(file, 1 << 20), pageOf({recordOf(store, id)}));
  EXPECT_FALSE(writeRunReport(*store.store, std::vector{id, id + 1}, file).ok());
  EXPECT_FALSE(writeRunReport(*store.store, {}, file).ok());
  EXPECT_FALSE(writeRunReport(*store.store, std::vector(51, id), file).ok());
  EXPECT_FALSE(writeRunReport(*store.store, std::vector{id}, store.folder / "nowhere" / "page.html").ok());
}

TEST(RunCharts, AnImageHasLossAndTheFirstMetric) {
  Store store;
  const RecordedRun run = recordOf(store, richRun(store));
  const auto file = store.folder / "curve.svg";
  ASSERT_TRUE(writeCurvePicture("Net <1>", run.curves, file).ok());
  const std::string svg = *readTextFile(file, 1 << 20);
  EXPECT_NE(svg.find(">Net &lt;1&gt;</text>"), std::string::npos);
  EXPECT_EQ(count(svg, ">loss</text>"), 1u);
  EXPECT_EQ(count(svg, ">accuracy</text>"), 1u);
  EXPECT_EQ(svg.find("gradient"), std::string::npos);
}

}  // namespace
}  // namespace tandem
