// Layers that are the same after they were written as a Keras model and read again.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/workloads.h"
#include "tests/unit/keras_fixture.h"

namespace tandem {
namespace {

using testing::NetworkBuilder;
using Ints = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

class KerasLayers : public KerasTest {
 protected:
  void expectRestored(const Network& network) {
    const auto weights = weightsOf(network);
    const Status written = write(network, weights);
    ASSERT_TRUE(written.ok()) << written.error().text();
    const auto read = importKeras(file());
    ASSERT_TRUE(read.ok()) << read.error().text();
    expectSame(read->network, network);
    EXPECT_EQ(read->weights.size(), weights.size());
    for (const auto& weight : weights)
      EXPECT_TRUE(std::ranges::any_of(read->weights, [&](const ImportedModel::Weight& other) {
        return other.name == weight.name && other.shape == weight.shape && other.values == weight.values;
      })) << weight.name;
  }
};

TEST_F(KerasLayers, RestoreSeparableConvolutionsAndNoise) {
  NetworkBuilder b({9, 8, 3});
  b.add("separable_conv2d", {{"filters", std::int64_t{5}},
                             {"kernel", Ints{3, 2}},
                             {"multiplier", std::int64_t{2}},
                             {"padding", std::string("same")},
                             {"activation", std::string("relu")},
                             {"l2", 0.5}});
  b.add("spatial_dropout", {{"rate", 0.25}});
  b.add("gaussian_noise", {{"deviation", 0.5}});
  b.add("separable_conv2d", {{"filters", std::int64_t{2}}, {"use_bias", std::int64_t{0}}}, "second");
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{3}}});
  expectRestored(b.take());
}

TEST_F(KerasLayers, RefuseSpatialDropoutOfMoreDimensionsThanImages) {
  NetworkBuilder b({24});
  b.add("reshape", {{"shape", Ints{2, 3, 2, 2}}});
  b.add("spatial_dropout", {}, "own");
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{3}}});
  const Network network = b.take();
  const Status written = write(network, weightsOf(network));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().where, "own");
  EXPECT_EQ(written.error().message, "Keras drops channels only of sequences and images");
}

TEST_F(KerasLayers, WriteDepthwiseConvolutionsAsOnesWithGroups) {
  NetworkBuilder b({9, 8, 3});
  b.add("depthwise_conv2d", {{"multiplier", std::int64_t{2}}}, "own");
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{3}}});
  const Network network = b.take();
  const auto weights = weightsOf(network);
  ASSERT_TRUE(write(network, weights).ok());
  EXPECT_EQ(layerOf(configOfFile(), "own")["depth_multiplier"], 2);
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  const Layer* layer = read->network.findByName("own");
  ASSERT_TRUE(layer);
  EXPECT_EQ(layer->type, "conv2d");
  EXPECT_EQ(layer->properties.integer("groups", 1), 3);
  EXPECT_EQ(layer->properties.integer("filters", 1), 6);
  const auto kernel = std::ranges::find(read->weights, "own/kernel", &ImportedModel::Weight::name);
  ASSERT_NE(kernel, read->weights.end());
  EXPECT_EQ(kernel->shape, weights[0].shape);
  EXPECT_EQ(kernel->values, weights[0].values);
}

// Where Keras' layers would be the normalization of the data or the unit of the target, and elsewhere.
TEST_F(KerasLayers, RestoreConstantScalesEverywhere) {
  NetworkBuilder b({4});
  b.add("rescaling", {{"scale", Numbers{0.5}}, {"offset", Numbers{1, 2, -1, 0}}}, "first");
  b.add("dense", {{"units", std::int64_t{3}}});
  b.add("normalization", {{"mean", Numbers{0.5, 0, -0.25}}, {"variance", Numbers{4, 1, 4}}});
  b.add("dense", {{"units", std::int64_t{2}}}, "end");
  b.add("rescaling", {{"scale", Numbers{2}}}, "last");
  expectRestored(b.take());
}

TEST_F(KerasLayers, RestoreDotProducts) {
  NetworkBuilder b({6, 4});
  const LayerId sequence = b.last();
  const LayerId other = b.add("dense", {{"units", std::int64_t{4}}});
  const LayerId dot = b.join("dot", sequence, other);
  b.addTo(dot, "flatten");
  b.add("dense", {{"units", std::int64_t{3}}}, "end");
  const Network network = b.take();
  ASSERT_TRUE(write(network, weightsOf(network)).ok());
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  const Layer* layer = read->network.findByName("dot");
  ASSERT_TRUE(layer);
  EXPECT_EQ(layer->properties.integer("first_axis", 0), 2);
  EXPECT_EQ(layer->properties.integer("second_axis", 0), 2);
  EXPECT_EQ(layer->inputs, network.findByName("dot")->inputs);
}

}  // namespace
}  // namespace tandem
