// Blocks of layers: valid after a sequence, repeatable, and what they consist of.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/layers/layer.h"
#include "core/network/analysis.h"
#include "core/network/blocks.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;

// A sequence, then the block.
struct Drawn {
  Network network;
  LayerId input = 0;
  AddedBlock block;
};

Drawn drawn(std::string_view type, std::int64_t features) {
  Drawn d;
  d.input = *d.network.add("input", "in", {{"shape", Ints{9, features}}, {"varies", std::int64_t{1}}});
  const auto block = addBlock(d.network, type, d.input, features);
  EXPECT_TRUE(block.ok()) << block.error().text();
  if (block.ok()) d.block = *block;
  return d;
}

std::vector<std::string> typesOf(const Network& network) {
  std::vector<std::string> types;
  for (const Layer& layer : network.layers()) types.push_back(layer.type);
  return types;
}

TEST(Blocks, AreValidAfterASequence) {
  for (const BlockDef& def : allBlocks()) {
    EXPECT_EQ(findLayer(def.type), nullptr) << def.type << " is also a layer";
    for (const std::int64_t features : {64, 6, 1}) {
      SCOPED_TRACE(std::string(def.type) + " " + std::to_string(features));
      const Drawn d = drawn(def.type, features);
      const Analysis analysis = analyze(d.network);
      ASSERT_TRUE(analysis.ok()) << analysis.problems.front().error.text();
      EXPECT_EQ(analysis.layers.at(d.block.exit).output, (Shape{9, features}));
      EXPECT_TRUE(analysis.varies(d.block.exit));
      EXPECT_EQ(d.network.outputs(), std::vector<Source>{d.block.exit});
      const Group* group = d.network.findGroup(d.block.group);
      ASSERT_TRUE(group);
      EXPECT_EQ(group->name, def.label);
      EXPECT_TRUE(group->folded);
      EXPECT_EQ(group->layers.size() + 1, d.network.layers().size());
    }
  }
}

TEST(Blocks, AnEncoderCanBeRepeated) {
  Drawn d = drawn("transformer_encoder", 8);
  EXPECT_EQ(typesOf(d.network),
            (std::vector<std::string>{"input", "layer_norm", "attention", "dropout", "add", "layer_norm",
                                      "dense", "dense", "dropout", "add"}));
  const std::int64_t once = analyze(d.network).parameters;
  EXPECT_EQ(once, 2 * 16 + 4 * (64 + 8) + (8 * 32 + 32) + (32 * 8 + 8));
  ASSERT_TRUE(d.network.setRepeat(d.block.group, 3).ok());
  const Analysis analysis = analyze(d.network);
  ASSERT_TRUE(analysis.ok()) << analysis.problems.front().error.text();
  EXPECT_EQ(analysis.parameters, 3 * once);
}

TEST(Blocks, ADecoderAttendsToASecondSequence) {
  Drawn d = drawn("transformer_decoder", 8);
  std::vector<std::int64_t> causal;
  for (const Layer& layer : d.network.layers())
    if (layer.type == "attention") causal.push_back(layer.properties.integer("causal", 0));
  EXPECT_EQ(causal, (Ints{1, 0}));
  const Layer* cross = d.network.findByName("cross_attention");
  ASSERT_TRUE(cross);
  const LayerId memory = *d.network.add("input", "memory", {{"shape", Ints{5, 12}}});
  ASSERT_TRUE(d.network.connect(memory, cross->id, 1).ok());
  const Analysis analysis = analyze(d.network);
  ASSERT_TRUE(analysis.ok()) << analysis.problems.front().error.text();
  EXPECT_EQ(analysis.layers.at(d.block.exit).output, (Shape{9, 8}));
}

TEST(Blocks, HaveDifferentNamesAndLieInGroups) {
  Drawn d = drawn("transformer_encoder", 8);
  const auto second = addBlock(d.network, "transformer_encoder", d.block.exit, 8, d.block.group);
  ASSERT_TRUE(second.ok()) << second.error().text();
  const Group* group = d.network.findGroup(second->group);
  EXPECT_EQ(group->name, "Transformer encoder 2");
  EXPECT_EQ(group->parent, d.block.group);
  EXPECT_EQ(d.network.findGroup(d.block.group)->layers.size(), 18u);
}

}  // namespace
}  // namespace tandem
