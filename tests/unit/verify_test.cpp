// Verification on the CPU, with records of real training runs.
#include "core/runs/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "core/data/fingerprint.h"
#include "core/network/preprocessing_json.h"
#include "core/runs/run_file.h"
#include "core/runs/run_job.h"
#include "tests/support/small_projects.h"
#include "tests/unit/recorded_run.h"

namespace tandem {
namespace {

// Changes the rate after a number of steps, as a user would.
class Hand : public TrainObserver {
 public:
  Hand(std::int64_t step, double rate) : step_(step), rate_(rate) {}
  void hold(RunJob* job) { job_ = job; }
  void onStart(const Plan&) override {}
  void onStep(const StepRecord& step) override {
    if (step.step == step_) job_->setLearningRate(rate_);
  }
  void onEvent(const TrainEvent&) override {}
  void onProfile(const ProfileRecord&) override {}

 private:
  const std::int64_t step_;
  const double rate_;
  RunJob* job_ = nullptr;
};

struct Recorded {
  Store s;
  RecordedRun run;

  explicit Recorded(const Project& project = smallMoons(), Hand* hand = nullptr,
                    std::optional<std::filesystem::path> resume = {}) {
    RunRequest request;
    request.project = project;
    request.resume = std::move(resume);
    if (hand) request.observers = {hand};
    const auto job = std::move(*RunJob::prepare(request, *loadRun(request), s.store.get()));
    if (hand) hand->hold(job.get());
    job->start();
    EXPECT_FALSE(job->finish().recordError);
    run = {*s.store->info(job->id()), *s.store->curves(job->id())};
  }
};

Verdict verdictOf(const RecordedRun& run, const VerifyOptions& options = {}) {
  const auto verdict = verifyRun(run, options);
  EXPECT_TRUE(verdict.ok()) << verdict.error().text();
  return verdict.ok() ? *verdict : Verdict{};
}

TEST(Verify, DataOfAnotherMeaningIsRefusedByName) {
  Recorded r;
  const auto data = *loadDataset(smallMoons().data);
  r.run.info.preprocessing = toJson(preprocessingOf(*data));
  EXPECT_TRUE(verdictOf(r.run).passed);
  Preprocessing other = preprocessingOf(*data);
  for (Field& field : other.fields)
    if (field.role == FieldRole::Target) field.categories[0] = "pear";
  r.run.info.preprocessing = toJson(other);
  const auto refused = verifyRun(r.run, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("but was 'pear'"), std::string::npos) << refused.error().text();
}

TEST(Verify, ARepeatedRunIsBitEqual) {
  const Recorded r;
  const Verdict verdict = verdictOf(r.run);
  EXPECT_TRUE(verdict.passed) << verdict.text();
  EXPECT_TRUE(verdict.reasons.empty()) << verdict.reasons.front();
  EXPECT_TRUE(verdict.notes.empty());
  EXPECT_EQ(verdict.tolerance.first, 0);
  EXPECT_EQ(verdict.compared, static_cast<std::int64_t>(r.run.curves.steps.size()));
  EXPECT_EQ(verdict.text(), "Passed: " + std::to_string(r.run.curves.steps.size()) + " steps, bit-identical");
}

// The rate changes between two steps that may be in flight together; the record states after which one.
TEST(Verify, ManualChangesOfTheRateAreRepeated) {
  Hand hand(21, 0.0123456789);
  const Recorded r(smallMoons(), &hand);
  const auto& events = r.run.curves.events;
  const auto change = std::find_if(events.begin(), events.end(), [](const RunEvent& event) {
    return event.kind == RunEventKind::LearningRate;
  });
  ASSERT_NE(change, events.end());
  EXPECT_EQ(change->value, 0.0123456789);
  const std::int64_t at = change->step;
  EXPECT_GE(at, 21);
  const Verdict verdict = verdictOf(r.run);
  EXPECT_TRUE(verdict.passed) << verdict.text();
  EXPECT_FALSE(verdict.firstDifferent);
  // Without the event, the losses diverge at the second step after it: the first still has the old weights.
  RecordedRun without = r.run;
  without.curves.events.clear();
  const Verdict failed = verdictOf(without);
  EXPECT_FALSE(failed.passed);
  ASSERT_TRUE(failed.firstBeyond);
  EXPECT_EQ(failed.firstBeyond->step, at + 2);
}

TEST(Verify, AugmentationsAreRepeated) {
  Project project = *projectFromTemplate("Waves");
  project.data.count = 160;
  project.training.batch = 16;
  project.training.epochs = 2;
  project.training.device.threads = 1;
  project.training.augment = {"time_shift"};
  const Recorded r(project);
  EXPECT_TRUE(std::ranges::any_of(r.run.curves.events, [](const RunEvent& event) {
    return event.text == "The training samples are augmented: Time shift (3)";
  }));
  EXPECT_TRUE(verdictOf(r.run).passed);
  RecordedRun without = r.run;
  project.training.augment.clear();
  without.info.projectJson = toJson(project);
  EXPECT_FALSE(verdictOf(without).passed);
}

TEST(Verify, NamesTheFirstStepThatDiffers) {
  Recorded r;
  float& loss = r.run.curves.steps[29].values[0];
  loss = std::nextafter(loss, 10.0f);
  const Verdict verdict = verdictOf(r.run);
  EXPECT_FALSE(verdict.passed);
  ASSERT_TRUE(verdict.firstBeyond);
  EXPECT_EQ(verdict.firstBeyond->step, 30);
  EXPECT_EQ(verdict.compared, 30);
  EXPECT_NE(verdict.text().find("Failed at step 30"), std::string::npos) << verdict.text();
  // A tolerance allows the last digit to differ, not a percent.
  VerifyOptions tolerant;
  tolerant.relativeTolerance = 1e-4;
  const Verdict passed = verdictOf(r.run, tolerant);
  EXPECT_TRUE(passed.passed) << passed.text();
  EXPECT_EQ(passed.firstDifferent->step, 30);
  EXPECT_EQ(passed.worst->step, 30);
  r.run.curves.steps[29].values[0] *= 1.01f;
  EXPECT_EQ(verdictOf(r.run, tolerant).firstBeyond->step, 30);
  VerifyOptions before;
  before.steps = 29;
  const Verdict part = verdictOf(r.run, before);
  EXPECT_TRUE(part.passed);
  EXPECT_EQ(part.compared, 29);
}

// Runs recorded with other kernels, threads or on another machine need not be bit-identical.
TEST(Verify, OtherKernelsMayDifferByRounding) {
  Recorded r;
  r.run.info.kernels = "matmul: another";
  for (auto& [label, value] : r.run.info.environment)
    if (label == "processor") value = "Another";
  // As if recorded with other kernels.
  for (StepRecord& step : r.run.curves.steps) step.values[0] *= 1.0f + 5e-4f;
  const Verdict verdict = verdictOf(r.run);
  EXPECT_TRUE(verdict.passed) << verdict.text();
  EXPECT_EQ(verdict.reasons.size(), 2u);
  EXPECT_EQ(verdict.tolerance.at(100), 1e-3);
  EXPECT_EQ(verdict.tolerance.at(101), 1e-2);
  EXPECT_EQ(verdict.tolerance.at(1001), 1e-1);
  EXPECT_NEAR(verdict.worst->relative, 5e-4, 1e-4);
  for (StepRecord& step : r.run.curves.steps) step.values[0] *= 1.0f + 1e-3f;
  EXPECT_EQ(verdictOf(r.run).firstBeyond->step, 1);
}

TEST(Verify, ARunThatDivergedDivergesAgain) {
  Project p = smallMoons();
  p.training.optimizer = {"sgd", {{"learning_rate", 1000.0}, {"weight_decay", 1.0}}};
  const Recorded r(p);
  ASSERT_EQ(r.run.info.state, RunState::Failed);
  ASSERT_FALSE(std::isfinite(r.run.curves.steps.back().values[0]));
  const Verdict verdict = verdictOf(r.run);
  EXPECT_TRUE(verdict.passed) << verdict.text();
}

TEST(Verify, AnotherSeedFailsVerification) {
  Recorded r;
  Project other = *projectFromJson(r.run.info.projectJson, "record");
  other.training.seed += 1;
  r.run.info.projectJson = toJson(other);
  EXPECT_EQ(verdictOf(r.run).firstBeyond->step, 1);
}

TEST(Verify, MissingOrChangedDataIsAnError) {
  TemporaryFolder folder;
  const auto file = folder / "table.csv";
  const auto write = [&](const char* last) {
    std::ofstream out(file);
    out << "x,y,class\n";
    for (int i = 0; i < 60; ++i) out << i % 7 << "," << i % 5 << "," << (i % 2 ? "a" : "b") << "\n";
    out << last;
  };
  write("1,2,a\n");
  Project p = smallMoons();
  p.data.kind = DataKind::Csv;
  p.data.path = file.string();
  const Recorded r(p);
  EXPECT_TRUE(verdictOf(r.run).passed);
  write("1,3,a\n");
  const auto changed = verifyRun(r.run, {});
  ASSERT_FALSE(changed.ok());
  EXPECT_NE(changed.error().text().find("table.csv: the data has changed since the run"), std::string::npos)
      << changed.error().text();
  std::filesystem::remove(file);
  const auto gone = verifyRun(r.run, {});
  ASSERT_FALSE(gone.ok());
  EXPECT_NE(gone.error().text().find("table.csv"), std::string::npos);
  // An older record without fingerprint reports what was not checked.
  write("1,3,a\n");
  RecordedRun old = r.run;
  old.info.data.clear();
  old.info.kernels.clear();
  const auto unchecked = verifyRun(old, {});
  ASSERT_TRUE(unchecked.ok());
  EXPECT_EQ(unchecked->notes.size(), 1u);
}

TEST(Verify, ReportsWhatCannotBeRepeated) {
  Recorded first;
  Project longer = smallMoons();
  longer.training.epochs = 4;
  const Recorded resumed(longer, nullptr, first.run.info.weights);
  const auto refused = verifyRun(resumed.run, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("resumed from a checkpoint"), std::string::npos);

  VerifyOptions nowhere;
  nowhere.device = "cuda:9";
  EXPECT_FALSE(verifyRun(first.run, nowhere).ok());
  VerifyOptions cancelled;
  cancelled.progress = [](std::int64_t done, std::int64_t) { return done < 5; };
  EXPECT_EQ(verifyRun(first.run, cancelled).error().code, ErrorCode::Cancelled);
  RecordedRun empty = first.run;
  empty.curves.steps.clear();
  EXPECT_NE(verifyRun(empty, {}).error().text().find("no losses"), std::string::npos);
}

TEST(Verify, NamesInitialWeightsThatAreOthers) {
  Project project = smallMoons();
  project.training.seed = 2;
  const Recorded first(project);
  project.training.seed = 3;
  const Recorded second(project);
  const std::filesystem::path file = first.s.folder / "initial.h5";
  std::filesystem::copy_file(first.run.info.weights, file);
  project.training.initialWeights = file.string();
  const Recorded tuned(project);
  EXPECT_EQ(tuned.run.info.initialWeights.size(), 16u);
  EXPECT_EQ(first.run.info.initialWeights, "");
  const std::string text = toJson(tuned.run);
  const RecordedRun exported =
      runFromBytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, "f").value();
  Store there;
  EXPECT_EQ(there.store->info(there.store->add(exported).value())->initialWeights,
            tuned.run.info.initialWeights);
  EXPECT_TRUE(verdictOf(tuned.run).passed);
  EXPECT_TRUE(verdictOf(tuned.run).reasons.empty());
  std::filesystem::copy_file(second.run.info.weights, file,
                             std::filesystem::copy_options::overwrite_existing);
  const Verdict other = verdictOf(tuned.run);
  EXPECT_FALSE(other.passed);
  ASSERT_EQ(other.reasons.size(), 1u);
  EXPECT_EQ(other.reasons[0], "the weights in " + file.string() + " are not those that the run started with");
}

TEST(Fingerprint, ChangesWithAnyPartOfTheData) {
  const auto data = *loadDataset(smallMoons().data);
  const std::string whole = fingerprint(*data);
  EXPECT_EQ(whole.size(), 16u);
  EXPECT_EQ(whole, fingerprint(**loadDataset(smallMoons().data)));
  const auto changed = [&](const auto& change) {
    Dataset copy = *data;
    change(copy);
    return fingerprint(copy);
  };
  EXPECT_NE(whole, changed([](Dataset& d) {
              d.inputs[0].floats.back() = std::nextafter(d.inputs[0].floats.back(), 9.0f);
            }));
  EXPECT_NE(whole, changed([](Dataset& d) { std::swap(d.inputs[0].floats[0], d.inputs[0].floats[2]); }));
  EXPECT_NE(whole, changed([](Dataset& d) { d.targets[0].classOf[3] ^= 1; }));
  EXPECT_NE(whole, changed([](Dataset& d) { std::swap(d.parts[0][0], d.parts[0][1]); }));
  EXPECT_NE(whole, changed([](Dataset& d) { d.inputs[0].bytes.push_back(0); }));
}

}  // namespace
}  // namespace tandem
