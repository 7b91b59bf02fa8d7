#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/network/analysis.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

struct LayerCase {
  std::string type;
  Ints input;
  Attrs properties;
  std::string result;  // shape of one sample, or the Error's text
  std::int64_t parameters = 0;
  std::int64_t untrained = 0;
  int copies = 1;  // how often the layer reads the input
};

// input -> layer, as the editor sees it.
std::string outcome(const LayerCase& c, LayerFacts* facts = nullptr) {
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", c.input}});
  const auto id = network.add(c.type, "it", c.properties);
  if (!id.ok()) return id.error().text();
  for (int i = 0; i < c.copies; ++i) {
    const auto connected = network.connect(in, *id);
    if (!connected.ok()) return connected.error().text();
  }
  const Analysis analysis = analyze(network);
  if (!analysis.problems.empty()) return analysis.problems.front().error.text();
  if (facts) *facts = analysis.layers.at(*id);
  return analysis.layers.at(*id).output->text();
}

TEST(Layers, ShapesAndParameterCounts) {
  const std::string same = "same", explicitly = "explicit";
  const std::vector<LayerCase> cases{
      {"dense", {784}, {{"units", std::int64_t{10}}}, "10", 7850},
      {"dense", {7}, {{"units", std::int64_t{3}}, {"use_bias", std::int64_t{0}}}, "3", 21},
      {"dense", {9, 7}, {{"units", std::int64_t{3}}}, "9 x 3", 24},
      {"conv2d", {28, 28, 1}, {}, "26 x 26 x 32", 320},
      {"conv2d", {28, 28, 3}, {{"padding", same}}, "28 x 28 x 32", 896},
      {"conv2d", {28, 27, 3}, {{"padding", same}, {"stride", Ints{2, 2}}}, "14 x 14 x 32", 896},
      {"conv2d", {5, 9, 4}, {{"kernel", Ints{1, 5}}, {"filters", std::int64_t{2}}}, "5 x 5 x 2", 42},
      {"conv2d", {9, 9, 4}, {{"dilation", Ints{2, 2}}}, "5 x 5 x 32", 1184},
      {"conv2d", {8, 8, 4}, {{"groups", std::int64_t{4}}, {"filters", std::int64_t{8}}}, "6 x 6 x 8", 80},
      {"conv2d",
       {8, 8, 1},
       {{"padding", explicitly}, {"pads", Ints{1, 2, 3, 4}}, {"filters", std::int64_t{1}}},
       "9 x 13 x 1",
       10},
      {"conv2d_transpose", {7, 5, 4}, {}, "14 x 10 x 32", 1184},
      {"conv2d_transpose",
       {7, 5, 4},
       {{"padding", std::string("valid")}, {"stride", Ints{2, 4}}},
       "15 x 20 x 32",
       1184},
      {"conv2d_transpose",
       {4, 4, 2},
       {{"kernel", Ints{1, 5}},
        {"stride", Ints{1, 1}},
        {"filters", std::int64_t{3}},
        {"use_bias", std::int64_t{0}}},
       "4 x 4 x 3",
       30},
      {"upsampling2d", {7, 5, 4}, {}, "14 x 10 x 4"},
      {"upsampling2d",
       {7, 5, 4},
       {{"size", Ints{1, 3}}, {"interpolation", std::string("bilinear")}},
       "7 x 15 x 4"},
      {"conv1d", {20, 4}, {}, "18 x 32", 416},
      {"conv1d", {20, 4}, {{"padding", same}, {"stride", std::int64_t{3}}}, "7 x 32", 416},
      {"conv1d", {20, 4}, {{"dilation", std::int64_t{4}}, {"filters", std::int64_t{2}}}, "12 x 2", 26},
      {"conv1d", {2, 4}, {{"padding", std::string("causal")}, {"kernel", std::int64_t{5}}}, "2 x 32", 672},
      {"simple_rnn", {9, 5}, {{"units", std::int64_t{7}}}, "7", 5 * 7 + 7 * 7 + 7},
      {"lstm", {9, 5}, {{"units", std::int64_t{7}}}, "7", 4 * ((5 + 7) * 7 + 7)},
      {"gru", {9, 5}, {{"units", std::int64_t{7}}}, "7", 3 * (5 * 7 + 7 * 7 + 2 * 7)},
      {"max_pool1d", {9, 3}, {}, "4 x 3"},
      {"average_pool1d", {9, 3}, {{"padding", same}}, "5 x 3"},
      {"global_average_pool1d", {9, 3}, {}, "3"},
      {"global_max_pool1d", {9, 3}, {}, "3"},
      {"last_step", {9, 3}, {}, "3"},
      {"max_pool2d", {28, 28, 3}, {}, "14 x 14 x 3"},
      {"max_pool2d", {7, 7, 3}, {{"padding", same}}, "4 x 4 x 3"},
      {"max_pool2d", {7, 7, 3}, {}, "3 x 3 x 3"},
      {"average_pool2d", {6, 9, 2}, {{"window", Ints{3, 3}}, {"stride", Ints{3, 3}}}, "2 x 3 x 2"},
      {"global_average_pool2d", {7, 5, 64}, {}, "64"},
      {"global_max_pool2d", {7, 5, 64}, {}, "64"},
      {"batch_norm", {8, 8, 16}, {}, "8 x 8 x 16", 32, 32},
      {"batch_norm", {20}, {}, "20", 40, 40},
      {"layer_norm", {8, 7, 16}, {}, "8 x 7 x 16", 32},
      {"layer_norm", {20}, {}, "20", 40},
      {"rms_norm", {9, 20}, {}, "9 x 20", 20},
      {"group_norm", {8, 7, 64}, {}, "8 x 7 x 64", 128},
      {"group_norm", {12}, {{"groups", std::int64_t{3}}}, "12", 24},
      {"instance_norm", {8, 7, 5}, {}, "8 x 7 x 5", 10},
      {"dropout", {8, 8, 16}, {{"rate", 0.25}}, "8 x 8 x 16"},
      {"spatial_dropout", {8, 8, 16}, {}, "8 x 8 x 16"},
      {"spatial_dropout", {9, 16}, {}, "9 x 16"},
      {"gaussian_noise", {5}, {}, "5"},
      {"rescaling", {8, 8, 3}, {{"scale", Numbers{1, 2, 3}}, {"offset", Numbers{-1}}}, "8 x 8 x 3"},
      {"normalization", {4}, {{"mean", Numbers{1, 2, 3, 4}}, {"variance", Numbers{2}}}, "4"},
      {"depthwise_conv2d", {8, 8, 3}, {}, "6 x 6 x 3", 30},
      {"depthwise_conv2d",
       {8, 7, 3},
       {{"multiplier", std::int64_t{4}}, {"padding", same}, {"stride", Ints{2, 2}}},
       "4 x 4 x 12",
       120},
      {"separable_conv2d", {8, 8, 3}, {}, "6 x 6 x 32", 27 + 96 + 32},
      {"separable_conv2d",
       {8, 8, 3},
       {{"filters", std::int64_t{5}}, {"multiplier", std::int64_t{2}}, {"use_bias", std::int64_t{0}}},
       "6 x 6 x 5",
       54 + 30},
      {"flatten", {28, 28, 1}, {}, "784"},
      {"flatten", {5}, {}, "5"},
      {"activation", {4, 4, 2}, {{"function", std::string("gelu")}}, "4 x 4 x 2"},
      {"activation", {10}, {{"function", std::string("softmax")}}, "10"},
      {"activation", {10}, {{"function", std::string("hard_swish")}}, "10"},
      {"prelu", {4, 4, 3}, {}, "4 x 4 x 3", 3},
      {"add", {4, 4, 2}, {}, "4 x 4 x 2", 0, 0, 3},
      {"average", {4, 4, 2}, {}, "4 x 4 x 2", 0, 0, 3},
      {"maximum", {4, 4, 2}, {}, "4 x 4 x 2", 0, 0, 16},
      {"minimum", {7}, {}, "7", 0, 0, 2},
      {"multiply", {4, 4, 2}, {}, "4 x 4 x 2", 0, 0, 3},
      {"subtract", {4, 4, 2}, {}, "4 x 4 x 2", 0, 0, 2},
      {"dot", {7}, {}, "1", 0, 0, 2},
      {"dot", {9, 4}, {}, "9 x 9", 0, 0, 2},
      {"dot", {9, 4}, {{"first_axis", std::int64_t{1}}, {"second_axis", std::int64_t{1}}}, "4 x 4", 0, 0, 2},
      {"formula", {4, 4, 2}, {}, "4 x 4 x 2"},
      {"formula", {4, 4, 2}, {{"formula", std::string("x * beta + gamma")}}, "4 x 4 x 2", 4},
      {"formula",
       {7},
       {{"formula", std::string("a * b - c ^ beta")}, {"parameters", std::string("single")}},
       "7",
       1,
       0,
       3},
      {"concat", {4, 4, 2}, {}, "4 x 4 x 6", 0, 0, 3},
      {"concat", {7}, {}, "14", 0, 0, 2},
      {"split", {4, 4, 6}, {}, "4 x 4 x 3"},
      {"reshape", {12}, {{"shape", Ints{2, 2, 3}}}, "2 x 2 x 3"},
      {"zero_padding2d", {4, 5, 2}, {{"pads", Ints{1, 0, 2, 3}}}, "5 x 10 x 2"},
      {"cropping2d", {4, 5, 2}, {{"cuts", Ints{1, 0, 1, 3}}}, "3 x 1 x 2"},
      {"split", {12}, {{"parts", std::int64_t{4}}}, "3"},
      {"positions", {9, 8}, {}, "9 x 8", 72},
      {"attention", {9, 8}, {}, "9 x 8", 288},
      {"permute", {4, 5, 2}, {{"order", Ints{3, 1, 2}}}, "2 x 4 x 5"},
      {"repeat_vector", {5}, {}, "8 x 5"},
      {"slice", {9, 3}, {{"start", std::int64_t{2}}, {"size", std::int64_t{4}}}, "4 x 3"},
  };
  std::set<std::string> covered{"input", "embedding"};  // which reads tokens: sequence_layers_test.cpp
  for (const LayerCase& c : cases) {
    SCOPED_TRACE(c.type + " " + c.properties.text());
    LayerFacts facts;
    EXPECT_EQ(outcome(c, &facts), c.result);
    EXPECT_EQ(facts.parameters, c.parameters);
    EXPECT_EQ(facts.untrained, c.untrained);
    covered.insert(c.type);
  }
  for (const LayerDef* def : allLayers()) EXPECT_TRUE(covered.contains(std::string(def->type))) << def->type;
}

