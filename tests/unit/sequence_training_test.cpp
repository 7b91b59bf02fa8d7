// Training and predictions on samples that differ in length: what follows the end of a sample has no influence.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "core/runtime/registry.h"
#include "core/train/output_evaluation.h"
#include "core/train/predictor.h"
#include "core/train/trainer.h"
#include "core/twin/lock_step.h"
#include "tests/unit/sequence_data.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using namespace testing;
using Ints = std::vector<std::int64_t>;
using Builder = std::function<void(NetworkBuilder&)>;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

AttrValue count(std::int64_t n) {
  return n;
}

void logits(NetworkBuilder& b) {
  b.add("dense", {{"units", count(2)}}, "logits");
}

// Networks that reduce sequences in different ways, by what they test.
const std::map<std::string, Builder>& networks() {
  static const std::map<std::string, Builder> all{
      {"mean of steps",
       [](NetworkBuilder& b) {
         b.add("dense", {{"units", count(6)}, {"activation", std::string("tanh")}});
         b.add("layer_norm");
         b.add("global_average_pool1d");
         logits(b);
       }},
      {"layers that keep steps",
       [](NetworkBuilder& b) {
         const LayerId entry = b.add("dense", {{"units", count(6)}});
         b.add("rms_norm");
         const LayerId branch = b.add("prelu");
         b.join("add", entry, branch);
         b.join("concat", b.last(), branch);
         b.add("formula", {{"formula", std::string("x * sigmoid(beta * x)")}});
         b.add("dropout", {{"rate", 0.25}});
         b.add("activation", {{"function", std::string("softmax")}});
         b.add("last_step");
         logits(b);
       }},
      {"a formula without a value for the padding",
       [](NetworkBuilder& b) {
         b.add("formula", {{"formula", std::string("gain * log(x * x)")}});
         b.add("dense", {{"units", count(6)}, {"activation", std::string("tanh")}});
         b.add("global_average_pool1d");
         logits(b);
       }},
      {"convolution and maximum",
       [](NetworkBuilder& b) {
         b.add("conv1d", {{"filters", count(6)}, {"padding", std::string("same")}});
         b.add("max_pool1d");
         b.add("last_step");
         logits(b);
       }},
      {"shorter sequences",
       [](NetworkBuilder& b) {
         b.add("conv1d", {{"filters", count(6)}, {"activation", std::string("gelu")}});
         b.add("average_pool1d", {{"stride", count(1)}});
         b.add("global_max_pool1d");
         logits(b);
       }},
      {"attention",
       [](NetworkBuilder& b) {
         const LayerId entry = b.add("dense", {{"units", count(8)}});
         const LayerId seen =
             b.add("attention",
                   {{"heads", count(2)}, {"kv_heads", count(1)}, {"positions", std::string("rotary")}});
         b.join("add", entry, seen);
         b.add("layer_norm");
         b.add("global_average_pool1d");
         logits(b);
       }},
      {"strided branches",
       [](NetworkBuilder& b) {
         const Attrs strided{{"filters", count(4)}, {"stride", count(2)}, {"padding", std::string("same")}};
         Attrs narrow = strided;
         narrow.set("kernel", count(1));
         const LayerId entry = b.last(), wide = b.add("conv1d", strided);
         b.join("add", wide, b.addTo(entry, "conv1d", narrow));
         b.add("slice", {{"axis", count(2)}, {"start", count(1)}, {"size", count(2)}});
         b.add("last_step");
         logits(b);
       }},
      {"causal convolution",
       [](NetworkBuilder& b) {
         b.add("conv1d", {{"filters", count(4)}, {"padding", std::string("causal")}, {"stride", count(2)}});
         b.add("max_pool1d", {{"window", count(2)}, {"stride", count(1)}, {"padding", std::string("same")}});
         b.add("global_average_pool1d");
         logits(b);
       }},
  };
  return all;
}

void flat(NetworkBuilder& b) {
  b.add("flatten");
  b.add("dense", {{"units", count(6)}, {"activation", std::string("relu")}});
  logits(b);
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
  Checkpoint checkpoint;
};

