// Confusion matrices: from training through the record to reports.
#include <gtest/gtest.h>

#include <numeric>

#include "core/base/file.h"
#include "core/report/run_report.h"
#include "core/runs/run_file.h"
#include "core/runs/run_matrices.h"
#include "core/runs/run_rows.h"
#include "core/runs/schema.h"
#include "core/train/evaluation.h"
#include "core/train/predictor.h"
#include "tests/unit/point_runs.h"
#include "tests/unit/recorded_run.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using namespace testing;

class Epochs : public TrainObserver {
 public:
  void onStart(const Plan& plan) override { matrices = plan.matrices; }
  void onStep(const StepRecord&) override {}
  void onEvent(const TrainEvent& event) override {
    if (const auto* end = std::get_if<EpochEnd>(&event.what)) epochs.push_back(end->record);
    if (const auto* note = std::get_if<Note>(&event.what);
        note && note->text.find("other metrics") != note->text.npos)
      notes += note->text;
  }
  void onProfile(const ProfileRecord&) override {}
  std::vector<ReportMatrix> matrices;
  std::vector<EpochRecord> epochs;
  std::string notes;
};

struct Seen {
  Epochs seen;
  TrainResult result;
  std::shared_ptr<const Dataset> data;
};

Seen runOf(const Project& project, const std::filesystem::path& folder) {
  Seen run;
  run.data = loadDataset(trainingData(project)).value();
  auto trainer = trainerOf(project, folder, &run.seen);
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return run;
  (*trainer)->start();
  run.result = (*trainer)->join();
  EXPECT_FALSE(run.result.error) << run.result.error->text();
  return run;
}

std::int64_t sumOf(const ClassCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

double valueOf(const std::vector<ReportSlot>& slots, const std::array<float, kReportSlots>& values,
               std::string_view name) {
  const ReportSlot* slot = findSlot(slots, name);
  EXPECT_NE(slot, nullptr) << name;
  return slot ? static_cast<double>(values[static_cast<std::size_t>(slot->slot)]) : 0;
}

TEST(Matrices, CountTheSamplesOfEachEpochAndOfTheTestSet) {
  const TemporaryFolder folder;
  Project project = moons();
  project.training.heads[0].metrics = {"accuracy", "macro_f1", "confusion_matrix", "auc",
                                       "balanced_accuracy"};
  const Seen run = runOf(project, folder.path());
  ASSERT_EQ(run.seen.matrices.size(), 1u);
  EXPECT_EQ(run.seen.matrices[0].name, "confusion_matrix");
  EXPECT_EQ(run.seen.matrices[0].classes, run.data->info.targets[0].classNames);
  ASSERT_EQ(run.seen.epochs.size(), 3u);
  for (const EpochRecord& epoch : run.seen.epochs) {
    ASSERT_EQ(epoch.matrices.size(), 1u);
    const ClassCounts& counts = epoch.matrices[0];
    EXPECT_EQ(sumOf(counts), std::ssize(run.data->part(SplitPart::Validation)));
    const auto value = [&](std::string_view name) {
      return valueOf(run.result.slots, epoch.validation, name);
    };
    EXPECT_NEAR(value("accuracy"),
                static_cast<double>(counts[0] + counts[3]) / static_cast<double>(sumOf(counts)), 1e-6);
    const std::vector<ClassScore> scores = classScores({"a", "b"}, counts);
    EXPECT_NEAR(value("macro_f1"), (scores[0].f1() + scores[1].f1()) / 2, 1e-6);
    EXPECT_NEAR(value("balanced_accuracy"), (scores[0].recall() + scores[1].recall()) / 2, 1e-6);
    EXPECT_GT(value("auc_class_1"), 0.5);
    EXPECT_TRUE(std::isnan(valueOf(run.result.slots, epoch.train, "macro_f1")))
        << "not known of training data";
  }
  // The test set, by the weights of the best epoch.
  auto predictor =
      Predictor::open(loadWeights(run.result.weights, Weights::Best).value(), cpu(), {}, 7).value();
  const auto samples =
      encodeSamples(*run.data, run.data->part(SplitPart::Test), predictor.preprocessing()).value();
  const auto outputs = predictor.predict(samples.inputs).value();
  const Evaluation expected =
      evaluateClasses(outputs[0], predictor.outputs()[0].meaning, samples.targets[0].classOf,
                      predictor.outputs()[0].targets[0]->categories, "softmax_cross_entropy",
                      std::vector<MetricConfig>{"auc"});
  ASSERT_EQ(run.result.testMatrices.size(), 1u);
  EXPECT_EQ(run.result.testMatrices[0], expected.confusion);
  EXPECT_NEAR(valueOf(run.result.slots, run.result.test, "auc_class_1"), expected.metrics[0].second, 2e-3);
}

TEST(Matrices, AreReportedUnlessTheUserRemovesThem) {
  const Project project = moons();
  EXPECT_EQ(planOf(project)->matrices.size(), 1u);
  Project without = project;
  without.training.heads[0].metrics = {"accuracy"};
  EXPECT_TRUE(planOf(without)->matrices.empty());
  EXPECT_EQ(findSlot(planOf(project)->report, "confusion_matrix"), nullptr) << "not a number";
}

// More classes than a matrix has: the usual metrics leave it out; asked for, it is an error.
TEST(Matrices, OfManyClasses) {
  NetworkBuilder b({4});
  b.add("dense", {{"units", count(300)}}, "end");
  const Network network = b.take();
  DatasetInfo data = workload("tiny").data;
  data.inputs[0].sample = Shape{4};
  data.targets[0].classes = 300;
  TrainingConfig training;
  const auto plan = compile(network, training, data, cpu());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_TRUE((*plan)->matrices.empty());
  EXPECT_NE(findSlot((*plan)->report, "accuracy"), nullptr);
  training.heads[0].metrics = {"balanced_accuracy"};
  const auto refused = compile(network, training, data, cpu());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "a confusion matrix has at most 256 classes, but the data has 300");
}

