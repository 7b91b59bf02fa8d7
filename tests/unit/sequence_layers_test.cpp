// Layers of sequences: embeddings, positions and attention, and a network of them that learns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "core/base/philox.h"
#include "core/compile/passes.h"
#include "core/layers/initializers.h"
#include "core/network/analysis.h"
#include "core/ops/embedding.h"
#include "core/ops/embedding_grad.h"
#include "core/runtime/registry.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"
#include "tests/unit/keras_fixture.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Names = std::vector<std::string>;

// A layer that is lowered by itself, for a batch of 2.
struct Lowering {
  Program program;
  ValueId result = kNoValue;
  std::string error;

  Names parameters() const {
    Names names;
    for (const ParameterInfo& info : program.parameters) names.push_back(info.name + " " + info.shape.text());
    return names;
  }
  Names ops() const {
    Names names;
    for (const Node& node : program.nodes) names.emplace_back(node.op->name);
    return names;
  }
  const Node& node(std::string_view op) const {
    for (const Node& each : program.nodes)
      if (each.op->name == op) return each;
    throw std::logic_error("no such op");
  }
};

// varies: the inputs that have lengths.
Lowering lower(std::string_view type, const Attrs& properties, const std::vector<TensorType>& inputs,
               const std::vector<bool>& varies = {}) {
  Lowering l;
  std::vector<ValueId> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    values.push_back(l.program.addValue({inputs[i], Role::Input, "x"}));
    if (i >= varies.size() || !varies[i]) continue;
    const ValueId lengths = l.program.addValue({{DType::I32, Shape{2}}, Role::Input, "x length"});
    l.program.value(values.back()).lengths = lengths;
  }
  l.program.layers.emplace_back("it");
  l.program.currentLayer = 0;
  LowerContext context(l.program, true, true, "it", 0);
  const auto lowered = findLayer(type)->lower(context, properties, values);
  if (lowered.ok())
    l.result = *lowered;
  else
    l.error = lowered.error().message;
  return l;
}

TensorType sequence(std::int64_t steps, std::int64_t features) {
  return {DType::F32, Shape{2, steps, features}};
}

TEST(Embedding, HasARowForEachToken) {
  const Attrs properties{{"vocabulary", std::int64_t{30}}, {"units", std::int64_t{4}}};
  const Lowering l = lower("embedding", properties, {{DType::I32, Shape{2, 7}}});
  EXPECT_EQ(l.error, "");
  EXPECT_EQ(l.parameters(), Names{"it/embeddings 30 x 4"});
  EXPECT_EQ(l.program.type(l.result), (TensorType{DType::F32, Shape{2, 7, 4}}));
  EXPECT_EQ(lower("embedding", properties, {{DType::I32, Shape{2}}}).error, "");
  EXPECT_EQ(lower("embedding", properties, {sequence(7, 1)}).error,
            "needs tokens, such as the words of a text, but its input is numbers");
  EXPECT_NE(lower("embedding", properties, {{DType::I32, Shape{2, 7, 3}}}).error, "");
  EXPECT_TRUE(findLayer("embedding")->readsTokens);
}

std::vector<Floats> computed(const OpDef& op, const Attrs& attrs, const std::vector<const Tensor*>& in) {
  Backend& cpu = **DeviceRegistry::instance().backendFor("cpu");
  OpCall call{&op, &attrs, {}, {}};
  for (const Tensor* tensor : in) call.inputs.push_back(tensor->type());
  call.outputs = op.infer(attrs, call.inputs).value();
  Tensor out(call.outputs[0]);
  const std::vector<Tensor*> outputs{&out};
  const auto ran = cpu.runOp({}, call, cpu.kernels(op).front(), in, outputs, 1);
  EXPECT_TRUE(ran.ok()) << ran.error().text();
  const std::span<const float> values = std::as_const(out).as<float>();
  return {Floats(values.begin(), values.end())};
}