TEST(Layers, ImpossibleShapesAreExplained) {
  const std::vector<LayerCase> cases{
      {"dense",
       {28, 28, 1},
       {},
       "it: needs a flat input (one vector per sample), but its input is 28 x 28 x 1. Insert a flatten or "
       "global "
       "pooling layer before it"},
      {"conv2d",
       {784},
       {},
       "it: needs an image (height, width, channels), but its input is 784. Place it before flatten, dense "
       "and "
       "global pooling layers"},
      {"max_pool2d",
       {10, 10},
       {},
       "it: needs an image (height, width, channels), but its input is 10 x 10. Place it before flatten, "
       "dense and "
       "global pooling layers"},
      {"global_average_pool2d",
       {3},
       {},
       "it: needs an image (height, width, channels), but its input is 3. Place it before flatten, dense and "
       "global pooling layers"},
      {"conv2d",
       {2, 8, 1},
       {},
       "it: the kernel 3 x 3 does not fit into the image 2 x 8. Use padding same or a smaller kernel"},
      {"conv2d",
       {8, 8, 1},
       {{"dilation", Ints{4, 4}}},
       "it: the kernel 3 x 3, dilated to 9 x 9, does not fit into the image 8 x 8. Use padding same or a "
       "smaller "
       "kernel"},
      {"group_norm",
       {8, 8, 48},
       {},
       "it: Groups = 32 must divide the 48 input channels. Set groups to a divisor of 48"},
      {"spatial_dropout",
       {20},
       {},
       "it: needs a sequence or an image, but its input is 20. Use a dropout layer for vectors"},
      {"rescaling",
       {20},
       {{"scale", Numbers{1, 2}}},
       "it: has 2 numbers for an input of 20 channels. State one number, or one for each channel"},
      {"rescaling",
       {2},
       {{"scale", Numbers{1, 2}}, {"offset", Numbers{1, 2, 3}}},
       "it: has 2 scales, but 3 offsets. State one of each, or one for each channel"},
      {"normalization",
       {3},
       {{"mean", Numbers{1, 2}}, {"variance", Numbers{1, 2, 3}}},
       "it: has 2 means, but 3 variances. State one of each, or one for each channel"},
      {"normalization",
       {3},
       {{"variance", Numbers{-1}}},
       "Variance must be numbers, each from 0 to 1e+30, not -1"},
      {"separable_conv2d",
       {784},
       {},
       "it: needs an image (height, width, channels), but its input is 784. Place it before flatten, dense "
       "and "
       "global pooling layers"},
      {"instance_norm",
       {20},
       {},
       "it: needs several positions, as in an image, but its input is 20. Normalize vectors with layer "
       "normalization"},
      {"max_pool2d",
       {1, 1, 1},
       {},
       "it: the window 2 x 2 does not fit into the image 1 x 1. Use padding same or a smaller window"},
      {"conv2d_transpose",
       {784},
       {},
       "it: needs an image (height, width, channels), but its input is 784. Place it before flatten, dense "
       "and "
       "global pooling layers"},
      {"conv2d_transpose",
       {8, 8, 3},
       {{"padding", std::string("explicit")}},
       "Padding must be one of valid, same, not 'explicit'"},
      {"upsampling2d",
       {10, 10},
       {},
       "it: needs an image (height, width, channels), but its input is 10 x 10. Place it before flatten, "
       "dense and "
       "global pooling layers"},
      {"upsampling2d",
       {65536, 65536, 1},
       {{"size", Ints{1024, 1024}}},
       "it: is too large: 1 x 67108864 x 67108864 x 1 values. Use fewer units or filters, or smaller "
       "images"},
      {"conv1d",
       {28, 28, 1},
       {},
       "it: needs a sequence (steps, features), but its input is 28 x 28 x 1. Insert a reshape layer before it"},
      {"conv1d",
       {8, 3},
       {{"kernel", std::int64_t{5}}, {"dilation", std::int64_t{2}}},
       "it: the kernel of 5 steps, dilated to 9, does not fit an input of 8 steps. Use padding same or a "
       "smaller kernel"},
      {"max_pool1d",
       {1, 3},
       {},
       "it: the window of 2 steps does not fit an input of 1 step. Use padding same or a smaller window"},
      {"global_max_pool1d",
       {12},
       {},
       "it: needs a sequence (steps, features), but its input is 12. Insert a reshape layer before it"},
      {"conv2d",
       {8, 8, 3},
       {{"groups", std::int64_t{2}}},
       "it: Groups = 2 must divide the 3 input channels and the 32 filters. Set groups to 1 or to a common "
       "divisor"},
      {"conv2d",
       {8, 8, 3},
       {{"padding", std::string("explicit")}, {"pads", Ints{1, 1}}},
       "it: Pads must be 4 numbers (top, bottom, left, right), not 2"},
      {"dense", {784}, {{"units", std::int64_t{0}}}, "Units must be a whole number from 1 to 1048576, not 0"},
      {"flatten",
       {},
       {},
       "in: Shape needs 1 to 4 numbers, but has 0. Write height, width, channels for images, or "
       "the number of features"},
      {"flatten",
       {1, 2, 3, 4, 5},
       {},
       "in: Shape needs 1 to 4 numbers, but has 5. Write height, width, channels for "
       "images, or the number of features"},
      {"flatten",
       {1048576, 1048576, 2},
       {},
       "in: is too large: 1 x 1048576 x 1048576 x 2 values. Use smaller samples"},
      {"dense",
       {6, 5, 4, 3},
       {},
       "it: needs a flat input (one vector per sample), but its input is 6 x 5 x 4 x 3. Insert a flatten or "
       "global "
       "pooling layer before it"},
      {"conv2d",
       {1, 1, 1048576},
       {{"filters", std::int64_t{65536}}, {"kernel", Ints{1024, 1024}}, {"padding", std::string("same")}},
       "it: is too large: 65536 x 1024 x 1024 x 1048576 values. Use fewer units or filters, or smaller "
       "images"},
      {"add", {4}, {}, "it: needs at least 2 inputs, but has 1. Connect another layer to it"},
      {"add", {4}, {}, "it: accepts at most 16 inputs", 0, 0, 17},
      {"multiply", {4}, {}, "it: needs at least 2 inputs, but has 1. Connect another layer to it"},
      {"subtract",
       {4},
       {},
       "it: accepts at most 2 inputs: minuend and subtrahend. Drag the connection onto the port of the input that it "
       "replaces",
       0,
       0,
       3},
  };
  for (const LayerCase& c : cases) EXPECT_EQ(outcome(c), c.result) << c.type << " " << c.properties.text();
}

