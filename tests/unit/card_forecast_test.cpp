// Forecasts for cards that are not in this machine, compared with times that follow from the network alone.
#include "core/twin/card_forecast.h"

#include <gtest/gtest.h>

#include "core/runtime/precisions.h"
#include "tests/support/workloads.h"

namespace tandem {
namespace {

constexpr double kUnlimited = 1e18;
constexpr double kGibi = 1 << 30;

Card cardWith(double flops, double bandwidth, int capability = 89) {
  Card card;
  card.name = "Test";
  card.capability = capability;
  card.memoryBytes = 24 * kGibi;
  card.fp32 = card.tf32 = card.bf16 = card.fp16 = flops;
  card.bandwidth = bandwidth;
  return card;
}

// A network of three dense layers, 784-512-256-10.
constexpr double kBatch = 128;
constexpr double kWeights = 784 * 512 + 512 * 256 + 256 * 10, kBiases = 512 + 256 + 10;

std::vector<CardForecast> forecastMlp(const Card& card, std::int64_t batch = 128) {
  const testing::Workload mlp = testing::workload("mlp");
  TrainingConfig training;
  training.batch = batch;
  return forecastCards(mlp.network, training, mlp.data, std::span(&card, 1)).value();
}

CardTime fp32Of(const Card& card, std::int64_t batch = 128) {
  const auto forecast = forecastMlp(card, batch);
  EXPECT_EQ(forecast.at(0).problem, "");
  EXPECT_EQ(forecast.at(0).times.at(0).precision, Precision::Fp32);
  EXPECT_EQ(forecast.at(0).times.at(0).problem, "");
  return forecast.at(0).times.at(0);
}

TEST(CardForecast, ASlowCardNeedsTheTimeOfTheProducts) {
  // The forward pass and the gradients of all weights, and the gradients of the inputs of all layers but the first: each
  // multiplies and adds once per weight and sample.
  const double flops = 2 * kBatch * (2 * kWeights + (kWeights - 784 * 512));
  const CardTime time = fp32Of(cardWith(1e9, kUnlimited));
  EXPECT_GE(time.fastest, flops / 1e9);
  EXPECT_LE(time.fastest, 1.06 * flops / 1e9);  // activations and the optimizer are arithmetic, too
  EXPECT_GE(time.slowest, flops / 0.4e9);
  EXPECT_LE(time.slowest, 1.5 * flops / 0.4e9);
  EXPECT_EQ(time.bound, "compute");
  EXPECT_GT(time.typical(), time.fastest);
  EXPECT_LT(time.typical(), time.slowest);
  // Twice the batch, twice the products.
  EXPECT_NEAR(fp32Of(cardWith(1e9, kUnlimited), 256).fastest / time.fastest, 2, 0.06);
}

TEST(CardForecast, ACardWithSlowMemoryNeedsTheTimeOfTheTraffic) {
  const CardTime time = fp32Of(cardWith(kUnlimited, 1e9));
  // The update alone reads the weights and their gradients and writes the weights, at no more than the cache's rate.
  EXPECT_GE(time.fastest, 3 * 4 * (kWeights + kBiases) / 3e9);
  EXPECT_EQ(time.bound, "memory");
  const CardTime half = fp32Of(cardWith(kUnlimited, 0.5e9));
  EXPECT_NEAR(half.fastest / time.fastest, 2, 0.05);
  EXPECT_NEAR(half.slowest / time.slowest, 2, 0.05);
}

TEST(CardForecast, AnUnlimitedCardNeedsTheTimeOfTheLaunches) {
  const Card card = cardWith(kUnlimited, kUnlimited);
  const testing::Workload mlp = testing::workload("mlp");
  TrainingConfig training;
  training.device.device = CardBackend::kDevice;
  CardBackend backend(card);
  const auto plan = compile(mlp.network, training, mlp.data, backend).value();
  double ops = 0, products = 0;
  for (const Node& node : plan->train.program.nodes) {
    ops += node.op->view ? 0 : 1;
    products += node.op->name == "matmul" ? 1 : 0;
  }
  EXPECT_EQ(products, 8);  // three layers, without the gradient of the network's input
  const CardTime time = fp32Of(card);
  EXPECT_NEAR(time.fastest, 1.5e-6 * ops, 1e-9);
  EXPECT_NEAR(time.slowest, 6e-6 * (ops - products) + 10e-6 * products, 1e-7);
  EXPECT_EQ(time.bound, "launch");
}

TEST(CardForecast, MemoryIsThatOfThePlan) {
  const CardTime time = fp32Of(cardWith(1e13, 1e12));
  EXPECT_NEAR(static_cast<double>(time.memory.weights), 4 * (kWeights + kBiases), 4096);
  EXPECT_EQ(time.memory.gradients, time.memory.weights);
  EXPECT_GE(static_cast<double>(time.memory.inputs), 2 * 4 * kBatch * 784);  // two batches are in flight
  EXPECT_EQ(time.memory.context, 400'000'000u);
  EXPECT_EQ(time.memory.checkpoint, 0u);  // is in the memory of the machine
  EXPECT_TRUE(time.fits);
  EXPECT_EQ(time.largestBatch, 0);
  EXPECT_EQ(fp32Of(cardWith(1e13, 1e12, 90)).memory.context, 600'000'000u);
}

TEST(CardForecast, ACardThatIsTooSmallNamesTheLargestBatch) {
  Card card = cardWith(1e13, 1e12);
  card.memoryBytes = 0.5 * kGibi;
  EXPECT_TRUE(fp32Of(card).fits);
  const CardTime large = fp32Of(card, 65536);
  EXPECT_FALSE(large.fits);
  EXPECT_GT(large.memory.total(), card.usableBytes());
  ASSERT_GT(large.largestBatch, 128);
  ASSERT_LT(large.largestBatch, 65536);
  EXPECT_TRUE(fp32Of(card, large.largestBatch).fits);
  EXPECT_FALSE(fp32Of(card, 2 * large.largestBatch).fits);
  card.memoryBytes = 0.3 * kGibi;  // less than the driver takes
  EXPECT_FALSE(fp32Of(card).fits);
  EXPECT_EQ(fp32Of(card).largestBatch, 0);
}

TEST(CardForecast, PrecisionsFollowTheCard) {
  const auto turing = forecastMlp(cardWith(1e13, 1e12, 75)).at(0);
  ASSERT_EQ(turing.times.size(), 2u);
  EXPECT_EQ(turing.times[0].precision, Precision::Fp32);
  EXPECT_EQ(turing.times[1].precision, Precision::Fp16);
  Card unknown = cardWith(1e13, 1e12);
  unknown.bf16 = 0;
  const auto times = forecastMlp(unknown).at(0).times;
  ASSERT_EQ(times.size(), kPrecisions.size());
  for (const CardTime& time : times) EXPECT_EQ(time.problem.empty(), time.precision != Precision::Bf16);
  const auto pascal = forecastMlp(cardWith(1e13, 1e12, 61)).at(0);
  EXPECT_NE(pascal.problem.find("7.5"), std::string::npos) << pascal.problem;
  EXPECT_TRUE(pascal.times.empty());
  // Tensor cores that are eight times as fast: a network of large products is faster by less than that.
  Card tensor = cardWith(1e12, kUnlimited);
  tensor.tf32 = 8e12;
  const auto both = forecastMlp(tensor, 4096).at(0).times;
  EXPECT_LT(both.at(1).fastest, 0.5 * both.at(0).fastest);
  EXPECT_GT(both.at(1).fastest, both.at(0).fastest / 8);
}

TEST(CardForecast, EveryBuiltInCardTrainsAConvolutionalNetwork) {
  const std::vector<Card> cards = cardsFromJson(builtinCards(), "built in").value();
  const testing::Workload lenet = testing::workload("lenet");
  const auto list = forecastCards(lenet.network, TrainingConfig{}, lenet.data, cards).value();
  ASSERT_EQ(list.size(), cards.size());
  for (const CardForecast& forecast : list) {
    SCOPED_TRACE(forecast.card.name);
    EXPECT_EQ(forecast.problem, "");
    EXPECT_EQ(forecast.batch, TrainingConfig{}.batch);
    ASSERT_FALSE(forecast.times.empty());
    for (const CardTime& time : forecast.times) {
      EXPECT_EQ(time.problem, "");
      EXPECT_TRUE(time.fits);
      EXPECT_GT(time.fastest, 0);
      EXPECT_LT(time.fastest, time.slowest);
      EXPECT_GT(time.memory.workspace + time.memory.activations, 0u);
    }
  }
}

TEST(CardForecast, CanBeCancelledAndRunsNothing) {
  const testing::Workload mlp = testing::workload("mlp");
  const Card card = cardWith(1e13, 1e12);
  const auto cancelled =
      forecastCards(mlp.network, TrainingConfig{}, mlp.data, std::span(&card, 1), [] { return true; });
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
  CardBackend backend(card);
  TrainingConfig training;
  training.device.device = CardBackend::kDevice;
  const auto plan = compile(mlp.network, training, mlp.data, backend).value();
  EXPECT_EQ(backend.open(plan, {}).error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace tandem