Outcome train(const Project& project, std::shared_ptr<const Dataset> data,
              const std::filesystem::path& folder, std::optional<std::filesystem::path> resume = {}) {
  Outcome outcome;
  Losses losses;
  auto trainer = Trainer::create({.project = project,
                                  .data = std::move(data),
                                  .backend = &cpu(),
                                  .folder = folder,
                                  .resume = std::move(resume),
                                  .observers = {&losses}});
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return outcome;
  (*trainer)->start();
  outcome.result = (*trainer)->join();
  EXPECT_EQ(outcome.result.state, TrainState::Finished)
      << (outcome.result.error ? outcome.result.error->text() : "");
  outcome.losses = losses.all;
  // Without a series, no field describes numbers of each step.
  if (project.training.heads[0].loss.def().target == TargetKind::Values) return outcome;
  auto checkpoint = loadWeights(outcome.result.weights, Weights::Last);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.error().text();
  if (checkpoint.ok()) outcome.checkpoint = *std::move(checkpoint);
  return outcome;
}

void expectSameWeights(const Checkpoint& a, const Checkpoint& b) {
  ASSERT_EQ(a.parameters.size(), b.parameters.size());
  for (std::size_t i = 0; i < a.parameters.size(); ++i)
    EXPECT_EQ(a.parameters[i].values, b.parameters[i].values) << a.parameters[i].name;
}

TEST(SequenceTraining, WhatFollowsTheEndDoesNotChangeABit) {
  const TemporaryFolder folder;
  std::map<std::string, Builder> all = networks();
  all["flatten"] = flat;
  for (const auto& [name, build] : all)
    for (const Precision precision : {Precision::Fp32, Precision::Bf16}) {
      SCOPED_TRACE(name + " in " + std::string(nameOf(precision)));
      Project project = sequenceProject(build);
      project.training.device.precision = precision;
      const std::string run = name + std::string(nameOf(precision));
      const Outcome clean = train(project, sequenceData(), folder / (run + " clean"));
      const Outcome spoiled =
          train(project, sequenceData(kLongestSequence, 37.0f), folder / (run + " spoiled"));
      ASSERT_GE(clean.losses.size(), 6u);
      EXPECT_EQ(clean.losses, spoiled.losses);
      EXPECT_EQ(clean.result.test, spoiled.result.test);
      expectSameWeights(clean.checkpoint, spoiled.checkpoint);
    }
}

TEST(SequenceTraining, TheEndOfASampleCounts) {
  const TemporaryFolder folder;
  const Project project = sequenceProject(networks().at("mean of steps"));
  auto longer = sequenceData(kLongestSequence, 1.0f);
  for (std::int32_t& length : longer->lengths[0].classOf) length = kLongestSequence;
  EXPECT_NE(train(project, sequenceData(), folder / "a").losses, train(project, longer, folder / "b").losses);
}

// The same weights in a network for longer samples.
Checkpoint forSteps(Checkpoint checkpoint, std::int64_t steps) {
  const Shape sample{steps, kSequenceFeatures};
  Network& network = checkpoint.project.network;
  const Status set = network.setProperty(network.inputs()[0], "shape", Ints{steps, kSequenceFeatures});
  EXPECT_TRUE(set.ok());
  checkpoint.sample = sample;
  checkpoint.preprocessing = unnamedFields(sample, {"low", "high"});
  return checkpoint;
}

Predictor::Values answersOf(const Checkpoint& checkpoint, const Dataset& data) {
  auto predictor = Predictor::open(checkpoint, cpu(), {}, 7);
  EXPECT_TRUE(predictor.ok()) << predictor.error().text();
  if (!predictor.ok()) return {};
  const auto samples = encodeSamples(data, data.part(SplitPart::Test), predictor->preprocessing());
  EXPECT_TRUE(samples.ok()) << samples.error().text();
  if (!samples.ok()) return {};
  EXPECT_EQ(samples->lengths[0].size(), data.part(SplitPart::Test).size());
  return predictor->run(samples->inputs, samples->lengths).value();
}

