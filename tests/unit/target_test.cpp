#include "core/twin/target.h"
#include "core/twin/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "core/report/twin_report.h"
#include "core/twin/energy_line.h"
#include "core/twin/race.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

// The loss falls from `from` by `slope` per step; each step takes the given seconds and joules.
TwinSideRecord falling(const std::string& label, double from, double slope, int steps, double seconds,
                       double joules) {
  TwinSideRecord side;
  side.label = label;
  for (int i = 1; i <= steps; ++i) {
    side.curve.steps.push_back(i);
    side.curve.seconds.push_back(seconds * i);
    side.curve.loss.push_back(from - slope * (i - 1));
    if (joules > 0) side.curve.joules.push_back(joules * i);
  }
  if (joules > 0) {
    side.joules = joules * steps;
    side.meanWatts = joules / seconds;
  }
  return side;
}

TwinRecord race() {
  TwinRecord record;
  record.mode = TwinMode::Race;
  record.sides = {falling("cpu", 2, 0.001, 2000, 0.1, 4), falling("gpu", 2, 0.001, 1500, 0.01, 2)};
  return record;
}

std::string energySentences(const TwinRecord& record) {
  std::string text;
  for (const std::string& sentence : findings(record))
    if (sentence.find(" used ") != std::string::npos || sentence.find("energy") != std::string::npos)
      text += sentence + "\n";
  return text;
}

TEST(Target, TheMovingAverageLagsALineByItsWindowAndIsExactWithoutOne) {
  const TwinCurve curve = falling("x", 1, 0.001, 500, 1, 0).curve;
  EXPECT_EQ(smoothedLoss(curve, 0), curve.loss);
  const std::vector<double> smooth = smoothedLoss(curve, 20);
  EXPECT_EQ(smooth[0], 1);
  // An exponential average of a line lags by 1 / (e^(1/20) - 1) steps once it has settled.
  EXPECT_NEAR(smooth[400], curve.loss[400] + 0.001 / std::expm1(1.0 / 20), 1e-8);
}

TEST(Target, OneLuckyBatchDoesNotReachTheTarget) {
  TwinRecord record = race();
  record.sides[0].curve.loss[100] = 0;
  EXPECT_GT(reach(record, 0, 1.0)->step, 1000);
  record.sides[0].curve.loss[100] = std::nan("");
  const std::vector<double> smooth = smoothedLoss(record.sides[0].curve);
  EXPECT_TRUE(std::isnan(smooth[100]));
  EXPECT_TRUE(std::isfinite(smooth[101]));
}

TEST(Target, ReportsTheCostOfReachingALoss) {
  const TwinRecord record = race();
  const auto cpu = reach(record, 0, 1.0), gpu = reach(record, 1, 1.0);
  ASSERT_TRUE(cpu && gpu);
  EXPECT_NEAR(static_cast<double>(cpu->step), 1001 + 19.5, 1);  // the line, and the average's lag
  EXPECT_EQ(cpu->step, gpu->step);
  EXPECT_NEAR(cpu->seconds, 0.1 * static_cast<double>(cpu->step), 1e-9);
  EXPECT_NEAR(cpu->joules.value(), 4 * static_cast<double>(cpu->step), 1e-9);
  EXPECT_NEAR(gpu->joules.value(), 2 * static_cast<double>(cpu->step), 1e-9);
  EXPECT_NEAR(cpu->money->amount, cpu->joules.value() / 3.6e6 * 0.30, 1e-12);
  EXPECT_FALSE(reach(record, 0, -5));
}

TEST(Target, TheCommonTargetIsTheLowestThatAllReached) {
  TwinRecord record = race();
  // cpu ends near 0.02, gpu near 0.52: two digits, rounded up.
  EXPECT_DOUBLE_EQ(commonTarget(record).value(), 0.53);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_TRUE(reach(record, k, 0.53));
  record.sides.emplace_back().error = "no such device";  // a side without a curve does not count
  EXPECT_DOUBLE_EQ(commonTarget(record).value(), 0.53);
  record.sides.push_back(falling("idle", 0.3, 0, 100, 1, 0));  // reached from the start: nothing to compare
  EXPECT_FALSE(commonTarget(record));
  EXPECT_FALSE(commonTarget(TwinRecord{}));
}

