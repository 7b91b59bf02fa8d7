// Losses and metrics for each step of sequences that differ in length: means over the valid steps of all samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/data/encode.h"
#include "core/network/preprocessing_json.h"
#include "core/network/propose.h"
#include "core/runtime/registry.h"
#include "core/train/output_evaluation.h"
#include "core/train/predictor.h"
#include "core/train/report_sums.h"
#include "core/train/trainer.h"
#include "core/twin/lock_step.h"
#include "tests/unit/data_files.h"
#include "tests/unit/sequence_data.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using namespace testing;
using Builder = std::function<void(NetworkBuilder&)>;
using Loaded = std::shared_ptr<const Dataset>;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

AttrValue count(std::int64_t n) {
  return n;
}

// The class of a step is the sign of its first feature. After the end of a sample, the targets are `after`.
std::shared_ptr<Dataset> classData(float garbage = 0, std::int32_t after = 0) {
  auto data = sequenceData(kLongestSequence, garbage);
  DataTensor& target = data->info.targets[0];
  target.sample = Shape{kLongestSequence};
  target.varies = true;
  std::vector<std::int32_t>& classOf = data->targets[0].classOf;
  const std::vector<std::int32_t> lengths = data->lengths[0].classOf;
  classOf.clear();
  for (std::size_t i = 0; i < lengths.size(); ++i)
    for (std::int64_t step = 0; step < kLongestSequence; ++step) {
      const auto at = (i * static_cast<std::size_t>(kLongestSequence) + static_cast<std::size_t>(step)) *
                      static_cast<std::size_t>(kSequenceFeatures);
      classOf.push_back(step >= lengths[i] ? after : data->inputs[0].floats[at] > 0 ? 1 : 0);
    }
  return data;
}

// The target of a step is half of its first feature.
std::shared_ptr<Dataset> numberData(float garbage = 0, float after = 0) {
  auto data = sequenceData(kLongestSequence, garbage);
  data->info.targets[0] = {.name = "half", .sample = Shape{kLongestSequence, 1}};
  data->info.targets[0].varies = true;
  data->targets[0] = {};
  const std::vector<std::int32_t> lengths = data->lengths[0].classOf;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    for (std::int64_t step = 0; step < kLongestSequence; ++step) {
      const auto at = (i * static_cast<std::size_t>(kLongestSequence) + static_cast<std::size_t>(step)) *
                      static_cast<std::size_t>(kSequenceFeatures);
      data->targets[0].floats.push_back(step < lengths[i] ? 0.5f * data->inputs[0].floats[at] : after);
    }
  data->targets[0].mean.assign(kLongestSequence, 0.0f);
  data->targets[0].scale.assign(kLongestSequence, 1.0f);
  return data;
}

// Of each step by itself, and with those around it.
void denseAndGru(NetworkBuilder& b, std::int64_t outputs) {
  b.add("dense", {{"units", count(6)}, {"activation", std::string("tanh")}});
  b.add("gru", {{"units", count(4)}, {"output", std::string("all")}, {"direction", std::string("both")}});
  b.add("dense", {{"units", count(outputs)}}, "answers");
}

Project classProject() {
  Project project = sequenceProject([](NetworkBuilder& b) { denseAndGru(b, 2); });
  project.training.heads[0].metrics = {"accuracy", "macro_f1", "confusion_matrix"};
  return project;
}

Project numberProject() {
  Project project = sequenceProject([](NetworkBuilder& b) { denseAndGru(b, 1); });
  project.training.heads[0].loss = "mse";
  project.training.heads[0].metrics = {"mae", "r2"};
  return project;
}

class Losses : public TrainObserver {
 public:
  void onStart(const Plan&) override {}
  void onStep(const StepRecord& record) override { all.push_back(record.values[0]); }
  void onEvent(const TrainEvent&) override {}
  void onProfile(const ProfileRecord&) override {}
  std::vector<float> all;
};

struct Outcome {
  TrainResult result;
  std::vector<float> losses;
};

Outcome train(const Project& project, Loaded data, const std::filesystem::path& folder) {
  Outcome outcome;
  Losses losses;
  auto trainer = Trainer::create({.project = project,
                                  .data = std::move(data),
                                  .backend = &cpu(),
                                  .folder = folder,
                                  .resume = {},
                                  .observers = {&losses}});
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return outcome;
  (*trainer)->start();
  outcome.result = (*trainer)->join();
  EXPECT_EQ(outcome.result.state, TrainState::Finished)
      << (outcome.result.error ? outcome.result.error->text() : "");
  outcome.losses = losses.all;
  return outcome;
}