TEST(SequenceTraining, PredictionsDoNotDependOnThePadding) {
  const TemporaryFolder folder;
  for (const auto& [name, build] : networks()) {
    SCOPED_TRACE(name);
    const Outcome run = train(sequenceProject(build), sequenceData(), folder / name);
    const Predictor::Values a = answersOf(run.checkpoint, *sequenceData());
    const Predictor::Values b = answersOf(forSteps(run.checkpoint, 9), *sequenceData(9, 11.0f));
    ASSERT_EQ(a.size(), 1u);
    ASSERT_EQ(b.size(), 1u);
    ASSERT_EQ(a[0].size(), b[0].size());
    for (std::size_t i = 0; i < a[0].size(); ++i) EXPECT_NEAR(a[0][i], b[0][i], 1e-5) << i;
  }
}

TEST(SequenceTraining, EvaluationAgreesWithTraining) {
  const TemporaryFolder folder;
  const auto data = sequenceData();
  for (const auto& [name, build] : networks()) {
    SCOPED_TRACE(name);
    const Outcome run = train(sequenceProject(build), data, folder / name);
    ASSERT_TRUE(run.result.hasTest);
    auto best = loadWeights(run.result.weights, Weights::Best);
    ASSERT_TRUE(best.ok());
    auto predictor = Predictor::open(*std::move(best), cpu(), {}, 4);
    ASSERT_TRUE(predictor.ok()) << predictor.error().text();
    const auto samples =
        encodeSamples(*data, data->part(SplitPart::Test), predictor->preprocessing()).value();
    const auto outputs = evaluateOutputs(*predictor, samples, run.checkpoint.project.training.heads);
    ASSERT_TRUE(outputs.ok()) << outputs.error().text();
    EXPECT_NEAR(*outputs->at(0).loss, static_cast<double>(run.result.test[0]), 1e-4);
  }
}

// With the identity as the dense layer, so that the answer is the pooled step.
TEST(SequenceTraining, PoolingsEndWithTheSample) {
  const TemporaryFolder folder;
  const std::vector<float> sample{1, -1, 5, -2, 3, -6, 100, 100, -100, -100};
  const std::map<std::string, std::vector<float>> expected{
      {"global_average_pool1d", {3, -3}}, {"global_max_pool1d", {5, -1}}, {"last_step", {3, -6}}};
  for (const auto& [type, answer] : expected) {
    SCOPED_TRACE(type);
    const std::string layer = type;
    const Builder build = [&layer](NetworkBuilder& b) {
      b.add(layer);
      logits(b);
    };
    Checkpoint checkpoint = train(sequenceProject(build), sequenceData(), folder / type).checkpoint;
    for (NamedArray& array : checkpoint.parameters)
      array.values =
          array.name == "logits/kernel" ? std::vector<float>{1, 0, 0, 1} : std::vector<float>{0, 0};
    auto predictor = Predictor::open(checkpoint, cpu(), {}, 3);
    ASSERT_TRUE(predictor.ok()) << predictor.error().text();
    const std::vector<std::vector<float>> inputs{sample};
    const std::vector<std::vector<std::int32_t>> lengths{{3}};
    const auto values = predictor->run(inputs, lengths);
    ASSERT_TRUE(values.ok()) << values.error().text();
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(values->at(0)[i], answer[i], 1e-5);
    // Without lengths, all steps count.
    const auto whole = predictor->run(inputs);
    ASSERT_TRUE(whole.ok());
    EXPECT_NE(whole->at(0), values->at(0));
  }
}