TEST(Target, CostIncludesEnergyAndDeviceHours) {
  const Tariff tariff{0.40, "CHF"};
  EXPECT_FALSE(moneyOf(tariff, 0, 100, {}));
  const Money energy = moneyOf(tariff, 0, 100, 3.6e6).value();
  EXPECT_DOUBLE_EQ(energy.amount, 0.40);
  EXPECT_EQ(moneyText(tariff, energy), "0.4 CHF for energy");
  const Money hours = moneyOf(tariff, 2, 1800, {}).value();
  EXPECT_DOUBLE_EQ(hours.amount, 1);
  EXPECT_EQ(moneyText(tariff, hours), "1 CHF for device time");
  EXPECT_EQ(moneyText(tariff, moneyOf(tariff, 2, 1800, 3.6e6).value()), "1.4 CHF");
  TwinRecord record = race();
  EXPECT_EQ(axisColumn(record, 0, CurveAxis::Money).size(), 2000u);
  EXPECT_NEAR(axisColumn(record, 0, CurveAxis::Money).back(), 8000 / 3.6e6 * 0.30, 1e-12);
  record.sides[0].curve.joules.clear();
  EXPECT_TRUE(axisColumn(record, 0, CurveAxis::Money).empty());
  record.sides[0].pricePerHour = 3.6;
  EXPECT_NEAR(axisColumn(record, 0, CurveAxis::Money).back(), 200 * 1e-3, 1e-12);
}

TEST(Target, EpochsUseTheBatchSizeOfTheSide) {
  TwinRecord record = race();
  EXPECT_TRUE(axisColumn(record, 0, CurveAxis::Epoch).empty());  // the number of samples is unknown
  record.samples = 1000;
  record.sides[0].batch = 10;
  record.sides[1].batch = 300;  // three complete batches per epoch
  EXPECT_EQ(axisColumn(record, 0, CurveAxis::Epoch).back(), 20);
  EXPECT_NEAR(axisColumn(record, 1, CurveAxis::Epoch)[0], 1 / 3.0, 1e-12);
  EXPECT_EQ(axisColumn(record, 0, CurveAxis::Step).back(), 2000);
  EXPECT_EQ(axisColumn(record, 0, CurveAxis::Seconds), record.sides[0].curve.seconds);
  EXPECT_EQ(axisColumn(record, 0, CurveAxis::Joules), record.sides[0].curve.joules);
}

TEST(Target, EnergyIsLinearBetweenReadings) {
  EnergyLine line;
  const auto read = [&](double seconds, std::optional<double> joules) {
    ReadingRecord reading;
    reading.wallSeconds = seconds;
    reading.joules = joules;
    line.add(reading);
  };
  read(1, {});
  EXPECT_FALSE(line.known());
  read(2, 10);  // since the previous reading
  ASSERT_TRUE(line.known());
  EXPECT_EQ(line.at(0.5), 0);
  EXPECT_EQ(line.at(1.25), 2.5);
  read(4, 50);
  EXPECT_EQ(line.at(2), 10);
  EXPECT_EQ(line.at(3), 30);
  EXPECT_EQ(line.at(9), 50);
  EXPECT_EQ(line.end(), 4);
  EXPECT_EQ(line.seconds(), 3);
}

TEST(Target, IsSummarizedInASentence) {
  TwinRecord record = race();
  record.targetLoss = 1.0;
  EXPECT_EQ(targetSentence(record),
            "To reach a loss of 1: cpu 102 s / 4.08 kJ / 0.00034 EUR for energy, gpu 10.2 s / 2.04 kJ / "
            "0.00017 EUR for energy.");
  EXPECT_EQ(findings(record).front(), targetSentence(record));
  record.sides[1] = falling("gpu", 2, 0.0001, 1500, 0.01, 0);
  record.sides[1].noEnergy = "this GPU does not report it";
  EXPECT_EQ(targetSentence(record),
            "To reach a loss of 1: cpu 102 s / 4.08 kJ / 0.00034 EUR for energy, gpu never.");
  const auto list = findings(record);
  EXPECT_NE(std::ranges::find(list, "The energy of gpu was not measured: this GPU does not report it."),
            list.end());
  record.mode = TwinMode::LockStep;
  EXPECT_TRUE(findings(record).empty() || findings(record).front() != targetSentence(record));
}