// An auto-encoder with a loss of two classes has numbers as targets.
TEST(Matrices, NeedClasses) {
  NetworkBuilder b({4});
  b.add("dense", {{"units", count(4)}}, "end");
  const Network network = b.take();
  DatasetInfo data;
  data.inputs[0] = {.name = "table", .sample = Shape{4}};
  data.targets.clear();
  TrainingConfig training;
  training.heads[0].loss = "binary_cross_entropy";
  training.heads[0].targets = {"table"};
  const auto plan = compile(network, training, data, cpu());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_TRUE((*plan)->matrices.empty());
  for (const char* metric : {"confusion_matrix", "auc", "f1"}) {
    training.heads[0].metrics = {metric};
    const auto refused = compile(network, training, data, cpu());
    ASSERT_FALSE(refused.ok()) << metric;
    EXPECT_NE(refused.error().message.find("needs classes, but the targets are numbers"), std::string::npos)
        << refused.error().message;
  }
  training.heads[0].metrics.reset();
  training.heads[0].loss = {"binary_cross_entropy", {{"class_weights", std::string("balanced")}}};
  const auto refused = compile(network, training, data, cpu());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "class weights need classes, but \"table\" has numbers");
}

TEST(Matrices, ChooseTheBestEpoch) {
  const TemporaryFolder folder;
  Project project = moons();
  project.training.heads[0].metrics = {"accuracy", "macro_f1"};
  project.training.monitor = "macro_f1";
  const Seen run = runOf(project, folder.path());
  EXPECT_EQ(run.result.best.metric, "validation macro f1");
  double best = 0;
  for (const EpochRecord& epoch : run.seen.epochs)
    best = std::max(best, valueOf(run.result.slots, epoch.validation, "macro_f1"));
  EXPECT_EQ(run.result.best.value, best);

  project.data.validationFraction = 0;
  const auto refused = trainerOf(project, folder.path() / "none");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(
      refused.error().text(),
      "training.monitor: 'macro_f1' cannot choose the best epoch, because it is computed on validation data only, "
      "of which there is none. Set a share of the data aside for validation, or choose another value");
  project.training.monitor = "confusion_matrix";
  const auto noNumber = trainerOf(project, folder.path() / "none");
  ASSERT_FALSE(noNumber.ok());
  EXPECT_EQ(noNumber.error().message, "this training does not report 'confusion_matrix'");
}

// Stops after a number of steps, in the middle of an epoch.
class Stop : public Notes {
 public:
  explicit Stop(std::int64_t step) : step_(step) {}
  void onStep(const StepRecord& record) override {
    if (record.step == step_) trainer->stop();
  }
  Trainer* trainer = nullptr;

 private:
  std::int64_t step_;
};