TEST(Layers, MergesRejectMismatchedShapes) {
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", Ints{8, 8, 3}}});
  const LayerId a = *network.add("conv2d", "a"), b = *network.add("max_pool2d", "b");
  const LayerId add = *network.add("add", "sum"), concat = *network.add("concat", "join");
  ASSERT_TRUE(network.connect(in, a).ok() && network.connect(in, b).ok());
  for (const LayerId merge : {add, concat})
    ASSERT_TRUE(network.connect(a, merge).ok() && network.connect(b, merge).ok());
  const Analysis analysis = analyze(network);
  std::set<std::string> texts;
  for (const Problem& p : analysis.problems) texts.insert(p.error.text());
  EXPECT_TRUE(texts.contains(
      "sum: needs inputs whose sizes are equal or 1 along each axis, but gets 6 x 6 x 32 and 4 x 4 x 3. Give "
      "the branches the same output shape, for instance with a 1 x 1 convolution"));
  EXPECT_TRUE(
      texts.contains("join: needs inputs that differ only in their channels, but gets 6 x 6 x 32 and 4 x 4 x "
                     "3. Give the branches the same output height and width"));
}

// input -> layer, lowered for a batch of 4.
Program lowered(const std::string& type, Ints input, Attrs properties, bool training = true) {
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", std::move(input)}});
  const LayerId id = *network.add(type, "it", std::move(properties));
  EXPECT_TRUE(network.connect(in, id).ok());
  Program program;
  const auto result = lowerNetwork(network, 4, training, 77, program);
  EXPECT_TRUE(result.ok()) << result.error().text();
  return program;
}

