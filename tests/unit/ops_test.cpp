// Values that other programs compute for the same formulas: conformance tests compare kernels with the
// references, and these compare the references with torch 1.13 in double precision.
#include <gtest/gtest.h>

#include <cmath>

#include "core/ops/activation_kind.h"
#include "core/ops/adam_update.h"
#include "core/ops/channel_dropout.h"
#include "core/ops/clip_gradient.h"
#include "core/ops/dropout.h"
#include "core/ops/element_loss.h"
#include "core/ops/gaussian_noise.h"
#include "core/ops/optimizer_update.h"
#include "core/ops/reshape.h"
#include "core/ops/rmsprop_update.h"
#include "core/ops/sgd_update.h"
#include "core/ops/softmax_cross_entropy.h"
#include "core/ops/topk_accuracy.h"

namespace tandem {
namespace {

using Values = std::vector<double>;

RefTensor f32(Shape shape, Values data) {
  return {{DType::F32, shape}, std::move(data)};
}

RefTensor stepBlock(double rate, double validRows, double bias1 = 1, double bias2 = 1) {
  Values block(kStepSlots, 0.0);
  block[kStepLearningRate] = static_cast<float>(rate);
  block[kStepLossScale] = 1;
  block[kStepValidRows] = validRows;
  block[kStepBias1] = static_cast<float>(bias1);
  block[kStepBias2] = static_cast<float>(bias2);
  return f32({kStepSlots}, block);
}

std::vector<RefTensor> run(const OpDef& op, const Attrs& attrs, const std::vector<RefTensor>& in) {
  std::vector<TensorType> types;
  for (const RefTensor& tensor : in) types.push_back(tensor.type);
  const std::vector<TensorType> results = op.infer(attrs, types).value();
  std::vector<RefTensor> out;
  for (const TensorType& type : results)
    out.push_back({type, Values(static_cast<std::size_t>(type.shape.elements()))});
  op.reference(attrs, in, out);
  return out;
}

void expectNear(const Values& got, const Values& want, double tolerance = 1e-7) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], tolerance) << "at " << i;
}

TEST(Ops, ActivationsMatchPyTorch) {
  const Values x = {-20, -2.5, -0.3, 0, 0.4, 3};
  const auto check = [&](ActivationKind kind, double alpha, const Values& y, const Values& derivative) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double got = activate(kind, alpha, x[i]);
      EXPECT_NEAR(got, y[i], 1e-9) << nameOf(kind) << x[i];
      EXPECT_NEAR(activateDerivative(kind, alpha, x[i], got), derivative[i], 1e-9) << nameOf(kind) << x[i];
    }
  };
  check(ActivationKind::LeakyRelu, 0.01, {-0.2, -0.025, -0.003, 0, 0.4, 3}, {0.01, 0.01, 0.01, 0.01, 1, 1});
  check(ActivationKind::Elu, 1.3, {-1.299999997, -1.193289502, -0.3369363131, 0, 0.4, 3},
        {2.679499709e-09, 0.1067104982, 0.9630636869, 1.3, 1, 1});
  check(ActivationKind::Gelu, 0, {-0, -0.01552416331, -0.1146265733, 0, 0.2621686966, 2.995950306},
        {-1.104189672e-86, -0.03761108591, 0.2676722332, 0.5, 0.8027297977, 1.011945647});
  check(ActivationKind::Silu, 0, {-4.122307236e-08, -0.1896454501, -0.127667245, 0, 0.239475064, 2.85772238},
        {-3.916191866e-08, -0.09940111134, 0.3522199897, 0.5, 0.6947919584, 1.088104106});
  check(ActivationKind::Sigmoid, 0,
        {2.061153618e-09, 0.07585818002, 0.4255574832, 0.5, 0.5986876601, 0.9525741268},
        {2.061153614e-09, 0.07010371655, 0.2444583117, 0.25, 0.2402607457, 0.04517665973});
  check(ActivationKind::Tanh, 0, {-1, -0.9866142982, -0.2913126125, 0, 0.3799489623, 0.9950547537},
        {0, 0.02659222668, 0.9151369618, 1, 0.8556387861, 0.009866037165});
  check(ActivationKind::Softplus, 0,
        {2.06115362e-09, 0.07888973429, 0.5543552445, 0.6931471806, 0.9130152524, 3.048587352},
        {2.061153618e-09, 0.07585818002, 0.4255574832, 0.5, 0.5986876601, 0.9525741268});
  check(ActivationKind::Relu6, 0, {0, 0, 0, 0, 0.4, 3}, {0, 0, 0, 0, 1, 1});
  check(ActivationKind::HardSigmoid, 0, {0, 0.08333333333, 0.45, 0.5, 0.5666666667, 1},
        {0, 0.1666666667, 0.1666666667, 0.1666666667, 0.1666666667, 0});
  check(ActivationKind::HardSwish, 0, {0, -0.2083333333, -0.135, 0, 0.2266666667, 3},
        {0, -0.3333333333, 0.4, 0.5, 0.6333333333, 1});
  check(ActivationKind::Mish, 0,
        {-4.122307241e-08, -0.1968162039, -0.1511331771, 0, 0.2890305341, 2.986535005},
        {-3.916191874e-08, -0.1097435728, 0.4085108769, 0.6, 0.8370175025, 1.021106911});
}