// What only the evaluation computes can change when a run is resumed in the middle of an epoch.
TEST(Matrices, CanBeAddedToAResumedRun) {
  const TemporaryFolder folder;
  Project project = moons();
  project.training.heads[0].metrics = {"accuracy"};
  Stop stop(10);
  auto first = trainerOf(project, folder.path() / "a", &stop);
  ASSERT_TRUE(first.ok()) << first.error().text();
  stop.trainer = first->get();
  (*first)->start();
  const std::filesystem::path checkpoint = (*first)->join().weights;
  const Checkpoint stopped = loadCheckpoint(checkpoint).value();
  ASSERT_GT(stopped.epochRows, 0) << "in the middle of an epoch";
  project.training.heads[0].metrics = {"accuracy", "confusion_matrix", "macro_f1"};
  for (const bool old : {false, true}) {
    std::filesystem::path file = checkpoint;
    if (old) {  // older checkpoints have a block of a fixed size
      Checkpoint padded = stopped;
      padded.epochSums.resize(kReportBlock);
      file = folder.path() / "old.h5";
      ASSERT_TRUE(saveCheckpoint(padded, file).ok());
    }
    Epochs seen;
    auto trainer = trainerOf(project, folder.path() / (old ? "c" : "b"), &seen, file);
    ASSERT_TRUE(trainer.ok()) << trainer.error().text();
    (*trainer)->start();
    const TrainResult result = (*trainer)->join();
    ASSERT_FALSE(result.error);
    ASSERT_EQ(seen.epochs.size(), 2u);
    EXPECT_EQ(seen.epochs[0].matrices.size(), 1u);
    EXPECT_EQ(seen.notes, "") << "the accuracy of the epoch is known";
    const double accuracy = valueOf(result.slots, seen.epochs[0].train, "accuracy");
    EXPECT_GT(accuracy, 0.3);
    EXPECT_LE(accuracy, 1);
  }
}

Plan planWithMatrix(std::vector<std::string> classes) {
  Plan plan = planWithSlots();
  plan.matrices = {{.name = "confusion_matrix", .classes = std::move(classes)}};
  return plan;
}

// A run of three epochs whose second is the best.
std::int64_t recordMatrices(Store& s, bool tested) {
  auto recorder = s.begin();
  recorder->onStart(planWithMatrix({"cat", "dog & <b>"}));
  for (std::int64_t i = 1; i <= 30; ++i) recorder->onStep(stepRecord(i));
  TrainResult result;
  for (std::int32_t e = 1; e <= 3; ++e) {
    EpochEnd end = epochEnd(e);
    end.record.hasValidation = true;
    end.record.matrices = {{40 + e, 7, 300, 1'000'000'000'000}};
    end.best = {2, "validation loss", 0.5};
    recorder->onEvent({.what = end});
  }
  result.state = TrainState::Finished;
  result.steps = 30;
  result.epochs = 3;
  result.best = {2, "validation loss", 0.5};
  if (tested) result.testMatrices = {{5, 1, 0, 9}};
  EXPECT_TRUE(recorder->finish(result).ok());
  return recorder->id();
}

TEST(Matrices, AreRecordedExportedAndImported) {
  for (const bool tested : {false, true}) {
    Store here, there;
    const std::int64_t id = recordMatrices(here, tested);
    const auto file = here.folder / "m.tandemrun";
    ASSERT_TRUE(exportRun(*here.store, id, file).ok());
    const std::int64_t imported = importRun(*there.store, file).value();
    for (const auto& [store, number] : {std::pair{here.store.get(), id}, {there.store.get(), imported}}) {
      const RunCurves curves = store->curves(number).value();
      ASSERT_EQ(curves.matrices.size(), 1u);
      EXPECT_EQ(curves.matrices[0].name, "confusion_matrix");
      ASSERT_EQ(curves.epochs.size(), 3u);
      EXPECT_EQ(curves.epochs[2].matrices, (std::vector<ClassCounts>{{43, 7, 300, 1'000'000'000'000}}));
      const std::vector<RunMatrix> shown = matricesOf(store->info(number).value(), curves);
      ASSERT_EQ(shown.size(), 1u);
      EXPECT_EQ(shown[0].samplesText(), tested ? "test set, epoch 2" : "validation set, epoch 2");
      EXPECT_EQ(shown[0].classes, (std::vector<std::string>{"cat", "dog & <b>"}));
      EXPECT_EQ(shown[0].counts[0], tested ? 5 : 42);
    }
  }
}

TEST(Matrices, AreInTheReport) {
  Store s;
  const std::int64_t id = recordMatrices(s, true);
  const std::string page = runReport(*s.store, std::array{id}).value();
  EXPECT_NE(page.find("<h3>Confusion matrix (test set, epoch 2)</h3>"), page.npos);
  EXPECT_NE(page.find("<th class=l>dog &amp; &lt;b&gt;</th>"), page.npos);
  EXPECT_NE(page.find("title='83.3 % of the class'>5</td>"), page.npos);
  EXPECT_NE(page.find("<td class=n>0.909</td>"), page.npos) << "F1 of the first class";
  EXPECT_EQ(runReport(*s.store, std::array{s.run()}).value().find("Confusion matrix"), page.npos);
}