double valueOf(const TrainResult& result, std::string_view name) {
  const ReportSlot* slot = findSlot(result.slots, name);
  EXPECT_NE(slot, nullptr) << name;
  return slot ? static_cast<double>(result.test[static_cast<std::size_t>(slot->slot)]) : 0;
}

std::int64_t stepsOf(const Dataset& data, SplitPart part) {
  std::int64_t steps = 0;
  for (const std::int64_t sample : data.part(part))
    steps += data.lengths[0].classOf[static_cast<std::size_t>(sample)];
  return steps;
}

TEST(StepLosses, WhatFollowsTheEndDoesNotChangeABit) {
  const TemporaryFolder folder;
  for (const Precision precision : {Precision::Fp32, Precision::Bf16}) {
    SCOPED_TRACE(nameOf(precision));
    const std::string name(nameOf(precision));
    Project classes = classProject(), numbers = numberProject();
    classes.training.device.precision = numbers.training.device.precision = precision;
    const Outcome clean = train(classes, classData(), folder / (name + " a"));
    const Outcome spoiled = train(classes, classData(37.0f, 1), folder / (name + " b"));
    ASSERT_GE(clean.losses.size(), 6u);
    EXPECT_EQ(clean.losses, spoiled.losses);
    EXPECT_EQ(clean.result.test, spoiled.result.test);
    EXPECT_EQ(clean.result.testMatrices, spoiled.result.testMatrices);
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    const Outcome first = train(numbers, numberData(), folder / (name + " c"));
    const Outcome second = train(numbers, numberData(37.0f, kNan), folder / (name + " d"));
    ASSERT_GE(first.losses.size(), 6u);
    EXPECT_EQ(first.losses, second.losses);
    EXPECT_EQ(first.result.test, second.result.test);
  }
}

// Batches of other sizes have other numbers of steps; with weights that hardly change, the values of the test set are the
// same, and those that evaluation computes from all predictions.
TEST(StepLosses, AnEpochIsTheMeanOverAllSteps) {
  const TemporaryFolder folder;
  const auto data = classData();
  std::vector<TrainResult> results;
  for (const std::int64_t batch : {1, 4, 27}) {
    Project project = classProject();
    project.training.batch = batch;
    project.training.epochs = 1;
    ASSERT_TRUE(project.training.optimizer.set(kLearningRate, 1e-12).ok());
    results.push_back(train(project, data, folder / std::to_string(batch)).result);
  }
  std::int64_t total = 0;
  ASSERT_EQ(results[0].testMatrices.size(), 1u);
  for (const std::int64_t number : results[0].testMatrices[0]) total += number;
  EXPECT_EQ(total, stepsOf(*data, SplitPart::Test));
  for (const TrainResult& result : results) {
    for (const char* name : {"loss", "accuracy", "macro_f1"})
      EXPECT_NEAR(valueOf(result, name), valueOf(results[0], name), 3e-6) << name;
    EXPECT_EQ(result.testMatrices, results[0].testMatrices);
  }
  // Without a description of the fields, the classes have names only.
  auto weights = loadWeights(results[1].weights, Weights::Best);
  ASSERT_TRUE(weights.ok()) << weights.error().text();
  const std::vector<Head> heads = weights->project.training.heads;
  auto predictor = Predictor::open(*std::move(weights), cpu(), {}, 4);
  ASSERT_TRUE(predictor.ok()) << predictor.error().text();
  const auto samples = encodeSamples(*data, data->part(SplitPart::Test), predictor->preprocessing());
  ASSERT_TRUE(samples.ok()) << samples.error().text();
  EXPECT_EQ(std::ssize(samples->targets[0].classOf), total);
  const auto outputs = evaluateOutputs(*predictor, *samples, heads);
  ASSERT_TRUE(outputs.ok()) << outputs.error().text();
  EXPECT_NEAR(*outputs->at(0).loss, valueOf(results[0], "loss"), 1e-5);
  EXPECT_EQ(outputs->at(0).targets[0].scores.confusion, results[0].testMatrices[0]);
  ASSERT_EQ(predictor->outputs()[0].lengthsOf, std::optional<std::size_t>(0));
  for (std::size_t row = 0; row < samples->lengths[0].size(); ++row)
    EXPECT_EQ(predictor->outputs()[0].valuesOf(samples->lengths, row),
              2 * static_cast<std::size_t>(samples->lengths[0][row]));

  // The answers are those of the valid steps, and each sample knows which are its own.
  const auto values = predictor->run(samples->inputs, samples->lengths);
  ASSERT_TRUE(values.ok()) << values.error().text();
  const auto all = answersOf(*predictor, *values, *samples);
  ASSERT_TRUE(all.ok()) << all.error().text();
  const ClassAnswers& answers = all->at(0).classes;
  EXPECT_EQ(answers.given, samples->targets[0].classOf);
  ASSERT_EQ(std::ssize(answers.ends), samples->rows);
  std::size_t end = 0;
  for (std::size_t row = 0; row < answers.ends.size(); ++row) {
    end += static_cast<std::size_t>(samples->lengths[0][row]);
    EXPECT_EQ(answers.ends[row], end);
  }
  EXPECT_EQ(answers.perSample, std::ranges::max(samples->lengths[0]));
}