TEST(Target, TheReportShowsTheNumbersAndWhatWasNotMeasured) {
  TwinRecord record = race();
  record.tariff = {0.25, "EUR <b>"};
  record.sides[0].pricePerHour = 1.5;
  std::string page = htmlReport(record);
  EXPECT_NE(page.find("by joules"), std::string::npos);
  EXPECT_NE(page.find("8 kJ"), std::string::npos);
  EXPECT_NE(page.find("cpu at 1.5 EUR &lt;b&gt; per hour"), std::string::npos);
  EXPECT_EQ(page.find("EUR <b>"), std::string::npos);
  for (TwinSideRecord& side : record.sides) {
    side.curve.joules.clear();
    side.joules = side.meanWatts = std::nullopt;
    side.noEnergy = "no counters";
  }
  page = htmlReport(record);
  EXPECT_EQ(page.find("by joules"), std::string::npos);
  EXPECT_NE(page.find("not measured: no counters"), std::string::npos);
}

TEST(Target, ARecordStoresEnergyTariffAndPrices) {
  TwinRecord record = race();
  record.tariff = {0.19, "SEK"};
  record.targetLoss = 0.7;
  record.sides[1].pricePerHour = 3;
  record.sides[1].metric = -0.25;
  record.sides[0].curve.joules[3] = std::nan("");
  const TwinRecord again = twinFromJson(toJson(record), "f").value();
  EXPECT_EQ(toJson(again), toJson(record));
  EXPECT_EQ(again.tariff.currency, "SEK");
  EXPECT_EQ(again.targetLoss, 0.7);
  EXPECT_EQ(again.sides[1].pricePerHour, 3);
  EXPECT_EQ(again.sides[1].metric, -0.25) << "an R2, for example";
  EXPECT_NE(toJson(record).find(R"("others": -1.0)"), std::string::npos) << "as earlier versions wrote it";
  EXPECT_FALSE(again.others || again.sides[0].metric || again.sides[0].forecast);
  EXPECT_EQ(again.sides[1].curve.joules, record.sides[1].curve.joules);
  EXPECT_EQ(thinned(again.sides[1].curve, 10).joules.back(), 3000);
  // An older record without readings.
  const TwinRecord old =
      twinFromJson(R"({"tandem_twin": 1, "mode": "race", "sides": [{"label": "a"}, {}]})", "f").value();
  EXPECT_FALSE(old.sides[0].joules);
  EXPECT_FALSE(old.targetLoss);
  EXPECT_FALSE(twinFromJson(R"({"tandem_twin": 1, "sides": [{"curve": {"joules": [1]}}]})", "f").ok());
}

