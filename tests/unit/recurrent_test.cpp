// Recurrent layers: results compared with formulas that are written down here once more, states, directions, weights and
// training; recurrent_ops_test.cpp is about padding. The conformance tests compare the kernels and gradients with the definitions of the ops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "core/compile/compile.h"
#include "core/layers/initializers.h"
#include "core/runtime/registry.h"
#include "core/twin/probe.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;

constexpr const char* kTypes[] = {"simple_rnn", "lstm", "gru"};

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

Floats noise(std::size_t count, std::uint64_t seed) {
  PhiloxSequence random(seed, 0);
  Floats values(count);
  for (float& v : values) v = static_cast<float>(0.5 * random.normal());
  return values;
}

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

// A network for predictions with given weights.
class Predicting {
 public:
  Predicting(const Network& network, std::int64_t batch, std::uint64_t seed) {
    plan_ = compileForInference(network, network.outputs(), batch, {}, cpu()).value();
    session_ = cpu().open(plan_).value();
    weights_ = noise(plan_->parameterBytes / sizeof(float), seed);
    session_->write(Role::Parameter, 0, std::as_bytes(std::span(weights_))).value();
  }

  // A weight by its name in the layer "it".
  Doubles weight(const std::string& name) const {
    for (const ParameterInfo& info : plan_->parameters()) {
      if (info.name != "it/" + name) continue;
      const auto begin = weights_.begin() + static_cast<std::ptrdiff_t>(info.offsetBytes / sizeof(float));
      return {begin, begin + info.shape.elements()};
    }
    ADD_FAILURE() << "no weight " << name;
    return {};
  }
  void use(const Predicting& other) {
    weights_ = other.weights_;
    session_->write(Role::Parameter, 0, std::as_bytes(std::span(weights_))).value();
  }

  // inputs: by name of the input layer
  std::vector<Floats> operator()(const std::map<std::string, Floats>& inputs) {
    std::vector<const void*> tensors;
    for (const PlanInput& input : plan_->evaluate.inputs) tensors.push_back(inputs.at(input.name).data());
    StepInputs step;
    step.tensors = tensors;
    session_->wait(session_->submit(Phase::Evaluate, step).value()).value();
    std::vector<Floats> outputs;
    for (const PlanOutput& output : plan_->evaluate.outputs) {
      Floats& values = outputs.emplace_back(at(plan_->evaluate.program.type(output.value).shape.elements()));
      session_->readValue(Phase::Evaluate, output.value, std::as_writable_bytes(std::span(values))).value();
    }
    return outputs;
  }

 private:
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Session> session_;
  Floats weights_;
};

// input "x" (steps, features) -> layer "it"; if `states` are given, of that size, from inputs "h" and "c".
Network single(const std::string& type, const Attrs& properties, std::int64_t steps, std::int64_t features,
               std::int64_t states = 0) {
  Network network;
  const LayerId x = *network.add("input", "x", {{"shape", Ints{steps, features}}});
  const LayerId it = *network.add(type, "it", properties);
  EXPECT_TRUE(network.connect(x, it).ok());
  if (states == 0) return network;
  for (const char* name : {"h", "c"}) {
    if (type != "lstm" && std::string(name) == "c") break;
    const LayerId input = *network.add("input", name, {{"shape", Ints{states}}});
    EXPECT_TRUE(network.connect(input, it).ok());
  }
  return network;
}