TEST(Embedding, TokensOutsideTheVocabularyAreNoticed) {
  Tensor tokens({DType::I32, Shape{1, 5}});
  const std::vector<std::int32_t> numbers{2, 0, -1, 3, 2};
  std::ranges::copy(numbers, tokens.as<std::int32_t>().begin());
  const Tensor table = Tensor::of(Shape{3, 2}, Floats{10, 11, 20, 21, 30, 31});
  const Floats y = computed(ops::embedding, {}, {&tokens, &table})[0];
  EXPECT_EQ(Floats(y.begin(), y.begin() + 4), (Floats{30, 31, 10, 11}));
  for (const std::size_t outside : {4, 5, 6, 7}) EXPECT_TRUE(std::isnan(y[outside])) << outside;
  EXPECT_EQ(Floats(y.begin() + 8, y.end()), (Floats{30, 31}));
  // They have no gradient; the others are summed.
  const Tensor dy = Tensor::of(Shape{1, 5, 2}, Floats{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(computed(ops::embedding_grad, {{"vocabulary", std::int64_t{3}}}, {&dy, &tokens})[0],
            (Floats{3, 4, 0, 0, 10, 12}));
}

TEST(Embedding, NeedsAVectorForEachTokenOfTheData) {
  testing::NetworkBuilder b({7});
  const LayerId id = b.add("embedding", {{"vocabulary", std::int64_t{30}}}, "words");
  Network network = b.take();
  DatasetInfo data;
  data.inputs[0].sample = Shape{7};
  data.inputs[0].classes = 41;
  std::vector<Problem> problems;
  checkVocabularies(network, data, problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(
      problems[0].error.text(),
      "words: has vectors for 30 tokens, but the vocabulary of the data has 41. Set the vocabulary to that of "
      "the data");
  ASSERT_TRUE(applyFix(problems[0], network).ok());
  EXPECT_EQ(network.find(id)->properties.integer("vocabulary", 0), 41);
  problems.clear();
  checkVocabularies(network, data, problems);
  EXPECT_TRUE(problems.empty());
}

TEST(Positions, SinusoidsAreThoseOfThePaper) {
  ParameterInfo info;
  info.shape = Shape{50, 6};
  info.initializer = "sinusoidal";
  Floats values(300);
  ASSERT_TRUE(initialize(info, 1, 0, values).ok());
  for (std::size_t step = 0; step < 50; ++step)
    for (std::size_t pair = 0; pair < 3; ++pair) {
      const double angle = static_cast<double>(step) / std::pow(10000.0, static_cast<double>(2 * pair) / 6.0);
      EXPECT_NEAR(values[step * 6 + 2 * pair], std::sin(angle), 1e-6);
      EXPECT_NEAR(values[step * 6 + 2 * pair + 1], std::cos(angle), 1e-6);
    }
}

TEST(Positions, AreTrainedOrConstant) {
  const Lowering learned = lower("positions", {}, {sequence(7, 4)});
  EXPECT_EQ(learned.parameters(), Names{"it/embeddings 7 x 4"});
  EXPECT_TRUE(learned.program.states.empty());
  const Lowering constant = lower("positions", {{"kind", std::string("sinusoidal")}}, {sequence(7, 4)});
  EXPECT_TRUE(constant.program.parameters.empty());
  ASSERT_EQ(constant.program.states.size(), 1u);
  EXPECT_EQ(constant.program.states[0].initializer, "sinusoidal");
  for (const Lowering* l : {&learned, &constant})
    EXPECT_EQ(l->program.type(l->result).shape, (Shape{2, 7, 4}));
  EXPECT_NE(lower("positions", {}, {{DType::F32, Shape{2, 7}}}).error, "");
}

TEST(Initializers, UniformIsThatOfKerasEmbedding) {
  ParameterInfo info;
  info.shape = Shape{100, 100};
  info.initializer = "uniform";
  Floats values(10000);
  ASSERT_TRUE(initialize(info, 1, 0, values).ok());
  const auto [low, high] = std::ranges::minmax(values);
  EXPECT_GE(low, -0.05f);
  EXPECT_LT(low, -0.049f);
  EXPECT_LE(high, 0.05f);
  EXPECT_GT(high, 0.049f);
}

TEST(AttentionLayer, AttendsToItselfOrToAnotherSequence) {
  const Attrs two{{"heads", std::int64_t{2}}};
  const Lowering self = lower("attention", two, {sequence(7, 6)});
  EXPECT_EQ(self.parameters(), (Names{"it/query/kernel 6 x 6", "it/query/bias 6", "it/key/kernel 6 x 6",
                                      "it/key/bias 6", "it/value/kernel 6 x 6", "it/value/bias 6",
                                      "it/output/kernel 6 x 6", "it/output/bias 6"}));
  EXPECT_EQ(self.program.type(self.result).shape, (Shape{2, 7, 6}));

  // The result has the steps and features of the query.
  const Lowering cross = lower("attention", two, {sequence(7, 6), sequence(5, 9)});
  EXPECT_EQ(cross.program.type(cross.result).shape, (Shape{2, 7, 6}));
  EXPECT_EQ(cross.parameters()[2], "it/key/kernel 9 x 6");
  const Lowering keyed = lower("attention", two, {sequence(7, 6), sequence(5, 9), sequence(5, 4)});
  EXPECT_EQ(keyed.parameters()[2], "it/key/kernel 4 x 6");
  EXPECT_EQ(keyed.parameters()[4], "it/value/kernel 9 x 6");

  const Lowering grouped = lower("attention",
                                 {{"heads", std::int64_t{4}},
                                  {"kv_heads", std::int64_t{2}},
                                  {"head_size", std::int64_t{5}},
                                  {"use_bias", std::int64_t{0}},
                                  {"causal", std::int64_t{1}},
                                  {"positions", std::string("rotary")}},
                                 {sequence(7, 6)});
  EXPECT_NE(grouped.error, "") << "an odd head size";
  const Lowering even = lower("attention",
                              {{"heads", std::int64_t{4}},
                               {"kv_heads", std::int64_t{2}},
                               {"head_size", std::int64_t{8}},
                               {"use_bias", std::int64_t{0}},
                               {"causal", std::int64_t{1}},
                               {"positions", std::string("rotary")}},
                              {sequence(7, 6)});
  EXPECT_EQ(even.parameters(), (Names{"it/query/kernel 6 x 32", "it/key/kernel 6 x 16",
                                      "it/value/kernel 6 x 16", "it/output/kernel 32 x 6"}));
  EXPECT_EQ(even.node("attention").attrs.integer("kv_heads", 0), 2);
  EXPECT_EQ(even.node("attention").attrs.integer("causal", 0), 1);
  EXPECT_EQ(std::ranges::count(even.ops(), "rotary"), 2) << "of the queries and of the keys";
}

TEST(AttentionLayer, MasksThePaddingOfItsKeys) {
  const Lowering cross = lower("attention", {}, {sequence(7, 8), sequence(5, 8)}, {true, true});
  const ValueId ofQuery = cross.program.value(0).lengths, ofValue = cross.program.value(2).lengths;
  ASSERT_NE(ofQuery, ofValue);
  EXPECT_EQ(cross.node("attention").inputs.at(3), ofValue);
  EXPECT_EQ(cross.program.value(cross.result).lengths, ofQuery);
  const Lowering whole = lower("attention", {}, {sequence(7, 8), sequence(5, 8)}, {true, false});
  EXPECT_EQ(whole.node("attention").inputs.size(), 3u);
  const Lowering self = lower("attention", {}, {sequence(7, 8)}, {true});
  EXPECT_EQ(self.node("attention").inputs.at(3), self.program.value(0).lengths);
  const std::vector<TensorType> three{sequence(7, 8), sequence(5, 8), sequence(5, 8)};
  EXPECT_NE(lower("attention", {}, three, {false, true, true}).error, "")
      << "keys and values differ in length";
  const Lowering keyed = lower("attention", {}, three, {false, false, true});
  EXPECT_EQ(keyed.node("attention").inputs.at(3), keyed.program.value(2).lengths);
  const Lowering ofWhole = lower("attention", {}, {sequence(7, 8), sequence(5, 8)}, {false, true});
  EXPECT_EQ(ofWhole.program.value(ofWhole.result).lengths, kNoValue) << "all of its steps are valid";
}

TEST(AttentionLayer, ExplainsWhatDoesNotFit) {
  EXPECT_EQ(lower("attention", {{"heads", std::int64_t{4}}}, {sequence(7, 6)}).error,
            "divides its input among 4 heads, but the input has 6 features");
  EXPECT_EQ(
      lower("attention", {{"heads", std::int64_t{4}}, {"kv_heads", std::int64_t{3}}}, {sequence(7, 8)}).error,
      "its 4 heads cannot share 3 key heads evenly");
  EXPECT_EQ(lower("attention", {}, {sequence(7, 8), sequence(5, 8), sequence(6, 8)}).error,
            "needs as many keys as values, but gets 6 and 5 steps");
  EXPECT_EQ(
      lower("attention", {}, {sequence(7, 8), sequence(5, 8), sequence(5, 8)}, {false, true, true}).error,
      "its keys and values are sequences of different lengths");
  EXPECT_EQ(lower("attention", {}, {{DType::F32, Shape{2, 8}}}).error,
            "needs a sequence (steps, features), but its input is 8");
}

TEST(ShapesOfSequences, StepsOfDifferentLengthsStayWhereTheyAre) {
  const TensorType image{DType::F32, Shape{2, 7, 3, 4}};
  EXPECT_NE(lower("permute", {}, {sequence(7, 4)}, {true}).error, "");
  EXPECT_EQ(lower("permute", {}, {sequence(7, 4)}).error, "");
  const Lowering kept = lower("permute", {{"order", Ints{1, 3, 2}}}, {image}, {true});
  EXPECT_EQ(kept.program.value(kept.result).lengths, kept.program.value(0).lengths);

  const Attrs steps{{"start", std::int64_t{2}}, {"size", std::int64_t{0}}},
      features{{"axis", std::int64_t{2}}};
  EXPECT_NE(lower("slice", steps, {sequence(7, 4)}, {true}).error, "");
  const Lowering rest = lower("slice", steps, {sequence(7, 4)});
  EXPECT_EQ(rest.program.type(rest.result).shape, (Shape{2, 5, 4}));
  const Lowering part = lower("slice", features, {sequence(7, 4)}, {true});
  EXPECT_EQ(part.program.type(part.result).shape, (Shape{2, 7, 1}));
  EXPECT_EQ(part.program.value(part.result).lengths, part.program.value(0).lengths);
  EXPECT_NE(lower("slice", {{"axis", std::int64_t{3}}}, {sequence(7, 4)}).error, "");
  EXPECT_NE(lower("slice", {{"start", std::int64_t{7}}, {"size", std::int64_t{0}}}, {sequence(7, 4)}).error,
            "");
  EXPECT_NE(lower("slice", {{"start", std::int64_t{5}}, {"size", std::int64_t{3}}}, {sequence(7, 4)}).error,
            "");
}

// Although attention accepts several inputs, the embedding replaces the only one.
TEST(AttentionLayer, TokensNeedAnEmbeddingBefore) {
  Network network;
  const LayerId in =
      network.add("input", "words", {{"shape", Ints{7}}, {"values", std::string("tokens")}}).value();
  const LayerId seen = network.add("attention", "seen").value();
  ASSERT_TRUE(network.connect(in, seen).ok());
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u);
  ASSERT_TRUE(analysis.problems[0].fix);
  const auto inserted = applyFix(analysis.problems[0], network);
  ASSERT_TRUE(inserted.ok()) << inserted.error().text();
  EXPECT_EQ(network.find(*inserted)->type, "embedding");
  EXPECT_EQ(network.find(seen)->inputs, std::vector<Source>{*inserted});
  EXPECT_TRUE(analyze(network).ok());
}

class KerasOfSequences : public KerasTest {};

TEST_F(KerasOfSequences, RefusesLayersThatKerasLacks) {
  testing::NetworkBuilder b({6, 8});
  b.add("positions", {}, "look");
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{3}}});
  const Network network = b.take();
  const Status written = write(network, weightsOf(network));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().where, "look");
  EXPECT_EQ(written.error().message, "Keras has no equivalent of 'positions'");
}