std::vector<std::string> opNames(const Program& program) {
  std::vector<std::string> names;
  for (const Node& node : program.nodes) names.emplace_back(node.op->name);
  return names;
}

using Names = std::vector<std::string>;

TEST(Layers, LowerToSeparateOpsThatFusionMayJoin) {
  const Program dense = lowered("dense", {8}, {{"activation", std::string("leaky_relu")}});
  EXPECT_EQ(opNames(dense), (Names{"matmul", "bias_add", "activation"}));
  EXPECT_EQ(dense.nodes[2].attrs.number("alpha", 0), 0.01);
  EXPECT_EQ(opNames(lowered("conv2d", {8, 8, 2}, {{"use_bias", std::int64_t{0}}})), (Names{"conv2d"}));
  EXPECT_EQ(opNames(lowered("flatten", {8}, {})), Names{});
  EXPECT_EQ(opNames(lowered("activation", {8}, {{"function", std::string("softmax")}})), Names{"softmax"});
  const Program elu = lowered("activation", {8}, {{"function", std::string("elu")}, {"alpha", 0.5}});
  EXPECT_EQ(elu.nodes[0].attrs.number("alpha", 0), 0.5);
}

TEST(Layers, ParametersCarryWhatTheInitializerAndPenaltiesNeed) {
  const Program p = lowered(
      "conv2d", {8, 8, 4},
      {{"filters", std::int64_t{6}}, {"groups", std::int64_t{2}}, {"initializer", std::string("he_normal")}});
  ASSERT_EQ(p.parameters.size(), 2u);
  EXPECT_EQ(p.parameters[0].name, "it/kernel");
  EXPECT_EQ(p.parameters[0].shape, (Shape{6, 3, 3, 2}));
  EXPECT_EQ(p.parameters[0].initializer, "he_normal");
  EXPECT_EQ(p.parameters[0].fanIn, 18);
  EXPECT_EQ(p.parameters[0].fanOut, 54);
  EXPECT_TRUE(p.parameters[0].decays);
  EXPECT_EQ(p.parameters[1].name, "it/bias");
  EXPECT_EQ(p.parameters[1].initializer, "zeros");
  EXPECT_FALSE(p.parameters[1].decays);
  for (const ParameterInfo& info : p.parameters) {
    EXPECT_EQ(p.value(info.value).role, Role::Parameter);
    EXPECT_EQ(p.value(info.value).base, kNoValue);
    EXPECT_EQ(p.layers[static_cast<std::size_t>(p.value(info.value).layer)], "it");
  }
}

