// The networks of the benchmark table are the published ones; run.py compares their sizes with PyTorch's
// again.
#include "tests/support/workloads.h"

#include <gtest/gtest.h>

#include <array>

namespace tandem {
namespace {

TEST(Workloads, EachIsValid) {
  for (const std::string& name : testing::workloadNames()) {
    const testing::Workload w = testing::workload(name);
    const Analysis analysis = analyze(w.network);
    EXPECT_TRUE(analysis.ok()) << name;
    EXPECT_FALSE(w.batches.empty()) << name;
    EXPECT_EQ(analysis.layers.at(w.network.layers().back().id).output, Shape{w.data.targets[0].classes})
        << name;
  }
}

// torchvision's resnet50: 25,557,032 parameters and 4.089e9 multiply-adds per image, unlike the original
// stride layout ("v1", 3.86e9).
TEST(Workloads, ResNet50IsThePublishedOne) {
  const Analysis analysis = analyze(testing::workload("resnet50").network);
  EXPECT_EQ(analysis.parameters, 25'557'032);
  const Network bare = testing::workload("resnet50").network;
  double products = 0;
  std::int64_t untrained = 0;
  for (const Layer& layer : bare.layers()) {
    const LayerFacts& facts = analysis.layers.at(layer.id);
    if (layer.type == "conv2d" || layer.type == "dense") products += facts.forwardFlops;
    untrained += facts.untrained;
  }
  EXPECT_NEAR(products / 2, 4.089e9, 0.002e9);
  EXPECT_EQ(untrained, 53'120);  // running mean and variance of 26,560 channels
}

// Two of PyTorch's encoder layers with d = 128, and the classifier.
TEST(Workloads, TransformerIsTheEncoderOfTheTable) {
  const std::int64_t block = 4 * (128 * 128 + 128) + 128 * 512 + 512 + 512 * 128 + 128 + 4 * 128;
  EXPECT_EQ(analyze(testing::workload("transformer").network).parameters, 2 * block + 128 * 10 + 10);
}

TEST(Workloads, WideIsThreeSquareLayers) {
  const Analysis analysis = analyze(testing::workload("wide").network);
  EXPECT_EQ(analysis.parameters, 3 * (8192 * 8192 + 8192));
}

TEST(Workloads, BottlenecksHalveTheImageFromTheSecondStageOn) {
  const Network network = testing::bottleneckNetwork({64, 48, 3}, std::array{1, 2, 1}, 4, 5);
  const Analysis analysis = analyze(network);
  ASSERT_TRUE(analysis.ok());
  std::vector<Shape> sums;
  for (const Layer& layer : network.layers())
    if (layer.type == "add") sums.push_back(*analysis.layers.at(layer.id).output);
  EXPECT_EQ(sums, (std::vector<Shape>{{16, 12, 16}, {8, 6, 32}, {8, 6, 32}, {4, 3, 64}}));
}

}  // namespace
}  // namespace tandem
