// Groups as part of the document: edits, errors, names, limits.
#include <gtest/gtest.h>

#include "core/network/analysis.h"
#include "core/network/network.h"

namespace tandem {
namespace {

using LayerIds = std::vector<LayerId>;

// in -> a -> b -> sum -> out, a -> sum
struct Net {
  Network network;
  LayerId in = *network.add("input", "in");
  LayerId a = *network.add("flatten", "a");
  LayerId b = *network.add("dense", "b");
  LayerId sum = *network.add("add", "sum");
  LayerId out = *network.add("dense", "out");
  Net() {
    for (const auto& [from, to] : {std::pair{in, a}, {a, b}, {a, sum}, {b, sum}, {sum, out}})
      EXPECT_TRUE(network.connect(from, to).ok());
  }
};

std::string text(const auto& result) {
  return result.ok() ? std::string("accepted") : result.error().text();
}

TEST(Groups, HoldLayersInDocumentOrderUnderUniqueNames) {
  Net n;
  const auto first = n.network.group({n.sum, n.b});
  ASSERT_TRUE(first.ok());
  const Group& group = n.network.groups().front();
  EXPECT_EQ(group.name, "block");
  EXPECT_EQ(group.layers, (LayerIds{n.b, n.sum}));
  EXPECT_EQ(group.repeat, 1);
  EXPECT_EQ(n.network.groupOf(n.sum), &group);
  EXPECT_EQ(n.network.groupOf(n.a), nullptr);
  const auto second = n.network.group({n.out});
  EXPECT_EQ(n.network.findGroup(*second)->name, "block_2");
  ASSERT_TRUE(n.network.renameGroup(*first, "residual").ok());
  EXPECT_EQ(n.network.findGroup(*n.network.group({n.a}))->name, "block");
  ASSERT_TRUE(n.network.ungroup(*second).ok());
  EXPECT_EQ(n.network.groupOf(n.out), nullptr);
  EXPECT_GT(*n.network.group({n.out}), *second);  // ids are not reused
}

TEST(Groups, ArePartOfTheValue) {
  Net n;
  const Network before = n.network;
  const GroupId id = *n.network.group({n.a, n.b});
  EXPECT_NE(n.network, before);
  const Network grouped = n.network;
  ASSERT_TRUE(n.network.setRepeat(id, 3).ok());
  EXPECT_NE(n.network, grouped);
  ASSERT_TRUE(n.network.setRepeat(id, 1).ok());
  EXPECT_EQ(n.network, grouped);
  ASSERT_TRUE(n.network.setFolded(id, true).ok());
  EXPECT_NE(n.network, grouped);
  ASSERT_TRUE(n.network.ungroup(id).ok());
  EXPECT_EQ(n.network, before);
}

TEST(Groups, LoseRemovedLayersAndVanishWhenEmpty) {
  Net n;
  const GroupId id = *n.network.group({n.a, n.b});
  ASSERT_TRUE(n.network.remove(n.a).ok());
  EXPECT_EQ(n.network.findGroup(id)->layers, (LayerIds{n.b}));
  ASSERT_TRUE(n.network.remove(n.b).ok());
  EXPECT_TRUE(n.network.groups().empty());
}

TEST(Groups, AddAnUngroupedLayer) {
  Net n;
  const GroupId first = *n.network.group({n.b, n.sum}), second = *n.network.group({n.out});
  ASSERT_TRUE(n.network.join(n.a, first).ok());
  EXPECT_EQ(n.network.findGroup(first)->layers, (LayerIds{n.a, n.b, n.sum}));
  EXPECT_EQ(n.network.groups().front().id, first);  // keeps its position
  EXPECT_EQ(text(n.network.join(n.a, second)), "a: is already in the group 'block'. Ungroup it first");
}

TEST(Groups, RejectedEditsChangeNothing) {
  Net n;
  const GroupId id = *n.network.group({n.a, n.b}), other = *n.network.group({n.out});
  const Network before = n.network;
  EXPECT_EQ(
      text(n.network.group({n.b, n.sum})),
      "the group 'block' contains 'b' and also 'a', which would be left out. Select all layers of the group, "
      "or ungroup it first");
  EXPECT_EQ(text(n.network.group({})), "block_3: has no layers. Select layers first");
  EXPECT_EQ(text(n.network.group({n.sum, n.sum})), "sum: is in the group 'block_3' twice");
  EXPECT_EQ(text(n.network.group({99})), "there is no layer with id 99");
  EXPECT_EQ(text(n.network.group({n.sum}, "block")),
            "there is already a group named 'block'. Choose another name");
  EXPECT_EQ(text(n.network.group({n.sum}, "x/y")), "the name 'x/y' contains a '/'. Use '_' or '-' instead");
  EXPECT_EQ(text(n.network.renameGroup(id, "")), "a group needs a name");
  EXPECT_EQ(text(n.network.renameGroup(id, "block_2")),
            "there is already a group named 'block_2'. Choose another name");
  EXPECT_EQ(text(n.network.renameGroup(id, std::string(101, 'x'))),
            "a group's name may have at most 100 bytes");
  EXPECT_EQ(text(n.network.setRepeat(id, 0)), "block: repeat must be from 1 to 1000, not 0");
  EXPECT_EQ(text(n.network.setRepeat(id, 1001)), "block: repeat must be from 1 to 1000, not 1001");
  EXPECT_EQ(text(n.network.insertGroup({id, "c", {n.sum}})), "there is already a group with id 1");
  EXPECT_EQ(text(n.network.insertGroup({0, "c", {n.sum}})), "the group's id 0 is out of range");
  for (const Status& status :
       {n.network.ungroup(77), n.network.setRepeat(77, 2), n.network.setFolded(77, true),
        n.network.renameGroup(77, "c"), n.network.join(n.sum, 77)})
    EXPECT_EQ(text(status), "there is no group with id 77");
  EXPECT_EQ(n.network, before);
  EXPECT_TRUE(n.network.renameGroup(other, "block_2").ok());  // its own name
}

TEST(Groups, TheExpandedNetworkIsLimited) {
  Network network;
  LayerIds layers{*network.add("input")};
  for (int i = 0; i < 12; ++i) {
    layers.push_back(*network.add("flatten"));
    ASSERT_TRUE(network.connect(layers[layers.size() - 2], layers.back()).ok());
  }
  const GroupId id = *network.group(LayerIds(layers.begin() + 1, layers.end()));
  const Network before = network;
  EXPECT_EQ(text(network.setRepeat(id, 834)),
            "block: the network would have 10009 layers with all repetitions expanded; the limit is 10000. "
            "Reduce the repeat count");
  EXPECT_EQ(network, before);
  ASSERT_TRUE(network.setRepeat(id, 832).ok());
  EXPECT_EQ(network.expandedLayers(), 1u + 12 * 832);
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(network.add("flatten").ok());
  EXPECT_EQ(text(network.add("flatten")), "a network may have at most 10000 layers");
  EXPECT_FALSE(network.join(network.layers().back().id, id).ok());
}

// a -> [b -> sum]: the group around b and sum in one around all three.
struct Nested : Net {
  GroupId inner = *network.group({b, sum}, "inner"), outer = *network.group({sum, a, b}, "outer");
};

std::vector<std::string> names(const std::vector<const Group*>& groups) {
  std::vector<std::string> names;
  for (const Group* group : groups) names.push_back(group->name);
  return names;
}

TEST(Groups, TakeInGroupsAndLieInGroups) {
  using Names = std::vector<std::string>;
  Nested n;
  EXPECT_EQ(n.network.groups().front().id, n.outer);  // outer groups come first
  EXPECT_EQ(n.network.findGroup(n.outer)->layers, (LayerIds{n.a, n.b, n.sum}));
  EXPECT_EQ(n.network.findGroup(n.inner)->layers, (LayerIds{n.b, n.sum}));
  EXPECT_EQ(n.network.findGroup(n.inner)->parent, n.outer);
  EXPECT_EQ(n.network.findGroup(n.outer)->parent, 0);
  EXPECT_EQ(n.network.groupOf(n.b)->id, n.inner);
  EXPECT_EQ(n.network.groupOf(n.a)->id, n.outer);
  EXPECT_EQ(n.network.groupAround({n.b, n.sum})->id, n.inner);
  EXPECT_EQ(n.network.groupAround({n.b, n.a})->id, n.outer);
  EXPECT_EQ(n.network.groupAround({n.b, n.out}), nullptr);
  EXPECT_EQ(n.network.groupAround({}), nullptr);

  // A part of a group is grouped inside it; a whole group gets a group around it.
  const GroupId part = *n.network.group({n.sum}, "part");
  EXPECT_EQ(n.network.findGroup(part)->parent, n.inner);
  const GroupId wrap = *n.network.group({n.b, n.sum}, "wrap");
  EXPECT_EQ(names(n.network.groupsAround(n.sum)), (Names{"outer", "wrap", "inner", "part"}));
  EXPECT_EQ(n.network.findGroup(n.inner)->parent, wrap);
  const Network before = n.network;
  const GroupId around = *n.network.group({n.a, n.b, n.sum, n.out}, "around");
  EXPECT_EQ(names(n.network.groupsAround(n.b)), (Names{"around", "outer", "wrap", "inner"}));
  ASSERT_TRUE(n.network.ungroup(around).ok());
  EXPECT_EQ(n.network, before);

  ASSERT_TRUE(n.network.ungroup(n.inner).ok());  // what is in it moves to the group around it
  EXPECT_EQ(n.network.findGroup(part)->parent, wrap);
  EXPECT_EQ(n.network.groupOf(n.b)->id, wrap);
  ASSERT_TRUE(n.network.join(n.out, wrap).ok());
  EXPECT_EQ(n.network.findGroup(n.outer)->layers, (LayerIds{n.a, n.b, n.sum, n.out}));
  ASSERT_TRUE(n.network.remove(n.sum).ok());
  EXPECT_EQ(n.network.findGroup(part), nullptr);
  EXPECT_EQ(n.network.findGroup(wrap)->layers, (LayerIds{n.b, n.out}));
  EXPECT_EQ(n.network.findGroup(n.outer)->layers, (LayerIds{n.a, n.b, n.out}));
}

TEST(Groups, RejectedNestingChangesNothing) {
  Nested n;
  const Network before = n.network;
  const std::string remedy = ", which would be left out. Select all layers of the group, or ungroup it first";
  EXPECT_EQ(text(n.network.group({n.a, n.b})), "the group 'inner' contains 'b' and also 'sum'" + remedy);
  EXPECT_EQ(text(n.network.group({n.b, n.out})), "the group 'outer' contains 'b' and also 'a'" + remedy);
  EXPECT_EQ(text(n.network.insertGroup({.id = 9, .name = "x", .layers = {n.out}, .parent = 77})),
            "there is no group with id 77");
  EXPECT_EQ(text(n.network.insertGroup({.id = 9, .name = "x", .layers = {n.b, n.a}, .parent = n.inner})),
            "a: is not in the group 'inner' around 'x'");
  EXPECT_EQ(text(n.network.join(n.b, n.outer)), "b: is already in the group 'inner'. Ungroup it first");
  EXPECT_EQ(n.network, before);
}

TEST(Groups, NestUpToALimit) {
  Net n;
  for (int depth = 1; depth <= kMaxGroupDepth; ++depth) ASSERT_TRUE(n.network.group({n.b}).ok());
  const Network before = n.network;
  const std::string message =
      ": groups can be nested at most 8 deep. Ungroup an enclosing group or one inside it";
  EXPECT_EQ(text(n.network.group({n.b})), "block_9" + message);
  EXPECT_EQ(text(n.network.group({n.a, n.b}, "x")), "x" + message);
  EXPECT_EQ(n.network, before);
  EXPECT_TRUE(n.network.group({n.a}).ok());
}

TEST(Groups, TheLimitOfTheExpandedNetworkCountsNestedRepetitions) {
  Network network;
  LayerIds layers{*network.add("input")};
  for (int i = 0; i < 10; ++i) {
    layers.push_back(*network.add("flatten"));
    ASSERT_TRUE(network.connect(layers[layers.size() - 2], layers.back()).ok());
  }
  const GroupId outer = *network.group(LayerIds(layers.begin() + 1, layers.end()), "outer");
  const GroupId inner = *network.group({layers[1]}, "inner");
  ASSERT_TRUE(network.setRepeat(inner, 1000).ok());
  const std::string limit =
      " layers with all repetitions expanded; the limit is 10000. Reduce the repeat count";
  EXPECT_EQ(text(network.setRepeat(outer, 10)), "outer: the network would have 10091" + limit);
  EXPECT_EQ(text(network.setRepeat(outer, 1000)), "outer: the network would have 1009001" + limit);
  ASSERT_TRUE(network.setRepeat(outer, 9).ok());
  EXPECT_EQ(network.expandedLayers(), 1U + 9 * (9 + 1000));
  EXPECT_EQ(network.occurrences(layers[1]), 9000);
  EXPECT_EQ(network.occurrences(layers[2]), 9);
  EXPECT_EQ(network.occurrences(layers[0]), 1);
  const Network before = network;
  const auto rejected = network.insertGroup(
      {.id = 50, .name = "x", .layers = {layers[2], layers[3]}, .repeat = 1000, .parent = outer});
  EXPECT_EQ(text(rejected), "x: the network would have 27064" + limit);
  EXPECT_EQ(network, before);
}

}  // namespace
}  // namespace tandem