TEST(Layers, DropoutAndBatchNormDifferOutsideTraining) {
  EXPECT_EQ(opNames(lowered("dropout", {8}, {}, false)), Names{});
  const Program dropout = lowered("dropout", {8}, {{"rate", 0.25}});
  ASSERT_EQ(opNames(dropout), Names{"dropout"});
  EXPECT_EQ(dropout.value(dropout.nodes[0].inputs[1]).role, Role::Step);
  EXPECT_EQ(dropout.nodes[0].attrs.integer("seed", 0), 77);
  EXPECT_EQ(dropout.nodes[0].attrs.integer("stream", 0), 1);  // its position in the order of execution

  const Program train = lowered("batch_norm", {8}, {{"momentum", 0.9}});
  ASSERT_EQ(opNames(train), Names{"batch_norm"});
  EXPECT_EQ(train.nodes[0].attrs.number("momentum", 0), 0.9);
  ASSERT_EQ(train.states.size(), 2u);
  EXPECT_EQ(train.states[0].name, "it/moving_mean");
  EXPECT_EQ(train.states[1].initializer, "ones");
  EXPECT_FALSE(train.states[0].stream) << "statistics have no random values";
  // The new statistics overwrite the old.
  EXPECT_EQ(train.storage(train.nodes[0].outputs[3]).first, train.states[0].value);
  EXPECT_EQ(opNames(lowered("batch_norm", {8}, {}, false)), Names{"batch_norm_inference"});
}

