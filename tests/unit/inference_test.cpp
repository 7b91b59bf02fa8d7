// Plans for inference: no memory for training, batch norms folded into the layers before them, long lists of
// samples in chunks, and the answers of the evaluate phase of training.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/philox.h"
#include "core/runtime/registry.h"
#include "core/train/blocks.h"
#include "core/train/predictor.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = 2 * uniform01(philox(seed, 0, i).v[0]) - 1;
  return values;
}

// Of a network with one input and one output.
Result<std::vector<float>> only(Result<Predictor::Values> values) {
  if (!values.ok()) return values.error();
  return std::move(values->at(0));
}
Result<std::vector<float>> predict(Predictor& predictor, std::span<const float> features) {
  return only(predictor.predict(std::vector<std::vector<float>>{{features.begin(), features.end()}}));
}
Result<std::vector<float>> outputs(Predictor& predictor, std::span<const float> features) {
  return only(predictor.run(std::vector<std::vector<float>>{{features.begin(), features.end()}}));
}

Attrs function(std::string_view name) {
  return {{"function", std::string(name)}};
}

// A checkpoint with statistics as after training, and the network's output in the evaluate phase of training.
struct Trained {
  Checkpoint checkpoint;
  std::vector<float> features, answers;
};

using Spoil = void (*)(Checkpoint& checkpoint);

Trained trained(const Network& network, const Shape& sample, std::int64_t rows, Spoil spoil = nullptr) {
  DatasetInfo data;
  data.name = "numbers";
  data.inputs[0].sample = sample;
  data.targets[0].sample = {analyze(network).shapeOf(network.outputs()[0])->elements()};
  Trained t;
  t.checkpoint.project.network = network;
  TrainingConfig& training = t.checkpoint.project.training;
  training.batch = rows;
  training.heads[0].loss = "mse";
  NetRunner net = NetRunner::open(network, training, data).value();
  EXPECT_TRUE(readBlocks(net.plan(), net.session(), t.checkpoint).ok());
  std::uint64_t seed = 1;
  for (auto* arrays : {&t.checkpoint.parameters, &t.checkpoint.states})
    for (NamedArray& array : *arrays) {
      const std::vector<float> more = noise(array.values.size(), ++seed);
      for (std::size_t i = 0; i < more.size(); ++i)
        array.values[i] += 0.5f * more[i];  // variances of 0.5 to 1.5
    }
  if (spoil) spoil(t.checkpoint);
  EXPECT_TRUE(writeBlocks(net.plan(), net.session(), t.checkpoint).ok());
  t.checkpoint.sample = sample;
  t.features = noise(static_cast<std::size_t>(rows * sample.elements()), 99);
  const std::vector<float> labels(static_cast<std::size_t>(rows * data.targets[0].sample.elements()));
  EXPECT_TRUE(net.run(Phase::Evaluate, t.features.data(), labels.data()).ok());
  t.answers = net.output();
  return t;
}

void expectClose(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  float largest = 1;
  for (const float x : b) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-5f * largest) << i;
}

int count(const Plan& plan, std::string_view op) {
  return static_cast<int>(
      std::ranges::count_if(plan.evaluate.program.nodes, [&](const Node& n) { return n.op->name == op; }));
}

// Every place of a batch norm that can be folded.
Network foldable() {
  NetworkBuilder b({9, 9, 4});
  b.conv(8, 3, 2, false);
  b.add("batch_norm");
  const LayerId entry = b.add("activation", function("relu"));
  b.conv(8, 3, 1, true, "none", 4);
  b.add("batch_norm", {{"epsilon", 1e-5}});
  b.add("batch_norm");
  const LayerId norm = b.last();
  b.addTo(entry, "activation", function("tanh"));
  b.join("add", norm, b.conv(8, 1, 1, false));
  b.add("activation", function("relu"));
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{12}}});
  b.add("batch_norm");
  b.add("activation", function("relu"));
  b.add("dense", {{"units", std::int64_t{5}}, {"use_bias", std::int64_t{0}}});
  b.add("batch_norm");
  return b.take();
}