TEST(Ops, ActivationsKeepNan) {
  const double nan = std::nan("");
  for (int kind = 0; kind < kActivationKinds; ++kind) {
    const auto each = static_cast<ActivationKind>(kind);
    EXPECT_TRUE(std::isnan(activate(each, 0.5, nan))) << nameOf(each);
    EXPECT_EQ(activationFromName(nameOf(each)), each);
  }
  EXPECT_EQ(activate(ActivationKind::Relu6, 0.0, 50.0), 6);
  EXPECT_EQ(activate(ActivationKind::Mish, 0.0, 1e4), 1e4);
}

TEST(Ops, CrossEntropyIsTheMeanOverTheValidRows) {
  const RefTensor labels{{DType::I32, Shape{3}}, {2, 2, 0}};
  const auto out = run(ops::softmax_cross_entropy, {},
                       {f32({3, 3}, {1, 2, 0.5, -1, 0, 3, 9, 9, 9}), labels, stepBlock(0, 2)});
  expectNear(out[0].data, {1.015126344});
}

TEST(Ops, ElementwiseLossesMatchTheirFormulas) {
  const auto loss = [](const Attrs& attrs, const Values& targets) {
    return run(ops::element_loss, attrs,
               {f32({2, 2}, {0.2, -1.5, 3, 0.1}), f32({2, 2}, targets), stepBlock(0, 2)})[0]
        .data[0];
  };
  const auto kind = [](const char* name) {
    return std::pair<std::string, AttrValue>("kind", std::string(name));
  };
  const Values values{0, 1, 1, 0.25}, classes{0, 1, 1, 0};
  EXPECT_NEAR(loss({kind("mse")}, values), 2.578125, 1e-9);
  EXPECT_NEAR(loss({kind("mae")}, values), 1.2125, 1e-9);
  EXPECT_NEAR(loss({kind("huber"), {"delta", 0.7}}, values), 0.6728125, 1e-9);
  EXPECT_NEAR(loss({kind("log_cosh")}, values), 0.7924117627589066, 1e-9);
  EXPECT_NEAR(loss({kind("quantile"), {"quantile", 0.7}}, values), 0.62875, 1e-9);
  EXPECT_NEAR(loss({kind("binary_cross_entropy")}, values), 0.8168840398, 1e-9);
  EXPECT_NEAR(loss({kind("binary_focal"), {"gamma", 0.7}, {"alpha", 0.7}}, classes), 0.33454218612232306,
              1e-9);
  EXPECT_NEAR(loss({kind("hinge")}, classes), 1.2000000000000002, 1e-9);
  EXPECT_NEAR(loss({kind("squared_hinge")}, classes), 2.225, 1e-9);
}

// Three steps with the same gradients; the learning rate is exact in f32.
Values threeSteps(const OpDef& op, const Attrs& attrs, std::size_t states, double beta1 = 0,
                  double beta2 = 0) {
  const std::vector<Values> grads{{0.1, -0.2, 0.3}, {0.4, 0.5, -0.6}, {-0.3, 0.05, 0.2}};
  Values w = {0.5, -1, 2}, state(states, 0.0);
  for (int t = 1; t <= 3; ++t) {
    const RefTensor block = stepBlock(0.125, 1, 1 - std::pow(beta1, t), 1 - std::pow(beta2, t));
    const RefTensor kept = states > 0 ? f32({static_cast<std::int64_t>(states)}, state) : RefTensor{};
    const auto out = run(op, attrs,
                         {f32({3}, w), f32({3}, grads[static_cast<std::size_t>(t - 1)]), kept, block,
                          f32({kUpdateFaults}, {0, 0})});
    w = out[ops::UpdateOut::kWeights].data;
    EXPECT_EQ(out[ops::UpdateOut::kFaults].data, (Values{0, 0}));
    if (states > 0) state = out[ops::UpdateOut::kState].data;
  }
  return w;
}

TEST(Ops, OptimizersMatchPyTorchOverThreeSteps) {
  expectNear(threeSteps(ops::sgd_update, ops::SgdAttrs{0, false, 0.01}.attrs(), 0),
             {0.4732210732, -1.039989021, 2.005009312});
  expectNear(threeSteps(ops::sgd_update, ops::SgdAttrs{0.9, false, 0.01}.attrs(), 3),
             {0.4052443545, -1.050285584, 2.001949312});
  expectNear(threeSteps(ops::sgd_update, ops::SgdAttrs{0.9, true, 0}.attrs(), 3),
             {0.3927625, -1.095275, 2.0267875});
  expectNear(threeSteps(ops::adam_update, ops::AdamAttrs{0.9, 0.99, 1e-8, 0.01, false}.attrs(), 6, 0.9, 0.99),
             {0.2405990324, -0.9742139961, 1.921186298});
  expectNear(threeSteps(ops::adam_update, ops::AdamAttrs{0.9, 0.99, 1e-8, 0.1, true}.attrs(), 6, 0.9, 0.99),
             {0.2285828238, -0.9455311522, 1.86024526});
  expectNear(threeSteps(ops::rmsprop_update, ops::RmspropAttrs{0.9, 1e-6, 0, 0.01}.attrs(), 3),
             {-0.03727442028, -1.002726548, 1.824313641});
  expectNear(threeSteps(ops::rmsprop_update, ops::RmspropAttrs{0.9, 1e-6, 0.8, 0}.attrs(), 6),
             {-0.9157587634, -0.7395111456, 1.55876523});
}