TEST(Layers, NoiseIsAddedInTrainingOnly) {
  EXPECT_EQ(opNames(lowered("spatial_dropout", {8, 3}, {}, false)), Names{});
  EXPECT_EQ(opNames(lowered("spatial_dropout", {8, 3}, {})), Names{"channel_dropout"});
  EXPECT_EQ(opNames(lowered("spatial_dropout", {8, 3}, {{"rate", 0.0}})), Names{});
  EXPECT_EQ(opNames(lowered("gaussian_noise", {8}, {}, false)), Names{});
  const Program noise = lowered("gaussian_noise", {8}, {{"deviation", 0.25}});
  ASSERT_EQ(opNames(noise), Names{"gaussian_noise"});
  EXPECT_EQ(noise.nodes[0].attrs.number("deviation", 0), 0.25);
  EXPECT_EQ(noise.nodes[0].attrs.integer("seed", 0), 77);
  EXPECT_EQ(noise.nodes[0].attrs.integer("stream", 0), 1);
}

TEST(Layers, SeparableConvolutionsHaveTwoKernels) {
  const Program p = lowered("separable_conv2d", {8, 8, 3}, {{"multiplier", std::int64_t{2}}, {"l2", 0.5}});
  EXPECT_EQ(opNames(p), (Names{"conv2d", "conv2d", "bias_add"}));
  EXPECT_EQ(p.nodes[0].attrs.integer("groups", 1), 3);
  ASSERT_EQ(p.parameters.size(), 3u);
  EXPECT_EQ(p.parameters[0].name, "it/depthwise_kernel");
  EXPECT_EQ(p.parameters[0].shape, (Shape{6, 3, 3, 1}));
  EXPECT_EQ(p.parameters[0].l2, 0.5);
  EXPECT_EQ(p.parameters[1].name, "it/pointwise_kernel");
  EXPECT_EQ(p.parameters[1].shape, (Shape{32, 1, 1, 6}));
  EXPECT_EQ(p.parameters[1].l2, 0.5);
}

