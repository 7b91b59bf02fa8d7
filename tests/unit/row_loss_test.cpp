// Losses of rows: values and gradients that are computed by hand, and what evaluation makes of them. Conformance tests
// compare the kernels with the references that are tested here.
#include "core/ops/row_loss.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/objectives/loss.h"
#include "core/ops/head_step.h"
#include "core/ops/row_loss_grad.h"

namespace tandem {
namespace {

using Values = std::vector<double>;

struct Computed {
  double loss = 0;
  Values gradient;
};

std::vector<RefTensor> run(const OpDef& op, const Attrs& attrs, const std::vector<RefTensor>& in) {
  std::vector<TensorType> types;
  for (const RefTensor& tensor : in) types.push_back(tensor.type);
  std::vector<RefTensor> out;
  const std::vector<TensorType> results = op.infer(attrs, types).value();
  for (const TensorType& type : results)
    out.push_back({type, Values(static_cast<std::size_t>(type.shape.elements()))});
  op.reference(attrs, in, out);
  return out;
}

// lossScale and weight: factors of the gradient, not of the loss. rowWeights: empty: all 1.
Computed compute(const Attrs& attrs, const Shape& shape, const Values& outputs, const Values& targets,
                 double validRows, double lossScale = 1, double weight = 1, const Values& rowWeights = {}) {
  Values block(kStepSlots, 0.0);
  block[kStepLossScale] = lossScale;
  block[kStepValidRows] = validRows;
  const RefTensor step =
      run(ops::head_step, {{"weight", weight}}, {{{DType::F32, Shape{kStepSlots}}, block}})[0];
  const RefTensor x{{DType::F32, shape}, outputs}, t{{DType::F32, shape}, targets};
  std::vector<RefTensor> operands{x, t, step};
  if (!rowWeights.empty()) operands.push_back({{DType::F32, Shape{std::ssize(rowWeights)}}, rowWeights});
  const std::vector<RefTensor> out = run(ops::row_loss, attrs, operands);
  operands.insert(operands.begin() + 2, out[1]);
  return {out[0].data[0], run(ops::row_loss_grad, attrs, operands)[0].data};
}

Attrs kind(const char* name) {
  return {{"kind", std::string(name)}};
}

void expectNear(const Values& got, const Values& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-12) << "at " << i;
}

TEST(RowLosses, CosineSimilarityIsTheMeanOverTheValidRows) {
  const Values x{3, 4, 1, 0, 1, -1}, t{4, 3, 0, 2, -2, 2};  // cosines: 24 / 25, 0, -1
  const Computed two = compute(kind("cosine_similarity"), {3, 2}, x, t, 2, 8, 0.5);
  EXPECT_NEAR(two.loss, (0.04 + 1) / 2, 1e-12);
  const double scale = 8 * 0.5 / 2;
  expectNear(two.gradient, {-0.0448 * scale, 0.0336 * scale, 0, -1 * scale, 0, 0});
  const Computed all = compute(kind("cosine_similarity"), {3, 2}, x, t, 3);
  EXPECT_NEAR(all.loss, (0.04 + 1 + 2) / 3, 1e-12);
  expectNear(all.gradient, {-0.0448 / 3, 0.0336 / 3, 0, -1.0 / 3, 0, 0});
  EXPECT_EQ(compute(kind("cosine_similarity"), {3, 2}, x, t, 0).loss, 0);
  expectNear(compute(kind("cosine_similarity"), {3, 2}, x, t, 0).gradient, Values(6, 0.0));
}

TEST(RowLosses, AreWeightedByRow) {
  const Values x{3, 4, 1, 0, 1, -1}, t{4, 3, 0, 2, -2, 2};  // as above; the last row is not valid
  const Computed two = compute(kind("cosine_similarity"), {3, 2}, x, t, 2, 8, 0.5, {3, 0.25, 7});
  EXPECT_NEAR(two.loss, (3 * 0.04 + 0.25 * 1) / 2, 1e-12);
  const double scale = 8 * 0.5 / 2;
  expectNear(two.gradient, {-0.0448 * 3 * scale, 0.0336 * 3 * scale, 0, -0.25 * scale, 0, 0});
  // A row of an image is a vector, or the whole of it.
  const Computed pixels = compute(kind("cosine_similarity"), {1, 3, 1, 2}, x, t, 1, 1, 1, {3, 0.25, 0});
  EXPECT_NEAR(pixels.loss, (3 * 0.04 + 0.25 * 1) / 3, 1e-12);
  const Computed whole = compute(kind("dice"), {1, 3, 1, 2}, x, {1, 0, 1, 0, 0, 1}, 1, 1, 1, {4}),
                 plain = compute(kind("dice"), {1, 3, 1, 2}, x, {1, 0, 1, 0, 0, 1}, 1);
  EXPECT_NEAR(whole.loss, 4 * plain.loss, 1e-12);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(whole.gradient[i], 4 * plain.gradient[i], 1e-12);
}

TEST(RowLosses, VectorsWithoutADirectionHaveTheCosine0) {
  const Computed c = compute(kind("cosine_similarity"), {2, 2}, {0, 0, 3, 4}, {3, 4, 0, 0}, 2);
  EXPECT_EQ(c.loss, 1);
  expectNear({c.gradient[0] * 1e-6, c.gradient[1] * 1e-6, c.gradient[2], c.gradient[3]},
             {-0.6 / 2, -0.8 / 2, 0, 0});
  const Computed equal = compute(kind("cosine_similarity"), {1, 3}, {0.1, 0.2, 0.7}, {1, 2, 7}, 1);
  EXPECT_GE(equal.loss, 0) << "not less by rounding";
  EXPECT_LT(equal.loss, 1e-15);
}

TEST(RowLosses, DiceComparesWholeSamples) {
  const double three = std::log(3);  // the sigmoid is 3 / 4
  const Values x{0, three, -three}, t{0, 1, 0};
  const Computed one = compute(kind("dice"), {1, 3}, x, t, 1, 4, 0.5);
  EXPECT_NEAR(one.loss, 2.0 / 7, 1e-12);  // 1 - (2 * 0.75 + 1) / (1.5 + 1 + 1)
  const double scale = 2;
  expectNear(one.gradient, {10.0 / 49 / 4 * scale, -18.0 / 49 * 3 / 16 * scale, 10.0 / 49 * 3 / 16 * scale});
  const Attrs half{{"kind", std::string("dice")}, {"smooth", 0.5}};
  EXPECT_NEAR(compute(half, {1, 3}, x, t, 1).loss, 1.0 / 3, 1e-12);  // 1 - (1.5 + 0.5) / (2.5 + 0.5)
  // The pixels of an image are one row; the second sample is padding.
  Values two = x, labels = t;
  two.insert(two.end(), {5, 6, 7});
  labels.insert(labels.end(), {0, 0, 0});
  const Computed image = compute(kind("dice"), {2, 3, 1, 1}, two, labels, 1, 4, 0.5);
  EXPECT_NEAR(image.loss, one.loss, 1e-12);
  Values padded = one.gradient;
  padded.resize(6);
  expectNear(image.gradient, padded);
}

TEST(RowLosses, DiceOfSamplesWithoutClass1) {
  EXPECT_NEAR(compute(kind("dice"), {1, 2}, {0, 0}, {0, 0}, 1).loss, 0.5, 1e-12);
  const Computed none = compute(kind("dice"), {1, 2}, {-40, -40}, {0, 0}, 1);
  EXPECT_NEAR(none.loss / (2 * std::exp(-40)), 1, 1e-9) << "no cancellation";
  EXPECT_NEAR(none.gradient[0] / std::exp(-40), 1, 1e-9);
  const Computed wrong = compute(kind("dice"), {1, 2}, {-1000, 1000}, {1, 0}, 1);
  EXPECT_NEAR(wrong.loss, 2.0 / 3, 1e-12);
  expectNear(wrong.gradient, {0, 0});
}

TEST(RowLosses, KlDivergenceOfShares) {
  const Values x{7 + std::log(0.2), 7 + std::log(0.3), 7 + std::log(0.5)};
  const Computed c = compute(kind("kl_divergence"), {1, 3}, x, {0.5, 0.5, 0}, 1, 3, 2);
  EXPECT_NEAR(c.loss, 0.5 * std::log(0.5 / 0.2) + 0.5 * std::log(0.5 / 0.3), 1e-12);
  expectNear(c.gradient, {-0.3 * 6, -0.2 * 6, 0.5 * 6});
  EXPECT_NEAR(compute(kind("kl_divergence"), {1, 3}, x, {0.2, 0.3, 0.5}, 1).loss, 0, 1e-12);
  // Shares that do not sum to 1, and negative ones.
  const Computed more = compute(kind("kl_divergence"), {1, 3}, x, {1, 1, -3}, 1);
  EXPECT_NEAR(more.loss, -std::log(0.2) - std::log(0.3), 1e-12);
  expectNear(more.gradient, {2 * 0.2 - 1, 2 * 0.3 - 1, 2 * 0.5});
  const Computed zero = compute(kind("kl_divergence"), {1, 3}, x, {0, 0, 0}, 1);
  EXPECT_EQ(zero.loss, 0);
  expectNear(zero.gradient, {0, 0, 0});
}

TEST(RowLosses, KlDivergenceDoesNotOverflow) {
  const Computed c = compute(kind("kl_divergence"), {2, 2}, {1000, -1000, 1000, -1000}, {0, 1, 1, 0}, 2);
  EXPECT_NEAR(c.loss, 2000.0 / 2, 1e-9);
  expectNear(c.gradient, {0.5, -0.5, 0, 0});
}

// A sample of 1 x 2 pixels with three channels has two rows; the second sample is padding.
TEST(RowLosses, ImagesHaveARowPerPixel) {
  const Values x{0.3, -1, 2, 0.1, 0.5, -0.2}, t{0.2, 0.5, 0.3, 0.1, 0.1, 0.8};
  Values two = x, labels = t;
  two.resize(12, 9);
  labels.resize(12, 0.5);
  for (const char* name : {"cosine_similarity", "kl_divergence"}) {
    const Computed pixels = compute(kind(name), {2, 3}, x, t, 2, 5),
                   image = compute(kind(name), {2, 1, 2, 3}, two, labels, 1, 5);
    EXPECT_NEAR(image.loss, pixels.loss, 1e-12) << name;
    Values padded = pixels.gradient;
    padded.resize(12);
    expectNear(image.gradient, padded);
    // Evaluation sees the shape, too.
    const LossConfig loss(name);
    EXPECT_NEAR(lossOf(loss, {1, 1, 2, 3}, x, t), pixels.loss, 1e-12) << name;
    EXPECT_GT(std::abs(lossOf(loss, {1, 6}, x, t) - pixels.loss), 1e-3) << name;
  }
}

TEST(RowLosses, NanIsNotHidden) {
  const double nan = std::nan("");
  for (const ops::LossInfo* info : ops::RowLossAttrs::kInfos) {
    const Attrs attrs = ops::sampleAttrs(*info);
    for (const bool output : {true, false}) {
      const Computed c = compute(attrs, {1, 2}, {output ? nan : 1.0, 2}, {0.5, output ? 0.5 : nan}, 1);
      EXPECT_TRUE(std::isnan(c.loss)) << info->type;
      EXPECT_TRUE(std::isnan(c.gradient[0]) && std::isnan(c.gradient[1])) << info->type;
    }
  }
}

TEST(RowLosses, RefuseWhatTheyCannotCompare) {
  const TensorType step{DType::F32, Shape{kStepSlots}};
  const auto refusal = [&](const char* name, const Shape& output, const Shape& target) {
    const auto types = ops::row_loss.infer(
        kind(name), std::array{TensorType{DType::F32, output}, TensorType{DType::F32, target}, step});
    return types.ok() ? "" : types.error().message;
  };
  EXPECT_EQ(refusal("cosine_similarity", {5, 3}, {5, 2}), "the output is 5 x 3, but the targets are 5 x 2");
  EXPECT_EQ(refusal("cosine_similarity", {5, 1}, {5, 1}),
            "the loss \"Cosine similarity\" compares vectors of at least 2 values, but the output has 1");
  EXPECT_EQ(refusal("kl_divergence", {5, 4, 4, 1}, {5, 4, 4, 1}),
            "the loss \"KL divergence\" compares vectors of at least 2 values, but the output has 1");
  EXPECT_EQ(refusal("dice", {5, 1}, {5, 1}), "");
  EXPECT_EQ(refusal("jaccard", {5, 3}, {5, 3}), "unknown loss 'jaccard'");
  const Attrs rough{{"kind", std::string("dice")}, {"smooth", 0.0}};
  EXPECT_EQ(ops::RowLossAttrs::from(rough).error().message,
            "smooth of the dice loss must be from 1e-06 to 1000000");
}

TEST(RowLosses, DescribeThemselvesAsChoices) {
  const auto def = [](std::string_view type) { return findDef<LossDef>(type); };
  ASSERT_TRUE(def("cosine_similarity") && def("dice") && def("kl_divergence"));
  EXPECT_EQ(def("cosine_similarity")->target, TargetKind::Values);
  EXPECT_EQ(def("dice")->target, TargetKind::TwoClasses);
  EXPECT_EQ(def("kl_divergence")->activation, "softmax");
  for (const LossDef* loss : Catalog<LossDef>::all())
    EXPECT_EQ(loss->fixedTargets, loss->target == TargetKind::TwoClasses || loss->op == &ops::row_loss)
        << loss->type;
  const Values x{0, std::log(3), -std::log(3)}, t{0, 1, 0};
  EXPECT_NEAR(lossOf({"dice", {{"smooth", 0.5}}}, {1, 3}, x, t), 1.0 / 3, 1e-12);
}

// The definition is evaluated in parts; rows are neither lost nor split.
TEST(RowLosses, LongListsAreEvaluatedInParts) {
  constexpr std::int64_t kRows = 300, kColumns = 5000;
  Values x(kRows * kColumns), t(kRows * kColumns);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = std::sin(0.1 * static_cast<double>(i));
    t[i] = static_cast<double>(i % 7 == 0);
  }
  const LossConfig dice("dice");
  const double whole = compute(dice.attributes(dice.def().fixed), {kRows, kColumns}, x, t, kRows).loss;
  EXPECT_NEAR(lossOf(dice, {kRows, kColumns}, x, t), whole, 1e-12);
}

}  // namespace
}  // namespace tandem