TEST(StepLosses, LearnsClassesAndNumbers) {
  const TemporaryFolder folder;
  Project classes = sequenceProject([](NetworkBuilder& b) {
    b.add("dense", {{"units", count(8)}, {"activation", std::string("tanh")}});
    b.add("dense", {{"units", count(2)}});
  });
  Project numbers = sequenceProject([](NetworkBuilder& b) { b.add("dense", {{"units", count(1)}}); });
  numbers.training.heads[0].loss = "mse";
  classes.training.epochs = numbers.training.epochs = 60;
  EXPECT_GT(valueOf(train(classes, classData(), folder / "classes").result, "accuracy"), 0.85);
  EXPECT_LT(valueOf(train(numbers, numberData(), folder / "numbers").result, "loss"), 0.01);
}

// A sample without weight has no influence, whatever its targets are.
TEST(StepLosses, TheWeightOfASampleIsThatOfItsSteps) {
  const TemporaryFolder folder;
  const auto weighted = [](bool swapped) {
    auto data = classData();
    data->info.weights = DataTensor{.name = "weight"};
    data->weights.mean = {0};
    data->weights.scale = {1};
    for (std::size_t i = 0; i < data->lengths[0].classOf.size(); ++i) {
      data->weights.floats.push_back(i % 3 == 0 ? 0.0f : 1.5f);
      for (std::size_t k = 0; swapped && i % 3 == 0 && k < static_cast<std::size_t>(kLongestSequence); ++k) {
        std::int32_t& own = data->targets[0].classOf[i * static_cast<std::size_t>(kLongestSequence) + k];
        own = 1 - own;
      }
    }
    return data;
  };
  const Project project = classProject();
  const Outcome a = train(project, weighted(false), folder / "a");
  const Outcome b = train(project, weighted(true), folder / "b");
  ASSERT_FALSE(a.losses.empty());
  EXPECT_EQ(a.losses, b.losses);
  EXPECT_NE(a.losses, train(project, classData(), folder / "c").losses);
}

// The formula is infinite at 0, which follows the end of a sample.
TEST(StepLosses, PaddingDoesNotSpoilTheGradientOfAFormula) {
  const TemporaryFolder folder;
  Project project = sequenceProject([](NetworkBuilder& b) {
    b.add("formula", {{"formula", std::string("gain * log(abs(x))")}});
    b.add("dense", {{"units", count(1)}});
  });
  project.training.heads[0].loss = "mse";
  const Outcome run = train(project, numberData(), folder / "run");
  ASSERT_GE(run.losses.size(), 6u);
  for (const float loss : run.losses) EXPECT_TRUE(std::isfinite(loss)) << loss;
}