TEST(Layers, DenseActsOnEachStepOfASequence) {
  const Program p =
      lowered("dense", {9, 7}, {{"units", std::int64_t{3}}, {"activation", std::string("relu")}});
  EXPECT_EQ(opNames(p), (Names{"reshape", "matmul", "bias_add", "activation", "reshape"}));
  EXPECT_EQ(p.parameters[0].shape, (Shape{7, 3}));
  EXPECT_EQ(p.type(p.nodes[1].outputs[0]).shape, (Shape{4 * 9, 3}));
  EXPECT_EQ(p.type(p.nodes.back().outputs[0]).shape, (Shape{4, 9, 3}));
  LayerFacts sequence, flat;
  outcome({"dense", {9, 7}, {{"units", std::int64_t{3}}}, {}}, &sequence);
  outcome({"dense", {7}, {{"units", std::int64_t{3}}}, {}}, &flat);
  EXPECT_EQ(sequence.activationBytes, 9 * flat.activationBytes) << "although the result is a view";
  EXPECT_EQ(sequence.forwardFlops, 9 * flat.forwardFlops);
}

TEST(Layers, NormalizationsDifferInTheValuesThatTheyNormalizeTogether) {
  const auto check = [](const char* type, const Ints& shape, const Attrs& properties, const Shape& statistics,
                        std::size_t outputs) {
    for (const bool training : {true, false}) {
      SCOPED_TRACE(type);
      const Program p = lowered(type, shape, properties, training);
      ASSERT_EQ(opNames(p), Names{"group_normalize"});
      ASSERT_EQ(p.nodes[0].outputs.size(), outputs);
      EXPECT_EQ(p.type(p.nodes[0].outputs[1]).shape.withoutFirst(), statistics.withoutFirst());
      EXPECT_EQ(p.type(p.nodes[0].outputs[1]).shape[0] / p.type(p.nodes[0].inputs[0]).shape[0],
                statistics[0]);
      EXPECT_FALSE(p.parameters[0].decays);
      EXPECT_EQ(p.parameters[0].initializer, "ones");
    }
  };
  // The statistics of one sample: of each pixel, or of each group of channels.
  check("layer_norm", {4, 5, 6}, {}, Shape{20, 1}, 3);
  check("rms_norm", {4, 5, 6}, {}, Shape{20, 1}, 2);
  check("group_norm", {4, 5, 6}, {{"groups", std::int64_t{3}}}, Shape{1, 3}, 3);
  check("instance_norm", {4, 5, 6}, {}, Shape{1, 6}, 3);
}

TEST(Layers, ShareOneStepBlock) {
  Network network;
  LayerId last = *network.add("input", "in", {{"shape", Ints{8}}});
  for (int i = 0; i < 3; ++i) {
    const LayerId id = *network.add("dropout");
    ASSERT_TRUE(network.connect(last, id).ok());
    last = id;
  }
  Program program;
  ASSERT_TRUE(lowerNetwork(network, 4, true, 1, program).ok());
  EXPECT_EQ(std::ranges::count(program.values, Role::Step, &Value::role), 1);
}

}  // namespace
}  // namespace tandem