struct States {
  Doubles h, c;
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// Keras' formulas for one sample, x (steps, features). Returns h of each step; `states` are replaced by the last ones.
Doubles formula(const std::string& type, const Doubles& x, std::int64_t steps, const Doubles& kernel,
                const Doubles& recurrent, const Doubles& bias, bool backward, States& states) {
  const std::int64_t units = std::ssize(states.h), width = std::ssize(recurrent) / units,
                     features = std::ssize(x) / steps;
  Doubles all(at(steps * units));
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::int64_t t = backward ? steps - 1 - i : i;
    Doubles a(at(width)), r(at(width));
    for (std::int64_t k = 0; k < width; ++k) {
      a[at(k)] = bias[at(k)];
      if (type == "gru") r[at(k)] = bias[at(width + k)];
      for (std::int64_t p = 0; p < features; ++p)
        a[at(k)] += x[at(t * features + p)] * kernel[at(p * width + k)];
      for (std::int64_t p = 0; p < units; ++p) r[at(k)] += states.h[at(p)] * recurrent[at(p * width + k)];
    }
    for (std::int64_t j = 0; j < units; ++j) {
      double &h = states.h[at(j)], &c = states.c[at(j)];
      const auto gate = [&](std::int64_t k) { return a[at(k * units + j)] + r[at(k * units + j)]; };
      if (type == "simple_rnn") {
        h = std::tanh(gate(0));
      } else if (type == "lstm") {
        c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * std::tanh(gate(2));
        h = sigmoid(gate(3)) * std::tanh(c);
      } else {
        const double z = sigmoid(gate(0));
        const double candidate = std::tanh(a[at(2 * units + j)] + sigmoid(gate(1)) * r[at(2 * units + j)]);
        h = z * h + (1 - z) * candidate;
      }
      all[at(t * units + j)] = h;
    }
  }
  return all;
}

void expectNear(const Floats& got, const Doubles& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(static_cast<double>(got[i]), want[i], 1e-5) << "at " << i;
}

Doubles doubles(const Floats& values) {
  return {values.begin(), values.end()};
}

TEST(Recurrent, LayersComputeTheFormulasOfKeras) {
  constexpr std::int64_t kSteps = 6, kFeatures = 4, kUnits = 5;
  for (const char* type : kTypes) {
    for (const char* direction : {"forward", "backward"}) {
      SCOPED_TRACE(std::string(type) + " " + direction);
      const Network network = single(type,
                                     {{"units", kUnits},
                                      {"output", std::string("all")},
                                      {"direction", std::string(direction)},
                                      {"states", std::int64_t{1}}},
                                     kSteps, kFeatures, kUnits);
      Predicting net(network, 1, 7);
      const Floats x = noise(kSteps * kFeatures, 1), h = noise(kUnits, 2), c = noise(kUnits, 3);
      const std::vector<Floats> got = net({{"x", x}, {"h", h}, {"c", c}});
      States states{doubles(h), doubles(c)};
      const Doubles all =
          formula(type, doubles(x), kSteps, net.weight("kernel"), net.weight("recurrent_kernel"),
                  net.weight("bias"), direction == std::string("backward"), states);
      ASSERT_EQ(got.size(), type == std::string("lstm") ? 3u : 2u);
      expectNear(got[0], all);
      expectNear(got[1], states.h);
      if (got.size() > 2) expectNear(got[2], states.c);
    }
  }
}

TEST(Recurrent, StackedLayersInBothDirectionsReadWhatTheLayerBelowJoins) {
  constexpr std::int64_t kSteps = 5, kFeatures = 3, kUnits = 4;
  for (const char* type : kTypes) {
    for (const char* output : {"all", "last"}) {
      SCOPED_TRACE(std::string(type) + " " + output);
      const Network network = single(type,
                                     {{"units", kUnits},
                                      {"output", std::string(output)},
                                      {"direction", std::string("both")},
                                      {"layers", std::int64_t{2}},
                                      {"dropout", 0.5}},
                                     kSteps, kFeatures);
      Predicting net(network, 1, 9);
      const Floats x = noise(kSteps * kFeatures, 1);
      Doubles sequence = doubles(x), last;
      for (int layer = 1; layer <= 2; ++layer) {
        Doubles joined(kSteps * 2 * kUnits);
        last.clear();
        for (const bool backward : {false, true}) {
          const std::string prefix =
              "layer_" + std::to_string(layer) + (backward ? "_backward_" : "_forward_");
          States states{Doubles(kUnits), Doubles(kUnits)};
          const Doubles all =
              formula(type, sequence, kSteps, net.weight(prefix + "kernel"),
                      net.weight(prefix + "recurrent_kernel"), net.weight(prefix + "bias"), backward, states);
          for (std::int64_t t = 0; t < kSteps; ++t)
            std::copy_n(all.begin() + t * kUnits, kUnits, joined.begin() + (2 * t + backward) * kUnits);
          last.insert(last.end(), states.h.begin(), states.h.end());
        }
        sequence = joined;
      }
      expectNear(net({{"x", x}})[0], output == std::string("all") ? sequence : last);
    }
  }
}