TEST(Matrices, OfManyEpochsStayWithinTheirShareOfTheLimit) {
  Store s;
  ASSERT_TRUE(s.store->setRecordLimit(RunStore::kSmallestLimit).ok());
  auto recorder = s.begin();
  constexpr std::size_t kClasses = 100;
  recorder->onStart(planWithMatrix(std::vector<std::string>(kClasses, "a")));
  recorder->onStep(stepRecord(1));
  for (std::int32_t e = 1; e <= 60; ++e) {
    EpochEnd end = epochEnd(e);
    end.record.hasValidation = true;
    end.record.matrices = {ClassCounts(kClasses * kClasses, e)};
    end.best = {7, "validation loss", 0.5};
    recorder->onEvent({.what = end});
    if (e % 6 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(600));  // until it is written
  }
  ASSERT_TRUE(recorder->finish({}).ok());
  const RunCurves curves = s.store->curves(recorder->id()).value();
  ASSERT_EQ(curves.epochs.size(), 60u) << "the curves are complete";
  std::int64_t bytes = 0, count = 0;
  for (const EpochRecord& epoch : curves.epochs) {
    if (epoch.matrices.empty()) continue;
    ++count;
    EXPECT_EQ(epoch.matrices[0][0], epoch.epoch);
    bytes += static_cast<std::int64_t>(packCounts(epoch.matrices[0]).size());
  }
  EXPECT_LE(bytes, 2 * RunStore::kSmallestLimit / 16);
  EXPECT_GE(count, 3);
  EXPECT_FALSE(curves.epochs[6].matrices.empty()) << "the best";
  EXPECT_FALSE(curves.epochs[59].matrices.empty()) << "the last";
}

TEST(Matrices, FilesWithPartOfThemAreRefused) {
  Store s;
  const std::int64_t id = recordMatrices(s, true);
  RecordedRun run{s.store->info(id).value(), s.store->curves(id).value()};
  const auto errorOf = [](const RecordedRun& each) {
    const std::string text = toJson(each);
    const auto read = runFromBytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, "f");
    return read.ok() ? "" : read.error().text();
  };
  EXPECT_EQ(errorOf(run), "");
  RecordedRun part = run;
  part.curves.matrices.push_back(part.curves.matrices[0]);
  EXPECT_EQ(errorOf(part), "f: counts: an epoch has only some of the matrices");
  part = run;
  part.curves.matrices[0].classes.emplace_back("third");
  EXPECT_EQ(errorOf(part), "f: counts[0]: the counts are damaged");
  part.curves.matrices[0].classes.assign(257, "a");
  EXPECT_EQ(errorOf(part), "f: matrices[0]: the classes are damaged");
  part = run;
  part.curves.matrices[0].classes = {"a\x1b[31m", "b\nc"};
  const std::string text = toJson(part);
  const RecordedRun cleaned =
      runFromBytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, "f").value();
  EXPECT_EQ(cleaned.curves.matrices[0].classes, (std::vector<std::string>{"a [31m", "b c"}));
}

TEST(Matrices, DamagedCountsAreRefused) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{127}, std::int64_t{128}, std::int64_t{1} << 39}) {
    const ClassCounts counts{value, 1, 2, value};
    const std::string blob = packCounts(counts);
    EXPECT_EQ(unpackCounts(blob, 4).value(), counts);
    EXPECT_FALSE(unpackCounts(blob, 3).ok());
    EXPECT_FALSE(unpackCounts(blob, 9).ok());
    EXPECT_FALSE(unpackCounts(blob + '\x80', 4).ok());
    EXPECT_FALSE(unpackCounts(blob.substr(0, blob.size() - 1), 4).ok());
  }
  EXPECT_FALSE(unpackCounts(packCounts({std::int64_t{1} << 40}), 1).ok()) << "sums could overflow";
  EXPECT_FALSE(unpackCounts(std::string(4, '\xff'), 1).ok());
  EXPECT_FALSE(unpackCounts(std::string(20, '\xff'), 1).ok());

  RunCurves curves;
  curves.matrices = {{.name = "confusion_matrix", .classes = {"a", "b"}}};
  curves.epochs.emplace_back().epoch = 4;
  const std::string blob = packCounts({1, 2, 3, 4});
  EXPECT_TRUE(addMatrix(curves, 0, 0, blob).ok());
  EXPECT_TRUE(addMatrix(curves, 4, 0, blob).ok());
  EXPECT_FALSE(addMatrix(curves, 3, 0, blob).ok());
  EXPECT_FALSE(addMatrix(curves, 4, 1, blob).ok());
  EXPECT_FALSE(addMatrix(curves, 4, -1, blob).ok());
}

}  // namespace
}  // namespace tandem