// Batch norms that must remain: after the data, an activation, a pooling; of a convolution that others read.
Network unfoldable() {
  NetworkBuilder b({8, 8, 3});
  b.add("batch_norm");
  b.conv(6, 3, 1, true, "relu");
  b.add("batch_norm");
  b.add("max_pool2d");
  b.add("batch_norm");
  const LayerId shared = b.conv(6, 3);
  b.add("batch_norm");
  b.join("add", b.last(), shared);
  b.add("global_average_pool2d");
  return b.take();
}

TEST(Inference, APlanHoldsNothingForTraining) {
  const testing::Workload work = testing::workload("resnet20");
  const auto plan = compileForInference(work.network, work.network.outputs(), 1, {}, cpu());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  const Plan& p = **plan;
  EXPECT_FALSE(p.trains());
  EXPECT_EQ(p.gradientBytes + p.optimizerBytes, 0u);
  EXPECT_EQ(p.evaluate.inputs.size(), 1u) << "no labels";
  for (const Node& node : p.evaluate.program.nodes) EXPECT_EQ(node.part, Part::Forward);
  EXPECT_EQ(count(p, "batch_norm_inference"), 0);
  EXPECT_EQ(p.stateBytes, 0u);

  auto session = cpu().open(*plan);
  ASSERT_TRUE(session.ok()) << session.error().text();
  const MemoryUse use = (*session)->memory();
  EXPECT_EQ(use.gradients + use.optimizer + use.states, 0u);
  EXPECT_EQ(use.weights, p.forecast.weights);
  TrainingConfig training;
  training.batch = 1;
  const auto whole = compile(work.network, training, work.data, cpu());
  ASSERT_TRUE(whole.ok());
  EXPECT_LT(p.forecast.activations * 2, (*whole)->forecast.activations);
}

TEST(Inference, FoldedBatchNormsAnswerLikeTheEvaluatePhase) {
  const Trained t = trained(foldable(), {9, 9, 4}, 7);
  auto p = Predictor::open(t.checkpoint, cpu(), {}, 7);
  ASSERT_TRUE(p.ok()) << p.error().text();
  const auto answers = predict(*p, t.features);
  ASSERT_TRUE(answers.ok()) << answers.error().text();
  EXPECT_EQ(p->plan().folds.size(), 5u);
  EXPECT_EQ(count(p->plan(), "batch_norm_inference"), 0);
  expectClose(*answers, t.answers);
}

TEST(Inference, FoldsOnlyWhereTheFunctionStaysTheSame) {
  const Trained t = trained(unfoldable(), {8, 8, 3}, 5);
  auto p = Predictor::open(t.checkpoint, cpu(), {}, 5);
  ASSERT_TRUE(p.ok()) << p.error().text();
  EXPECT_EQ(p->plan().folds.size(), 0u);
  EXPECT_EQ(count(p->plan(), "batch_norm_inference"), 4);
  expectClose(*predict(*p, t.features), t.answers);
}

// The channels of a transposed convolution's result are the last ones of its kernel.
TEST(Inference, FoldsNothingIntoTransposedConvolutions) {
  NetworkBuilder b({6, 6, 3});
  for (const bool bias : {true, false}) {
    b.add("conv2d_transpose", {{"filters", std::int64_t{3}},
                               {"kernel", std::vector<std::int64_t>{2, 2}},
                               {"use_bias", std::int64_t{bias}}});
    b.add("batch_norm");
  }
  b.add("global_average_pool2d");
  const Trained t = trained(b.take(), {6, 6, 3}, 5);
  auto p = Predictor::open(t.checkpoint, cpu(), {}, 5);
  ASSERT_TRUE(p.ok()) << p.error().text();
  EXPECT_EQ(p->plan().folds.size(), 0u);
  EXPECT_EQ(count(p->plan(), "batch_norm_inference"), 2);
  expectClose(*predict(*p, t.features), t.answers);
}