TEST_F(KerasOfSequences, DescribesLayersWithoutWeights) {
  testing::NetworkBuilder b({6});
  b.add("repeat_vector", {{"steps", std::int64_t{5}}}, "copies");
  b.add("permute", {}, "turn");
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{3}}});
  const Network network = b.take();
  const Status written = write(network, weightsOf(network));
  ASSERT_TRUE(written.ok()) << written.error().text();
  const Json config = configOfFile();
  EXPECT_EQ(layerOf(config, "copies")["n"], 5);
  EXPECT_EQ(layerOf(config, "turn")["dims"], Json::array({2, 1}));
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  const Layer *copies = read->network.findByName("copies"), *turn = read->network.findByName("turn");
  ASSERT_TRUE(copies && turn);
  EXPECT_EQ(integerOf(findLayer("repeat_vector")->properties, copies->properties, "steps"), 5);
  EXPECT_EQ(integersOf(findLayer("permute")->properties, turn->properties, "order"), (Ints{2, 1}));
}

constexpr std::int64_t kSteps = 8, kWords = 6, kBatch = 32;

// A causal transformer with one block, norms first.
Network decoder(const std::string& positions) {
  const auto dense = [](std::int64_t units, const char* activation = "none") {
    return Attrs{{"units", units}, {"activation", std::string(activation)}};
  };
  testing::NetworkBuilder b({kSteps, kWords});
  LayerId entry = b.add("dense", dense(32));
  if (positions != "rotary") entry = b.add("positions", {{"kind", positions}});
  b.add("layer_norm");
  const LayerId seen =
      b.add("attention", {{"heads", std::int64_t{2}},
                          {"causal", std::int64_t{1}},
                          {"positions", std::string(positions == "rotary" ? "rotary" : "none")}});
  const LayerId middle = b.join("add", entry, seen);
  b.add("layer_norm");
  b.add("dense", dense(64, "gelu"));
  const LayerId end = b.add("dense", dense(32));
  b.join("add", middle, end);
  b.add("dense", dense(kWords));
  return b.take();
}