TEST(Recurrent, StatesContinueASequence) {
  constexpr std::int64_t kSteps = 3, kFeatures = 2, kUnits = 4, kStates = 2 * kUnits, kBatch = 3;
  for (const char* type : kTypes) {
    SCOPED_TRACE(type);
    const Attrs properties{{"units", kUnits},
                           {"output", std::string("all")},
                           {"layers", std::int64_t{2}},
                           {"states", std::int64_t{1}}};
    Predicting whole(single(type, properties, 2 * kSteps, kFeatures), kBatch, 4);
    Predicting half(single(type, properties, kSteps, kFeatures, kStates), kBatch, 5);
    half.use(whole);
    const Floats x = noise(kBatch * 2 * kSteps * kFeatures, 1);
    Floats parts[2];
    for (std::int64_t b = 0; b < kBatch; ++b)
      for (int part = 0; part < 2; ++part) {
        const auto begin = x.begin() + (2 * b + part) * kSteps * kFeatures;
        parts[part].insert(parts[part].end(), begin, begin + kSteps * kFeatures);
      }
    const std::vector<Floats> all = whole({{"x", x}});
    const Floats zeros(kBatch * kStates);
    const std::vector<Floats> first = half({{"x", parts[0]}, {"h", zeros}, {"c", zeros}});
    const std::vector<Floats> second = half({{"x", parts[1]}, {"h", first[1]}, {"c", first.back()}});
    for (std::int64_t b = 0; b < kBatch; ++b)
      for (std::int64_t i = 0; i < kSteps * kUnits; ++i) {
        EXPECT_NEAR(first[0][at(b * kSteps * kUnits + i)], all[0][at(2 * b * kSteps * kUnits + i)], 1e-6);
        EXPECT_NEAR(second[0][at(b * kSteps * kUnits + i)], all[0][at((2 * b + 1) * kSteps * kUnits + i)],
                    1e-6);
      }
    for (std::size_t output = 1; output < all.size(); ++output)
      for (std::size_t i = 0; i < all[output].size(); ++i)
        EXPECT_NEAR(second[output][i], all[output][i], 1e-6);
  }
}

TEST(Recurrent, LengthsReachTheOpAndEndWithTheSequence) {
  for (const char* type : kTypes) {
    for (const char* output : {"all", "last"}) {
      SCOPED_TRACE(std::string(type) + " " + output);
      Program program;
      const ValueId x = program.addValue({{DType::F32, Shape{2, 5, 3}}, Role::Input, "x"});
      const ValueId lengths = program.addValue({{DType::I32, Shape{2}}, Role::Input, "x length"});
      program.value(x).lengths = lengths;
      LowerContext context(program, true, true, "it", 0);
      const Attrs properties{{"units", std::int64_t{4}},
                             {"output", std::string(output)},
                             {"direction", std::string("both")},
                             {"layers", std::int64_t{2}}};
      const auto results = findLayer(type)->lowerMany(context, properties, std::vector{x});
      ASSERT_TRUE(results.ok()) << results.error().text();
      EXPECT_EQ(context.lengths(results->front()), output == std::string("all") ? lengths : kNoValue);
      std::vector<std::int64_t> reversed;
      for (const Node& node : program.nodes) {
        if (node.op->name != type) continue;
        EXPECT_EQ(node.inputs[2], lengths);
        reversed.push_back(node.attrs.integer("reverse", -1));
      }
      EXPECT_EQ(reversed, (Ints{0, 1, 0, 1}));
    }
  }
}