// Convolutions and dense layers of sequences compute on another view of them.
TEST(Inference, FoldsAndFusesIntoLayersOfSequences) {
  NetworkBuilder b({10, 3});
  for (const bool bias : {true, false}) {
    b.add("conv1d",
          {{"filters", std::int64_t{6}}, {"kernel", std::int64_t{3}}, {"use_bias", std::int64_t{bias}}});
    b.add("batch_norm");
    b.add("activation", function("relu"));
  }
  b.add("max_pool1d");
  b.add("dense", {{"units", std::int64_t{5}}});
  b.add("batch_norm");
  b.add("activation", function("tanh"));
  const LayerId shared = b.add("conv1d", {{"filters", std::int64_t{5}}, {"kernel", std::int64_t{1}}});
  b.add("batch_norm");  // remains, because others read the convolution
  b.join("add", b.last(), shared);
  b.add("activation", function("gelu"));
  b.add("flatten");
  const Trained t = trained(b.take(), {10, 3}, 5);
  auto p = Predictor::open(t.checkpoint, cpu(), {}, 5);
  ASSERT_TRUE(p.ok()) << p.error().text();
  EXPECT_EQ(p->plan().folds.size(), 3u);
  EXPECT_EQ(count(p->plan(), "batch_norm_inference"), 1);
  EXPECT_EQ(count(p->plan(), "bias_add"), 0);
  EXPECT_EQ(count(p->plan(), "activation"), 1) << "that of the sum";
  expectClose(*predict(*p, t.features), t.answers);
}

TEST(Inference, WorkloadsAnswerLikeTheEvaluatePhase) {
  for (const char* name : {"mlp", "lenet", "resnet20", "mobile"}) {
    SCOPED_TRACE(name);
    const testing::Workload work = testing::workload(name);
    const Trained t = trained(work.network, work.data.inputs[0].sample, 3);
    auto p = Predictor::open(t.checkpoint, cpu(), {}, 3);
    ASSERT_TRUE(p.ok()) << p.error().text();
    const auto answers = predict(*p, t.features);
    ASSERT_TRUE(answers.ok()) << answers.error().text();
    expectClose(*answers, t.answers);
  }
}

// Scaled by 1e9, weights might overflow though the batch norm's result does not.
TEST(Inference, ExtremeScalesAreNotFolded) {
  const Trained t = trained(foldable(), {9, 9, 4}, 2, [](Checkpoint& checkpoint) {
    for (NamedArray& array : checkpoint.parameters) {
      if (array.name.ends_with("/gamma")) array.values[0] = 1e9f;
      if (array.name.ends_with("/kernel")) array.values[0] *= 1e-9f;
    }
  });
  auto p = Predictor::open(t.checkpoint, cpu(), {}, 2);
  ASSERT_TRUE(p.ok()) << p.error().text();
  EXPECT_TRUE(p->plan().folds.empty());
  expectClose(*predict(*p, t.features), t.answers);
}

TEST(Inference, HalfPrecisionIsNotFolded) {
  const Network network = foldable();
  const auto plan = compileForInference(network, network.outputs(), 1, {.precision = Precision::Bf16}, cpu());
  ASSERT_TRUE(plan.ok()) << plan.error().text();
  EXPECT_TRUE((*plan)->folds.empty());
}

TEST(Inference, OneSampleAtATimeAnswersLikeAll) {
  const Trained t = trained(foldable(), {9, 9, 4}, 11);
  auto all = Predictor::open(t.checkpoint, cpu(), {}, 4), each = Predictor::open(t.checkpoint, cpu(), {}, 4);
  ASSERT_TRUE(all.ok() && each.ok());
  const auto answers = predict(*all, t.features);
  ASSERT_TRUE(answers.ok()) << answers.error().text();
  EXPECT_EQ(all->plan().batch, 4);
  const std::size_t perSample = t.features.size() / 11;
  std::vector<float> singly;
  for (std::size_t row = 0; row < 11; ++row) {
    const auto answer = predict(*each, std::span(t.features).subspan(row * perSample, perSample));
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    singly.insert(singly.end(), answer->begin(), answer->end());
  }
  EXPECT_EQ(each->plan().batch, 1);
  expectClose(singly, *answers);
  expectClose(*answers, t.answers);
  EXPECT_EQ(*predict(*all, t.features), *answers);  // the batch stays, and so does every bit
  EXPECT_TRUE(predict(*all, {})->empty());
}