TEST(Target, EnergyOfStepsIsInterpolated) {
  RunCurves curves;
  curves.slots = {{"loss", 0}};
  for (int i = 1; i <= 40; ++i) {
    StepRecord step;
    step.step = i;
    step.wallSeconds = 0.05 * i;
    curves.steps.push_back(step);
  }
  for (int i = 0; i <= 20; ++i) {  // 100 W
    ReadingRecord reading;
    reading.wallSeconds = 0.1 * i;
    if (i > 0) reading.joules = 10.0 * i;
    curves.readings.push_back(reading);
  }
  const TwinSideRecord side = sideRecord(curves);
  EXPECT_NEAR(side.joules.value(), 200, 1e-9);
  EXPECT_NEAR(side.meanWatts.value(), 100, 1e-9);
  ASSERT_EQ(side.curve.joules.size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_NEAR(side.curve.joules[i], 100 * side.curve.seconds[i], 1e-9);
  curves.readings.clear();
  EXPECT_TRUE(sideRecord(curves).curve.joules.empty());
  EXPECT_FALSE(sideRecord(curves).joules);
}

TwinRecord raceOnAFake(bool inTurn, std::optional<double> watts) {
  static FakeBackend fake;  // outlives the race
  fake.device.stepTime = std::chrono::milliseconds(2);
  fake.reading.emplace().watts = watts;
  const TemporaryFolder folder;
  const auto store = RunStore::open(folder / "runs").value();
  Project project = *projectFromTemplate("Two spirals");
  project.data.count = 200;
  project.training.batch = 16;
  project.training.epochs = 12;
  RaceOptions options;
  options.inTurn = inTurn;
  options.tariff = {0.5, "CHF"};
  options.pricesPerHour = {0, 36};
  auto race = Race::create(project, loadDataset(project.data).value(), parseSides({"cpu:1", "cpu:2"}).value(),
                           *store, options, [](std::string_view) -> Result<Backend*> { return &fake; });
  EXPECT_TRUE(race.ok()) << race.error().text();
  (*race)->start();
  for (int i = 0; i < 3000 && !(*race)->poll(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return (*race)->record();
}

TEST(Target, ARaceMeasuresTheEnergyOfItsSides) {
  const TwinRecord record = raceOnAFake(true, 80);
  EXPECT_EQ(record.tariff.currency, "CHF");
  EXPECT_EQ(record.sides[1].pricePerHour, 36);
  EXPECT_GE(record.others, 0);  // long enough to measure
  EXPECT_LT(record.others, 1);
  for (const TwinSideRecord& side : record.sides) {
    EXPECT_EQ(side.error, "");
    EXPECT_EQ(side.noEnergy, "");
    EXPECT_NEAR(side.meanWatts.value(), 80, 1e-6);
    ASSERT_EQ(side.curve.joules.size(), side.curve.steps.size());
    // 80 W from the first reading, which a busy machine may delay, to each step.
    const auto known = std::ranges::find_if(side.curve.joules, [](double joules) { return joules > 0; });
    ASSERT_NE(known, side.curve.joules.end());
    const auto first = static_cast<std::size_t>(known - side.curve.joules.begin());
    for (std::size_t i = first; i < side.curve.steps.size(); ++i)
      EXPECT_NEAR(side.curve.joules[i] - side.curve.joules[first],
                  80 * (side.curve.seconds[i] - side.curve.seconds[first]), 1e-3);
    EXPECT_GE(side.joules, side.curve.joules.back());
  }
  const std::string said = energySentences(record);
  EXPECT_NE(said.find("cpu:1 used "), std::string::npos) << said;
  EXPECT_NE(said.find("CHF."), std::string::npos) << said;
}

TEST(Target, EnergyOfSidesThatShareADeviceIsNotAttributed) {
  const TwinRecord record = raceOnAFake(false, 80);
  for (const TwinSideRecord& side : record.sides) {
    EXPECT_FALSE(side.joules);
    EXPECT_TRUE(side.curve.joules.empty());
    EXPECT_NE(side.noEnergy.find("at the same time"), std::string::npos);
  }
  EXPECT_NE(energySentences(record).find("The energy of cpu:1 was not measured: cpu:2 ran on"),
            std::string::npos);
}

TEST(Target, AFallingClockAndABusyMachineAreReported) {
  RunCurves curves;
  curves.slots = {{"loss", 0}};
  for (int i = 0; i < 30; ++i) {
    ReadingRecord reading;
    reading.wallSeconds = 0.1 * i;
    reading.device.utilization = i < 15 ? 0.5 : 1.0;
    reading.device.clockHz = i < 12 ? 2e9 : 1.5e9;
    curves.readings.push_back(reading);
  }
  TwinRecord record = race();
  record.sides[1] = sideRecord(curves);
  record.sides[1].label = "gpu";
  EXPECT_DOUBLE_EQ(record.sides[1].utilization.value(), 0.75);
  const auto said = [&](std::string_view text) {
    const auto list = findings(record);
    return std::ranges::any_of(list, [&](const std::string& each) { return each.find(text) != each.npos; });
  };
  EXPECT_TRUE(said("The clock of gpu fell from 2.00 to 1.50 GHz"));
  EXPECT_FALSE(said("CPU time"));
  record.others = 0.03;
  record.window = 0.012;
  EXPECT_TRUE(
      said("Other programs used 3% of this machine's CPU time during the run. "
           "Displaying the run used 1.2% of one"));
  record.others = 0.5;
  EXPECT_TRUE(
      said("used 50% of this machine's CPU time during the run, which may have slowed down the CPU sides."));
  curves.readings.resize(10);  // too few readings for a trend
  EXPECT_FALSE(sideRecord(curves).lastClock);
}

TEST(Target, ADeviceWithoutPowerReportsIt) {
  const TwinRecord record = raceOnAFake(true, {});
  for (const TwinSideRecord& side : record.sides) EXPECT_EQ(side.noEnergy, "it is a fake");
}

}  // namespace
}  // namespace tandem