TEST(Ops, ClippingByNormMatchesPyTorch) {
  const auto out = run(ops::clip_gradient, ops::ClipAttrs{ops::ClipMode::Norm, 2.0}.attrs(),
                       {f32({3}, {3, -4, 12}), stepBlock(0, 1)});
  expectNear(out[0].data, {0.461538426, -0.615384568, 1.846153704});
  expectNear(out[1].data, {13});
}

TEST(Ops, TopKAccuracyCountsTiesButNotNan) {
  const RefTensor labels{{DType::I32, Shape{4}}, {0, 1, 2, 0}};
  const RefTensor scores = f32({4, 3}, {1, 1, 1, 0, 2, 3, 5, 4, 3, std::nan(""), 0, 0});
  const auto top = [&](std::int64_t k) {
    return run(ops::topk_accuracy, {{"k", k}}, {scores, labels, stepBlock(0, 4)})[0].data[0];
  };
  EXPECT_EQ(top(1), 0.25);
  EXPECT_EQ(top(2), 0.5);
}

TEST(Ops, DropoutKeepsTheRateAndDiffersBetweenSteps) {
  const ops::DropoutAttrs a{0.3f, 5, 2};
  int kept = 0, same = 0;
  for (std::uint64_t block = 0; block < 5000; ++block) {
    const Philox4 one = ops::dropoutBits(a, 1, block), two = ops::dropoutBits(a, 2, block);
    for (int i = 0; i < 4; ++i) {
      kept += ops::dropoutKeeps(a, one.v[i]);
      same += ops::dropoutKeeps(a, one.v[i]) == ops::dropoutKeeps(a, two.v[i]);
    }
  }
  EXPECT_NEAR(kept / 20000.0, 0.7, 0.015);
  EXPECT_NEAR(same / 20000.0, 0.7 * 0.7 + 0.3 * 0.3, 0.015);
}

TEST(Ops, ChannelDropoutDropsChannelsAsAWhole) {
  const Attrs attrs = ops::DropoutAttrs{0.5f, 5, 2}.attrs();
  const RefTensor x{{DType::F32, Shape{20, 3, 50}}, std::vector<double>(3000, 1.0)};
  const Values y = run(ops::channel_dropout, attrs, {x, stepBlock(0, 20)})[0].data;
  int kept = 0;
  for (std::size_t n = 0; n < 20; ++n) {
    for (std::size_t c = 0; c < 50; ++c) {
      const double first = y[n * 150 + c];
      EXPECT_TRUE(first == 0 || first == 2);
      EXPECT_EQ(y[n * 150 + 50 + c], first);
      EXPECT_EQ(y[n * 150 + 100 + c], first);
      kept += first > 0;
    }
  }
  EXPECT_NEAR(kept / 1000.0, 0.5, 0.06);
}

TEST(Ops, GaussianNoiseIsNormalAndDiffersBetweenSteps) {
  const Attrs attrs = ops::GaussianNoiseAttrs{2, 5, 2}.attrs();
  constexpr std::size_t kCount = 20000;
  const RefTensor x{{DType::F32, Shape{4, 5000}}, std::vector<double>(kCount, 3.0)};
  const auto inStep = [&](double step) {
    RefTensor block = stepBlock(0, 4);
    block.data[kStepLow] = step;
    return run(ops::gaussian_noise, attrs, {x, block})[0].data;
  };
  const Values one = inStep(1), two = inStep(2);
  double sum = 0, squares = 0, product = 0;
  int within = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double noise = one[i] - 3;
    sum += noise;
    squares += noise * noise;
    product += noise * (two[i] - 3);
    within += std::abs(noise) < 2;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.06);
  EXPECT_NEAR(squares / kCount, 4, 0.16);
  EXPECT_NEAR(product / kCount, 0, 0.12);
  EXPECT_NEAR(static_cast<double>(within) / kCount, 0.6827, 0.015);
}

TEST(Ops, ReshapeReportsMismatchedSizes) {
  const std::vector<TensorType> in{{DType::F32, Shape{4, 6}}};
  const auto refused = ops::reshape.infer({{"shape", std::vector<std::int64_t>{5}}}, in);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "cannot reshape 6 (6 values) to 5");
  EXPECT_FALSE(ops::reshape.infer({{"shape", std::vector<std::int64_t>{-2, -3}}}, in).ok());
  EXPECT_TRUE(ops::reshape.infer({{"shape", std::vector<std::int64_t>{3, 2}}}, in).ok());
}

}  // namespace
}  // namespace tandem