TEST(SequenceTraining, ResumesBitEqual) {
  const TemporaryFolder folder;
  const auto data = sequenceData();
  Project project = sequenceProject(networks().at("convolution and maximum"));
  project.training.epochs = 4;
  const Outcome whole = train(project, data, folder / "whole");
  project.training.epochs = 2;
  const Outcome first = train(project, data, folder / "first");
  project.training.epochs = 4;
  const Outcome second = train(project, data, folder / "second", first.result.weights);
  std::vector<float> joined = first.losses;
  joined.insert(joined.end(), second.losses.begin(), second.losses.end());
  EXPECT_EQ(joined, whole.losses);
  expectSameWeights(whole.checkpoint, second.checkpoint);
}

TEST(SequenceTraining, LockStepComparesEveryTensor) {
  const Project project = sequenceProject(networks().at("shorter sequences"));
  auto opened = LockStep::open(project, sequenceData(), parseSides({"cpu:1", "cpu:1", "cpu:1,bf16"}).value(),
                               installedBackends());
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  LockStep& twin = **opened;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(twin.step().ok());
  const ParityRecord record = twin.compare().value();
  ASSERT_EQ(record.sides.size(), 2u);
  for (const TensorParity& tensor : record.sides[0].tensors)
    EXPECT_EQ(tensor.difference.largest, 0) << tensor.layer << ' ' << tensor.tensor;
  // An op that reads the lengths can run again to find the cause of a difference.
  const SideParity& half = record.sides[1];
  const auto pooled = std::ranges::find_if(half.tensors, [](const TensorParity& tensor) {
    return tensor.layer == "global_max_pool1d" && tensor.kind == TensorKind::Activation;
  });
  ASSERT_NE(pooled, half.tensors.end());
  const auto cause = twin.explain(half, static_cast<std::size_t>(pooled - half.tensors.begin()));
  ASSERT_TRUE(cause.ok()) << cause.error().text();
  EXPECT_EQ(cause->op, "pool_steps");
  EXPECT_EQ(cause->alternatives[0].refused, "");
}

// A class for each step: the sign of its first feature. All samples have all steps.
TEST(SequenceTraining, TrainsForTheClassOfEachStep) {
  const TemporaryFolder folder;
  const auto data = sequenceData(kLongestSequence, 0.3f);
  data->info.inputs[0].varies = false;
  data->info.lengths.clear();
  data->lengths.clear();
  data->info.targets[0].sample = Shape{kLongestSequence};
  data->targets[0].classOf.clear();
  for (std::size_t i = 0; i < data->inputs[0].floats.size(); i += kSequenceFeatures)
    data->targets[0].classOf.push_back(data->inputs[0].floats[i] > 0 ? 1 : 0);
  const Builder build = [](NetworkBuilder& b) {
    b.add("dense", {{"units", count(8)}, {"activation", std::string("tanh")}});
    logits(b);
  };
  Project project = sequenceProject(build);
  ASSERT_TRUE(project.network.setProperty(project.network.inputs()[0], "varies", count(0)).ok());
  project.training.epochs = 60;
  project.training.heads[0].metrics = {"accuracy", "confusion_matrix"};
  const Outcome run = train(project, data, folder / "run");
  ASSERT_EQ(run.result.state, TrainState::Finished);
  const ReportSlot* accuracy = findSlot(run.result.slots, "accuracy");
  ASSERT_NE(accuracy, nullptr);
  EXPECT_GT(run.result.test[static_cast<std::size_t>(accuracy->slot)], 0.85f);
  ASSERT_EQ(run.result.testMatrices.size(), 1u);
  std::int64_t steps = 0;
  for (const std::int64_t number : run.result.testMatrices[0]) steps += number;
  EXPECT_EQ(steps, std::ssize(data->part(SplitPart::Test)) * kLongestSequence);

  auto best = loadWeights(run.result.weights, Weights::Best);
  ASSERT_TRUE(best.ok());
  auto predictor = Predictor::open(*std::move(best), cpu(), {}, 4);
  ASSERT_TRUE(predictor.ok()) << predictor.error().text();
  const auto samples = encodeSamples(*data, data->part(SplitPart::Test), predictor->preprocessing()).value();
  const auto outputs = evaluateOutputs(*predictor, samples, run.checkpoint.project.training.heads);
  ASSERT_TRUE(outputs.ok()) << outputs.error().text();
  EXPECT_EQ(outputs->at(0).targets[0].scores.confusion, run.result.testMatrices[0]);

  // Samples that differ in length need targets that do.
  const auto varying = sequenceData();
  varying->info.targets[0].sample = Shape{kLongestSequence};
  const auto problems = checkAgainstData(sequenceProject(build).network, project.training, varying->info);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].error.message.find("whose length varies"), std::string::npos)
      << problems[0].error.text();
}

