// LAMB: each parameter has a separate step size, relative to its norm.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/ops/lamb_update.h"
#include "core/ops/optimizer_update.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::syntheticBatch;
using Values = std::vector<double>;

RefTensor f32(Values data) {
  return {{DType::F32, Shape{static_cast<std::int64_t>(data.size())}}, std::move(data)};
}

// Two parameters of 3 and 2 elements, with alignment between them.
Values block(const Values& first, const Values& second) {
  Values all(18, 0.0);
  std::ranges::copy(first, all.begin());
  std::ranges::copy(second, all.begin() + 16);
  return all;
}

Values threeSteps(const ops::LambAttrs& a) {
  const std::vector<Values> grads{block({0.1, -0.2, 0.3}, {0.4, 0.5}), block({0.4, 0.5, -0.6}, {-0.3, 0.2}),
                                  block({-0.3, 0.05, 0.2}, {0.1, 0.7})};
  Values w = block({0.5, -1, 2}, {0, 0}), state(2 * w.size(), 0.0);
  Attrs attrs = a.attrs();
  attrs.set("starts", std::vector<std::int64_t>{0, 16});
  for (int t = 1; t <= 3; ++t) {
    Values step(kStepSlots, 0.0);
    step[kStepLearningRate] = 0.125;
    step[kStepBias1] = static_cast<float>(1 - std::pow(a.beta1, t));
    step[kStepBias2] = static_cast<float>(1 - std::pow(a.beta2, t));
    const std::array<RefTensor, 5> in{f32(w), f32(grads[static_cast<std::size_t>(t - 1)]), f32(state),
                                      f32(step), f32(Values(kUpdateFaults, 0.0))};
    std::vector<RefTensor> out{in[ops::UpdateIn::kWeights], in[ops::UpdateIn::kFaults],
                               in[ops::UpdateIn::kState]};
    ops::lamb_update.reference(attrs, in, out);
    w = out[ops::UpdateOut::kWeights].data;
    state = out[ops::UpdateOut::kState].data;
  }
  return w;
}

void expectNear(const Values& got, const Values& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6) << i;
}

TEST(Lamb, MatchesKerasOverThreeSteps) {
  expectNear(threeSteps({0.9, 0.99, 1e-8, 0}),
             block({0.014325053, -1.182162187, 1.976656186}, {-0.132142987, -0.170774209}));
}

// Keras decays the weights by themselves; this is the published algorithm, computed in NumPy.
TEST(Lamb, DecaysWithinTheDirectionAsPublished) {
  expectNear(threeSteps({0.9, 0.99, 1e-8, 0.1}),
             block({-0.019698432, -1.143246899, 1.800285771}, {-0.131621510, -0.170829082}));
}

TEST(Lamb, RefusesParametersOutOfOrder) {
  const auto ranges = [](std::vector<std::int64_t> starts) {
    return ops::parameterRanges({{"starts", std::move(starts)}}, 40);
  };
  ASSERT_TRUE(ranges({0, 16}).ok());
  EXPECT_EQ(ranges({0, 16})->back().first, 16);
  EXPECT_EQ(ranges({0, 16})->back().count, 24);
  EXPECT_FALSE(ranges({16}).ok());
  EXPECT_FALSE(ranges({0, 16, 16}).ok());
  EXPECT_FALSE(ranges({0, 40}).ok());
  EXPECT_EQ(ops::parameterRanges({}, 40)->front().count, 40);
}

// By the definition, a parameter moves by the rate times its norm; one of zeros, by the rate times that of the direction,
// whose elements are 1 or -1 at first.
TEST(Lamb, EachParameterOfANetworkMovesRelativeToItsNorm) {
  constexpr double kRate = 0.0625;
  NetworkBuilder b({8});
  b.add("dense", {{"units", std::int64_t{5}}, {"activation", std::string("tanh")}}, "hidden");
  b.add("dense", {{"units", std::int64_t{3}}}, "answer");
  DatasetInfo data;
  data.name = "three classes";
  data.inputs[0].sample = {8};
  data.targets[0].classes = 3;
  TrainingConfig training;
  training.batch = 16;
  training.optimizer = {"lamb", {{"learning_rate", kRate}}};
  training.device.threads = 1;
  NetRunner net = NetRunner::open(b.take(), training, data).value();
  const auto before = net.readBlock(Role::Parameter, net.plan().parameterBytes).value();
  const auto batch = syntheticBatch(data, training.batch, 3);
  ASSERT_TRUE(net.run(Phase::Train, batch.features.data(), batch.labels()).ok());
  const auto after = net.readBlock(Role::Parameter, net.plan().parameterBytes).value();
  ASSERT_EQ(net.plan().parameters().size(), 4u);
  for (const ParameterInfo& info : net.plan().parameters()) {
    double old = 0, moved = 0;
    const std::size_t first = info.offsetBytes / sizeof(float);
    for (std::size_t i = first; i < first + static_cast<std::size_t>(info.shape.elements()); ++i) {
      const double w = static_cast<double>(before[i]);
      old += w * w;
      moved += std::pow(static_cast<double>(after[i]) - w, 2);
    }
    const double unit = old > 0 ? std::sqrt(old) : std::sqrt(static_cast<double>(info.shape.elements()));
    EXPECT_NEAR(std::sqrt(moved), kRate * unit, 1e-4 * unit) << info.name;
  }
}

}  // namespace
}  // namespace tandem