TEST(Recurrent, WeightsAreThoseOfKeras) {
  const auto weightsOf = [](const char* type, bool bias) {
    Program program;
    const Network network =
        single(type, {{"units", std::int64_t{7}}, {"use_bias", std::int64_t{bias}}}, 9, 5);
    EXPECT_TRUE(lowerNetwork(network, 2, true, 1, program).ok());
    std::vector<std::string> texts;
    for (const ParameterInfo& info : program.parameters)
      texts.push_back(info.name + " " + info.shape.text() + " " + info.initializer +
                      (info.decays ? " decays" : ""));
    return texts;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(weightsOf("lstm", true),
            (Texts{"it/kernel 5 x 28 glorot_uniform decays", "it/recurrent_kernel 7 x 28 orthogonal decays",
                   "it/bias 28 forget_ones"}));
  EXPECT_EQ(weightsOf("gru", true),
            (Texts{"it/kernel 5 x 21 glorot_uniform decays", "it/recurrent_kernel 7 x 21 orthogonal decays",
                   "it/bias 2 x 21 zeros"}));
  EXPECT_EQ(weightsOf("simple_rnn", false),
            (Texts{"it/kernel 5 x 7 glorot_uniform decays", "it/recurrent_kernel 7 x 7 orthogonal decays"}));
  ParameterInfo bias;
  bias.shape = Shape{12};
  bias.initializer = kForgetOnes;
  Floats values(12, 9.0f);
  ASSERT_TRUE(initialize(bias, 1, 0, values).ok());
  EXPECT_EQ(values, (Floats{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Recurrent, WrongInputsAreExplained) {
  const auto problem = [](const Network& network) {
    const Analysis analysis = analyze(network);
    return analysis.problems.empty() ? std::string() : analysis.problems[0].error.text();
  };
  Network flat;
  ASSERT_TRUE(flat.connect(*flat.add("input", "x", {{"shape", Ints{12}}}), *flat.add("gru", "it")).ok());
  EXPECT_EQ(problem(flat),
            "it: needs a sequence (steps, features), but its input is 12. Insert a reshape layer before it");
  const Attrs properties{{"units", std::int64_t{4}}, {"direction", std::string("both")}};
  EXPECT_EQ(problem(single("gru", properties, 6, 3, 8)), "");
  EXPECT_EQ(
      problem(single("lstm", properties, 6, 3, 4)),
      "it: needs 8 values as its initial state, but that input is 4. An initial state has units values for each "
      "layer and direction");
}

// The class is the feature that is 1 in the first step; noise follows. The decoder starts with the encoder's states.
Network remembering(const std::string& type, const Attrs& properties, bool decoder) {
  Network network;
  const LayerId x = *network.add("input", "x", {{"shape", Ints{6, 3}}});
  LayerId last = *network.add(type, "it", properties);
  EXPECT_TRUE(network.connect(x, last).ok());
  if (decoder) {
    EXPECT_TRUE(network.setProperty(last, "states", std::int64_t{1}).ok());
    const LayerId next = *network.add(type, "decoder", properties);
    EXPECT_TRUE(network.connect({last, 0}, next).ok());
    for (int port = 1; port < (type == "lstm" ? 3 : 2); ++port)
      EXPECT_TRUE(network.connect({last, port}, next).ok());
    last = next;
  }
  const LayerId flatten = *network.add("flatten"),
                dense = *network.add("dense", "out", {{"units", std::int64_t{3}}});
  EXPECT_TRUE(network.connect(last, flatten).ok() && network.connect(flatten, dense).ok());
  return network;
}

void expectToLearn(const Network& network, Precision precision = Precision::Fp32) {
  constexpr std::int64_t kBatch = 24;
  DatasetInfo data;
  data.name = "first steps";
  data.inputs[0].sample = {6, 3};
  data.targets[0].classes = 3;
  TrainingConfig training;
  training.batch = kBatch;
  training.device.threads = 2;
  training.device.precision = precision;
  training.optimizer = {"adam", {{"learning_rate", 0.03}}};
  Floats x = noise(kBatch * 18, 5);
  std::vector<std::int32_t> classes;
  for (std::int64_t b = 0; b < kBatch; ++b) {
    classes.push_back(static_cast<std::int32_t>(b % 3));
    for (std::int64_t k = 0; k < 3; ++k) x[at(b * 18 + k)] = b % 3 == k ? 1.0f : 0.0f;
  }
  std::vector<Floats> losses;
  for (int repeat = 0; repeat < 2; ++repeat) {
    auto net = NetRunner::open(network, training, data);
    ASSERT_TRUE(net.ok()) << net.error().text();
    Floats& values = losses.emplace_back();
    for (int step = 0; step < 60; ++step)
      values.push_back(net->run(Phase::Train, x.data(), classes.data()).value().values[0]);
  }
  EXPECT_LT(losses[0].back(), 0.3f * losses[0].front());
  EXPECT_EQ(losses[0], losses[1]) << "repeated runs are bit-identical";
}

// A twin run compares the states that the network reads, but no states as gradients, which fp16 scales.
TEST(Recurrent, TwinRunsCompareStatesAndGradients) {
  DatasetInfo data;
  data.name = "sequences";
  data.inputs[0].sample = {6, 3};
  data.targets[0].classes = 3;
  TrainingConfig training;
  training.batch = 4;
  for (const char* type : kTypes) {
    SCOPED_TRACE(type);
    const auto whole =
        compile(remembering(type, {{"units", std::int64_t{5}}, {"output", std::string("all")}}, true),
                training, data, cpu());
    ASSERT_TRUE(whole.ok()) << whole.error().text();
    const Program& program = (*whole)->train.program;
    std::map<std::string, std::vector<std::size_t>> compared;  // by op of the first layer
    for (const Probe& probe : probesOf(**whole))
      if (probe.node >= 0 && probe.layer == "it")
        compared[std::string(program.nodes[at(probe.node)].op->name)].push_back(probe.output);
    const bool cell = std::string(type) == "lstm";
    EXPECT_EQ(compared[type], cell ? (std::vector<std::size_t>{0, 1, 2}) : (std::vector<std::size_t>{0, 1}));
    const std::vector<std::size_t>& gradients = compared[std::string(type) + "_grad"];
    ASSERT_FALSE(gradients.empty());
    EXPECT_EQ(std::ranges::count(gradients, 1u), 0);

    TrainingConfig half = training;
    half.device.precision = Precision::Fp16;
    const auto scaled =
        compile(remembering(type, {{"units", std::int64_t{5}}, {"output", std::string("all")}}, true), half,
                data, cpu());
    ASSERT_TRUE(scaled.ok()) << scaled.error().text();
    for (const Probe& probe : probesOf(**scaled))
      if (probe.kind == TensorKind::InputGradient) {
        EXPECT_NE((*scaled)->train.program.nodes[at(probe.node)].op->name, "cast") << probe.layer;
      }
  }
}

TEST(Recurrent, LayersLearnToRememberTheFirstStep) {
  for (const char* type : kTypes) {
    SCOPED_TRACE(type);
    expectToLearn(remembering(type, {{"units", std::int64_t{12}}}, false));
    expectToLearn(remembering(type,
                              {{"units", std::int64_t{6}},
                               {"output", std::string("all")},
                               {"direction", std::string("both")},
                               {"layers", std::int64_t{2}},
                               {"dropout", 0.1}},
                              true));
  }
  expectToLearn(remembering("gru", {{"units", std::int64_t{12}}, {"use_bias", std::int64_t{0}}}, false));
  expectToLearn(
      remembering("simple_rnn", {{"units", std::int64_t{12}}, {"activation", std::string("relu")}}, false));
  expectToLearn(remembering("lstm", {{"units", std::int64_t{12}}}, false), Precision::Bf16);
}

}  // namespace
}  // namespace tandem