TEST(Inference, ALongListNeedsNoMoreMemoryThanAShortOne) {
  NetworkBuilder b({96, 96, 3});
  b.conv(96, 1, 1, true, "relu");
  b.add("global_max_pool2d");
  const Network network = b.take();
  const Trained t = trained(network, {96, 96, 3}, 1);
  auto p = Predictor::open(t.checkpoint, cpu(), {}, 1024);
  ASSERT_TRUE(p.ok()) << p.error().text();
  const std::size_t perSample = t.features.size();
  std::vector<float> many;
  for (int i = 0; i < 90; ++i) many.insert(many.end(), t.features.begin(), t.features.end());
  const auto some = predict(*p, std::span(many).first(45 * perSample));
  ASSERT_TRUE(some.ok()) << some.error().text();
  const std::size_t used = p->memory().total();
  EXPECT_LT(used, std::size_t{140} << 20);
  const auto answers = predict(*p, many);
  ASSERT_TRUE(answers.ok()) << answers.error().text();
  EXPECT_LE(p->memory().total(), std::size_t{140} << 20);
  EXPECT_LT(p->plan().batch, 45);
  ASSERT_EQ(answers->size(), 90u * 96u);
  for (std::size_t row = 0; row < 90; ++row)
    expectClose({answers->begin() + static_cast<std::ptrdiff_t>(row * 96),
                 answers->begin() + static_cast<std::ptrdiff_t>(row * 96 + 96)},
                t.answers);
}

TEST(Inference, ANetworkThatChangesNothingReturnsItsInput) {
  NetworkBuilder b({2, 3, 1});
  b.add("dropout");
  b.add("flatten");
  Checkpoint checkpoint;
  checkpoint.project.network = b.take();
  checkpoint.project.training.heads[0].loss = "mse";
  checkpoint.sample = {2, 3, 1};
  auto p = Predictor::open(checkpoint, cpu(), {}, 8);
  ASSERT_TRUE(p.ok()) << p.error().text();
  const std::vector<float> samples = noise(18, 4);
  const auto answers = predict(*p, samples);
  ASSERT_TRUE(answers.ok()) << answers.error().text();
  EXPECT_EQ(*answers, samples);
}

// Kernels convert frozen weights once, but again after they were written.
TEST(Inference, WeightsMayBeWrittenAgain) {
  const Network network = foldable();
  const auto plan = compileForInference(network, network.outputs(), 1, {}, cpu());
  ASSERT_TRUE(plan.ok());
  const auto run = [&](Session& session, std::uint64_t seed, const std::vector<float>& features) {
    const std::vector<float> weights = noise((*plan)->parameterBytes / sizeof(float), seed);
    EXPECT_TRUE(session.write(Role::Parameter, 0, std::as_bytes(std::span(weights))).ok());
    const void* const tensor = features.data();
    EXPECT_TRUE(session.submit(Phase::Evaluate, {.tensors = {&tensor, 1}}).ok());
    std::vector<float> answer(5);
    EXPECT_TRUE(session
                    .readValue(Phase::Evaluate, (*plan)->evaluate.outputs[0].value,
                               std::as_writable_bytes(std::span(answer)))
                    .ok());
    return answer;
  };
  const std::vector<float> features = noise(9 * 9 * 4, 3);
  auto a = cpu().open(*plan), b = cpu().open(*plan);
  ASSERT_TRUE(a.ok() && b.ok());
  const auto first = run(**a, 1, features), second = run(**a, 2, features);
  EXPECT_NE(first, second);
  EXPECT_EQ(second, run(**b, 2, features));
}

// oneDNN's relu would turn them into 0.
TEST(Inference, WeightsThatAreNotNumbersShow) {
  for (const char* weight : {"/kernel", "/beta"}) {
    NetworkBuilder b({6, 6, 3});
    b.conv(16, 3, 1, false);
    b.add("batch_norm");
    b.add("activation", function("relu"));
    b.add("global_average_pool2d");
    Trained t = trained(b.take(), {6, 6, 3}, 1);
    for (NamedArray& array : t.checkpoint.parameters)
      if (array.name.ends_with(weight)) array.values[0] = std::numeric_limits<float>::quiet_NaN();
    auto p = Predictor::open(t.checkpoint, cpu(), {});
    ASSERT_TRUE(p.ok()) << p.error().text();
    const auto answer = predict(*p, t.features);
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(std::isnan(answer->front())) << weight;
  }
}