// The target of each step is the word of the step before, which only attention can bring there.
TEST(Transformer, LearnsToShiftASequence) {
  DatasetInfo data;
  data.name = "shifted words";
  data.inputs[0].sample = Shape{kSteps, kWords};
  data.targets[0].sample = Shape{kSteps};
  data.targets[0].classes = kWords;
  for (const char* positions : {"learned", "sinusoidal", "rotary"}) {
    SCOPED_TRACE(positions);
    TrainingConfig training;
    training.batch = kBatch;
    training.optimizer = {"adam", {{"learning_rate", 0.01}}};
    training.device.threads = 1;
    auto net = testing::NetRunner::open(decoder(positions), training, data);
    ASSERT_TRUE(net.ok()) << net.error().text();
    const ReportSlot& loss = net->plan().report[0];
    ASSERT_EQ(loss.name, "loss");
    PhiloxSequence random(5, 0);
    float first = 0, last = 0;
    for (int step = 0; step < 150; ++step) {
      Floats words(static_cast<std::size_t>(kBatch * kSteps * kWords), 0.0f);
      std::vector<std::int32_t> targets;
      for (std::int64_t sample = 0; sample < kBatch; ++sample) {
        std::int64_t before = -1;
        for (std::int64_t t = 0; t < kSteps; ++t) {
          const auto word = static_cast<std::int64_t>(random.below(kWords));
          words[static_cast<std::size_t>((sample * kSteps + t) * kWords + word)] = 1;
          targets.push_back(static_cast<std::int32_t>(t == 0 ? word : before));
          before = word;
        }
      }
      const auto report = net->run(Phase::Train, words.data(), targets.data());
      ASSERT_TRUE(report.ok()) << report.error().text();
      last = report->values[static_cast<std::size_t>(loss.first)];
      if (step == 0) first = last;
    }
    EXPECT_GT(first, 1.0f);
    EXPECT_LT(last, 0.1f) << "of " << first << " at first";
  }
}

}  // namespace
}  // namespace tandem