TEST(StepLosses, WhatDoesNotFitIsRefused) {
  const auto refusal = [](const Project& project, const Dataset& data) {
    const auto problems = checkAgainstData(project.network, project.training, data.info);
    return problems.empty() ? std::string("none") : problems[0].error.text();
  };
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  const auto data = classData();
  EXPECT_EQ(refusal(classProject(), *data), "none");
  const std::string one = refusal(classProject(), *sequenceData());
  EXPECT_TRUE(has(one, "no target for each of its steps")) << one;
  const Project reduced = sequenceProject([](NetworkBuilder& b) {
    b.add("gru", {{"units", count(4)}});
    b.add("dense", {{"units", count(2)}});
  });
  const std::string reducedText = refusal(reduced, *data);
  EXPECT_TRUE(has(reducedText, "the output is no such sequence")) << reducedText;
  const Project wide = sequenceProject([](NetworkBuilder& b) { denseAndGru(b, 3); });
  const std::string wideText = refusal(wide, *data);
  EXPECT_TRUE(has(wideText, "the output has 3 values, but waves has 2 classes")) << wideText;
  const auto shorter = classData();
  shorter->info.targets[0].sample = Shape{kLongestSequence - 1};
  const std::string shorterText = refusal(classProject(), *shorter);
  EXPECT_TRUE(has(shorterText, "the output has up to 5 steps, but \"kind\" has up to 4")) << shorterText;
}

TEST(StepLosses, LockStepComparesEveryTensor) {
  auto opened = LockStep::open(classProject(), classData(), parseSides({"cpu:1", "cpu:1"}).value(),
                               installedBackends());
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  LockStep& twin = **opened;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(twin.step().ok());
  const ParityRecord record = twin.compare().value();
  for (const TensorParity& tensor : record.sides.at(0).tensors)
    EXPECT_EQ(tensor.difference.largest, 0) << tensor.layer << ' ' << tensor.tensor;
}

// The second value is the number of rows that the first is the mean of.
TEST(StepLosses, BatchesAreWeighedByTheirSteps) {
  std::vector<ReportSlot> slots = {{.name = "loss", .slot = 0}, {.name = "other", .slot = 1, .first = 2}};
  slots[0].counts = {1};
  ReportSums sums{.reducers = reducersOf(slots), .counts = countsOf(slots), .sums = {}};
  const auto add = [&](std::array<float, 3> values, std::int64_t rows) {
    StepReport step;
    step.values = values;
    sums.add(step, rows);
  };
  add({1, 30, 1}, 4);
  add({5, 10, 4}, 2);
  const ReportValues values = sums.values(slots, Phase::Evaluate);
  EXPECT_FLOAT_EQ(values[0], 2);  // (30 + 50) / 40
  EXPECT_FLOAT_EQ(values[1], 2);  // (4 + 8) / 6
}

DataSpec movesSpec(const std::string& path) {
  DataSpec spec;
  spec.kind = DataKind::Csv;
  spec.path = path;
  spec.testFraction = spec.validationFraction = 0;
  spec.series.whole = spec.series.eachStep = true;
  spec.series.group = "id";
  return spec;
}

TEST(StepTargets, EachRowOfASequenceHasAClass) {
  const TempFolder folder;
  const DataSpec spec = movesSpec(
      folder.write("moves.csv", "id,x,kind\na,1,up\na,2,down\nb,5,down\nc,7,down\nc,8,up\nc,9,down\n"));
  const Loaded data = loadDataset(spec).value();
  const DataTensor& target = data->info.targets[0];
  EXPECT_EQ(target.sample, Shape{3});
  EXPECT_TRUE(target.varies);
  const auto down = static_cast<std::int32_t>(std::ranges::find(target.classNames, "down") -
                                              target.classNames.begin()),
             up = 1 - down;
  EXPECT_EQ(data->targets[0].classOf, (std::vector<std::int32_t>{up, down, 0, down, 0, 0, down, up, down}));
  std::vector<std::int64_t> counts(2);
  counts[static_cast<std::size_t>(down)] = 4;
  counts[static_cast<std::size_t>(up)] = 2;
  EXPECT_EQ(target.classCounts, counts) << "without the padding";
  const Preprocessing model = preprocessingOf(*data);
  EXPECT_EQ(preprocessingFromJson(toJson(model), "x").value(), model);
  const auto labelled =
      encodeTable("id,x,kind\np,1,up\nq,4,up\nq,5,down\n", model, "ask.csv", Labels::Needed);
  ASSERT_TRUE(labelled.ok()) << labelled.error().text();
  EXPECT_EQ(labelled->targets[0].classOf, (std::vector<std::int32_t>{up, up, down}));
  EXPECT_EQ(labelled->lengths[0], (std::vector<std::int32_t>{1, 2}));
}