// Makes a classifier of a checkpoint that was trained with another loss.
void makeClassifier(Checkpoint& checkpoint, const LossConfig& loss, const std::vector<std::string>& classes) {
  checkpoint.project.training.heads[0].loss = loss;
  checkpoint.preprocessing = unnamedFields(checkpoint.sample, classes);
}

TEST(Inference, TheOutputsBeforeAFinalSoftmaxAreLogits) {
  NetworkBuilder b({4});
  b.add("dense", {{"units", std::int64_t{3}}});
  Trained t = trained(b.take(), {4}, 1);
  Network& network = t.checkpoint.project.network;
  const LayerId dense = network.outputs()[0].layer;
  const LayerId softmax = network.add("activation", {}, function("softmax")).value();
  ASSERT_TRUE(network.connect(dense, softmax).ok());
  makeClassifier(t.checkpoint, "softmax_cross_entropy", {"a", "b", "c"});
  auto p = Predictor::open(t.checkpoint, cpu(), {});
  ASSERT_TRUE(p.ok()) << p.error().text();
  EXPECT_EQ(p->outputs()[0].meaning, OutputMeaning::SoftmaxLogits);
  expectClose(*outputs(*p, t.features), t.answers);
  std::vector<float> probabilities;
  float sum = 0;
  for (const float x : t.answers) sum += probabilities.emplace_back(std::exp(x));
  for (float& x : probabilities) x /= sum;
  expectClose(*predict(*p, t.features), probabilities);
}

TEST(Inference, TheOutputsBeforeAFinalSigmoidAreLogits) {
  NetworkBuilder b({4});
  b.add("dense", {{"units", std::int64_t{1}}});
  Trained t = trained(b.take(), {4}, 1);
  Network& network = t.checkpoint.project.network;
  ASSERT_TRUE(network.setProperty(network.outputs()[0].layer, "activation", std::string("sigmoid")).ok());
  makeClassifier(t.checkpoint, "binary_cross_entropy", {"no", "yes"});
  auto p = Predictor::open(t.checkpoint, cpu(), {});
  ASSERT_TRUE(p.ok()) << p.error().text();
  EXPECT_EQ(p->outputs()[0].meaning, OutputMeaning::SigmoidLogits);
  expectClose(*outputs(*p, t.features), t.answers);
  expectClose(*predict(*p, t.features), {1 / (1 + std::exp(-t.answers[0]))});
}

// The softmax between the repetitions must stay, and with it the last one.
TEST(Inference, ASoftmaxInARepeatedBlockIsComputed) {
  NetworkBuilder b({3});
  const LayerId dense = b.add("dense", {{"units", std::int64_t{3}}});
  const LayerId softmax = b.add("activation", function("softmax"));
  Network network = b.take();
  const auto block = network.group({dense, softmax});
  ASSERT_TRUE(block.ok()) << block.error().text();
  ASSERT_TRUE(network.setRepeat(*block, 2).ok());
  Trained t = trained(network, {3}, 1);
  makeClassifier(t.checkpoint, "softmax_cross_entropy", {"a", "b", "c"});
  auto p = Predictor::open(t.checkpoint, cpu(), {});
  ASSERT_TRUE(p.ok()) << p.error().text();
  EXPECT_EQ(p->outputs()[0].meaning, OutputMeaning::Probabilities);
  expectClose(*predict(*p, t.features), t.answers);
}

TEST(Inference, AnotherSampleThanTheNetworksIsRefused) {
  Trained t = trained(foldable(), {9, 9, 4}, 1);
  t.checkpoint.sample = {9, 9, 3};
  EXPECT_FALSE(Predictor::open(t.checkpoint, cpu(), {}).ok());
}

TEST(Inference, MissingWeightsAreNamed) {
  Trained t = trained(foldable(), {9, 9, 4}, 1);
  const std::string lost = t.checkpoint.parameters.front().name;
  t.checkpoint.parameters.erase(t.checkpoint.parameters.begin());
  const auto p = Predictor::open(t.checkpoint, cpu(), {});
  ASSERT_FALSE(p.ok());
  EXPECT_NE(p.error().text().find(lost.substr(0, lost.find('/'))), std::string::npos) << p.error().text();
}

}  // namespace
}  // namespace tandem