// Numbers for each step.
TEST(SequenceTraining, TrainsForTheValuesOfEachStep) {
  const TemporaryFolder folder;
  const auto data = sequenceData();
  data->info.inputs[0].varies = false;
  data->info.lengths.clear();
  data->lengths.clear();
  data->info.targets[0] = {.name = "half", .sample = Shape{kLongestSequence, 1}};
  data->targets[0] = {};
  for (std::size_t i = 0; i < data->inputs[0].floats.size(); i += kSequenceFeatures)
    data->targets[0].floats.push_back(0.5f * data->inputs[0].floats[i]);
  data->targets[0].mean.assign(kLongestSequence, 0.0f);
  data->targets[0].scale.assign(kLongestSequence, 1.0f);
  const Builder build = [](NetworkBuilder& b) { b.add("dense", {{"units", count(1)}}); };
  Project project = sequenceProject(build);
  ASSERT_TRUE(project.network.setProperty(project.network.inputs()[0], "varies", count(0)).ok());
  project.training.epochs = 60;
  project.training.heads[0].loss = "mse";
  const Outcome run = train(project, data, folder / "run");
  ASSERT_EQ(run.result.state, TrainState::Finished);
  EXPECT_LT(run.result.test[0], 0.01f);
}

// Tokens reach the embedding as whole numbers, in training and in predictions.
TEST(SequenceTraining, TrainsOnTokens) {
  const TemporaryFolder folder;
  const auto data = sequenceData();
  data->info.inputs[0] = {.name = "text", .sample = Shape{kLongestSequence}, .classes = 4};
  data->info.inputs[0].classNames = {"", "?", "low", "high"};
  data->info.inputs[0].varies = true;
  data->inputs[0] = {};
  for (std::size_t i = 0; i < data->targets[0].classOf.size(); ++i)
    for (std::int32_t step = 0; step < kLongestSequence; ++step)
      data->inputs[0].classOf.push_back(step < data->lengths[0].classOf[i] ? 2 + data->targets[0].classOf[i]
                                                                           : 0);
  Project project = sequenceProject([](NetworkBuilder& b) {
    b.add("global_average_pool1d");
    logits(b);
  });
  Network network;
  LayerId last =
      network
          .add("input", "text",
               {{"shape", Ints{kLongestSequence}}, {"values", std::string("tokens")}, {"varies", count(1)}})
          .value();
  for (const char* type : {"embedding", "global_average_pool1d", "dense"}) {
    const LayerId id = network.add(type).value();
    network.connect(last, id).value();
    last = id;
  }
  ASSERT_TRUE(network.setProperty(last, "units", count(2)).ok());
  project.network = network;
  project.training.epochs = 20;
  const Outcome run = train(project, data, folder / "run");
  ASSERT_EQ(run.result.state, TrainState::Finished);
  const ReportSlot* accuracy = findSlot(run.result.slots, "accuracy");
  ASSERT_NE(accuracy, nullptr);
  EXPECT_EQ(run.result.test[static_cast<std::size_t>(accuracy->slot)], 1.0f);
  const Predictor::Values answers = answersOf(run.checkpoint, *data);
  ASSERT_EQ(answers.size(), 1u);
  const auto& test = data->part(SplitPart::Test);
  for (std::size_t i = 0; i < test.size(); ++i)
    EXPECT_EQ(answers[0][2 * i + 1] > answers[0][2 * i],
              data->targets[0].classOf[static_cast<std::size_t>(test[i])] == 1);
}

}  // namespace
}  // namespace tandem