// Numbers of each row are described, standardized by all of them, and returned in their unit.
TEST(StepTargets, EachRowOfASequenceHasANumber) {
  const TemporaryFolder runs;
  const TempFolder folder;
  std::string text = "id,x,y\n";
  for (int i = 0; i < 30; ++i)
    for (int step = 0; step <= i % 4; ++step) {
      const int x = (i * 7 + step * 5) % 11;
      text += std::to_string(i) + "," + std::to_string(x) + "," + std::to_string(100 + 10 * x) + "\n";
    }
  DataSpec spec = movesSpec(folder.write("moves.csv", text));
  spec.classification = false;
  spec.testFraction = 0.2;
  const Loaded data = loadDataset(spec).value();
  EXPECT_EQ(data->info.targets[0].sample, (Shape{4, 1}));
  EXPECT_EQ(data->targets[0].mean.size(), 1u);
  const Preprocessing model = preprocessingOf(*data);
  EXPECT_EQ(preprocessingFromJson(toJson(model), "x").value(), model);
  auto proposal = proposeProject(spec);
  ASSERT_TRUE(proposal.ok()) << proposal.error().text();
  Project project = proposal->project;
  project.training.epochs = 40;
  project.training.batch = 8;
  project.training.device.threads = 1;
  const Outcome run = train(project, data, runs / "run");
  auto weights = loadWeights(run.result.weights, Weights::Best);
  ASSERT_TRUE(weights.ok()) << weights.error().text();
  const std::vector<Head> heads = weights->project.training.heads;
  auto predictor = Predictor::open(*std::move(weights), cpu(), {}, 4);
  ASSERT_TRUE(predictor.ok()) << predictor.error().text();
  const auto samples = encodeSamples(*data, data->part(SplitPart::Test), predictor->preprocessing());
  ASSERT_TRUE(samples.ok()) << samples.error().text();
  EXPECT_EQ(std::ssize(samples->targets[0].valueOf), stepsOf(*data, SplitPart::Test));
  for (const double value : samples->targets[0].valueOf) EXPECT_NEAR(std::remainder(value, 10), 0, 1e-3);
  const auto outputs = evaluateOutputs(*predictor, *samples, heads);
  ASSERT_TRUE(outputs.ok()) << outputs.error().text();
  EXPECT_NEAR(*outputs->at(0).loss, static_cast<double>(run.result.test[0]), 1e-4);
}

TEST(StepTargets, WeightsHaveTheMeanOneOverAllRows) {
  const TempFolder folder;
  DataSpec spec = movesSpec(folder.write(
      "moves.csv", "id,x,w,kind\na,1,1,up\na,2,1,down\nb,5,4,down\nc,7,2,down\nc,8,2,up\nc,9,2,down\n"));
  spec.sampleWeights = "w";
  const Loaded data = loadDataset(spec).value();
  EXPECT_EQ(data->weights.floats, (std::vector<float>{0.5f, 2, 1}));
}

TEST(StepTargets, WindowsHaveNone) {
  const TempFolder folder;
  DataSpec spec = movesSpec(folder.write("moves.csv", "id,x,kind\na,1,up\na,2,down\n"));
  spec.series.whole = false;
  spec.series.steps = 1;
  const auto data = loadDataset(spec);
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(data.error().message, "windows have no target for each of their rows");
}

TEST(GeneratedBursts, HaveAClassForEachStep) {
  DataSpec spec;
  spec.generator = "bursts";
  spec.count = 200;
  const Loaded data = loadDataset(spec).value();
  EXPECT_EQ(data->info.inputs[0].sample, (Shape{40, 1}));
  EXPECT_EQ(data->info.targets[0].sample, Shape{40});
  EXPECT_TRUE(data->info.targets[0].varies);
  const auto [least, most] = std::ranges::minmax(data->lengths[0].classOf);
  EXPECT_GE(least, 24);
  EXPECT_LE(most, 40);
  EXPECT_LT(least, most);
  std::int64_t training = 0;
  for (const std::int64_t number : data->info.targets[0].classCounts) training += number;
  EXPECT_EQ(training, stepsOf(*data, SplitPart::Train));
  const auto probed = probeDataset(spec).value();
  EXPECT_EQ(probed.inputs[0].sample, data->info.inputs[0].sample);
  EXPECT_EQ(probed.targets[0].sample, data->info.targets[0].sample);
}

}  // namespace
}  // namespace tandem
