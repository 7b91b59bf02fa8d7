// Repeated groups in repeated groups: expanded, analyzed, lowered.
#include <gtest/gtest.h>

#include "core/network/analysis.h"
#include "core/network/repeat.h"
#include "tests/unit/group_facts.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using testing::lines;
using testing::programText;
using testing::texts;
using testing::units;

// in -> stem -> [a -> [b -> sum, and a -> sum] x 3 -> d] x 2 -> out
struct Nested {
  Network network;
  LayerId in = *network.add("input", "in", {{"shape", Ints{6}}});
  LayerId stem = *network.add("dense", "stem", units(5));
  LayerId a = *network.add("dense", "a", units(7));
  LayerId b = *network.add("dense", "b", units(7));
  LayerId sum = *network.add("add", "sum");
  LayerId d = *network.add("dense", "d", units(5));
  LayerId out = *network.add("dense", "out", {{"units", std::int64_t{3}}});
  GroupId inner = 0, outer = 0;

  Nested() {
    for (const auto& [from, to] :
         {std::pair{in, stem}, {stem, a}, {a, b}, {b, sum}, {a, sum}, {sum, d}, {d, out}})
      EXPECT_TRUE(network.connect(from, to).ok());
    inner = *network.group({b, sum}, "inner");
    outer = *network.group({a, b, sum, d}, "outer");
    EXPECT_TRUE(network.setRepeat(inner, 3).ok());
    EXPECT_TRUE(network.setRepeat(outer, 2).ok());
  }
};

TEST(NestedGroups, AreRepeatedInEachRepetitionOfTheGroupAround) {
  const Nested n;
  const auto expanded = expandRepeats(n.network);
  ASSERT_TRUE(expanded.ok()) << expanded.error().text();
  EXPECT_EQ(lines(expanded->network),
            (Texts{"in <-", "stem <- in", "a <- stem", "b <- a", "sum <- b a", "b.2 <- sum",
                   "sum.2 <- b.2 sum", "b.3 <- sum.2", "sum.3 <- b.3 sum.2", "d <- sum.3", "a.2 <- d",
                   "b.4 <- a.2", "sum.4 <- b.4 a.2", "b.5 <- sum.4", "sum.5 <- b.5 sum.4", "b.6 <- sum.5",
                   "sum.6 <- b.6 sum.5", "d.2 <- sum.6", "out <- d.2"}));
  EXPECT_TRUE(expanded->network.groups().empty());
  EXPECT_EQ(expanded->network.layers().size(), n.network.expandedLayers());
  const Origin origin = expanded->origin(expanded->network.findByName("sum.5")->id);
  EXPECT_EQ(origin.layer, n.sum);
  EXPECT_EQ(origin.repetition, 5);
  const std::vector<Repetition> repetitions = repetitionsOf(n.network, origin);
  ASSERT_EQ(repetitions.size(), 2u);
  EXPECT_EQ(repetitions[0].group->id, n.inner);
  EXPECT_EQ(repetitions[0].number, 2);
  EXPECT_EQ(repetitions[1].group->id, n.outer);
  EXPECT_EQ(repetitions[1].number, 2);
  EXPECT_EQ(drawnLayer(n.network, "d.2"), n.d);
  EXPECT_EQ(drawnLayer(n.network, "a.3"), std::nullopt);
  EXPECT_EQ(n.network.upTo(n.b), (std::vector<LayerId>{n.in, n.stem, n.a, n.b, n.sum, n.d}));

  const Analysis drawn = analyze(n.network), whole = analyze(expanded->network);
  EXPECT_EQ(texts(drawn), Texts{});
  EXPECT_EQ(drawn.parameters, whole.parameters);
  EXPECT_EQ(drawn.forwardFlops, whole.forwardFlops);
  EXPECT_EQ(drawn.layers.at(n.b).parameters, 6 * (7 * 7 + 7));
  EXPECT_EQ(drawn.layers.at(n.d).parameters, 2 * (7 * 5 + 5));
  for (const bool training : {true, false})
    EXPECT_EQ(programText(n.network, training), programText(expanded->network, training));
}

// The last layer of the drawing ends both groups, and the first layer begins both.
TEST(NestedGroups, MayShareTheirBorder) {
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", Ints{6}}}), a = *network.add("dense", "a"),
                b = *network.add("dense", "b"), out = *network.add("dense", "out");
  for (const auto& [from, to] : {std::pair{in, a}, {a, b}, {b, out}})
    ASSERT_TRUE(network.connect(from, to).ok());
  ASSERT_TRUE(network.setRepeat(*network.group({b}), 2).ok());
  ASSERT_TRUE(network.setRepeat(*network.group({a}), 2).ok());
  ASSERT_TRUE(network.setRepeat(*network.group({a, b}), 2).ok());
  EXPECT_EQ(lines(expandRepeats(network)->network),
            (Texts{"in <-", "a <- in", "a.2 <- a", "b <- a.2", "b.2 <- b", "a.3 <- b.2", "a.4 <- a.3",
                   "b.3 <- a.4", "b.4 <- b.3", "out <- b.4"}));
}

TEST(NestedGroups, AreCopiedWhenTheGroupAroundIsExpanded) {
  Nested n;
  const GroupId middle = *n.network.group({n.b, n.sum, n.d}, "middle");
  const auto one = expandRepeats(n.network, n.outer);
  ASSERT_TRUE(one.ok()) << one.error().text();
  Texts found;
  for (const Group& group : one->network.groups()) {
    const Group* outer = one->network.findGroup(group.parent);
    std::string line =
        (outer ? outer->name : "") + "/" + group.name + " x" + std::to_string(group.repeat) + ":";
    for (const LayerId id : group.layers) line += " " + one->network.find(id)->name;
    found.push_back(line);
  }
  EXPECT_EQ(found, (Texts{"/middle x1: b sum d", "/middle.2 x1: b.2 sum.2 d.2", "middle/inner x3: b sum",
                          "middle.2/inner.2 x3: b.2 sum.2"}));
  EXPECT_EQ(one->network.groups()[0].id, middle);
  EXPECT_EQ(analyze(one->network).parameters, analyze(n.network).parameters);
  EXPECT_EQ(expandRepeats(one->network)->network.layers().size(), n.network.expandedLayers());

  // The copies of an inner group join the groups around it.
  const auto inner = expandRepeats(n.network, n.inner);
  ASSERT_TRUE(inner.ok()) << inner.error().text();
  ASSERT_EQ(inner->network.groups().size(), 2u);
  EXPECT_EQ(inner->network.groups()[0].layers.size(), 8u);
  EXPECT_EQ(inner->network.groups()[1].layers.size(), 7u);
  EXPECT_EQ(inner->network.groups()[1].parent, n.outer);
  EXPECT_EQ(analyze(inner->network).parameters, analyze(n.network).parameters);
}

TEST(NestedGroups, AnErrorNamesTheRepetitionOfEach) {
  Network network;
  const LayerId in = *network.add("input", "in", {{"shape", Ints{32, 32, 3}}}),
                pool = *network.add("max_pool2d", "pool"), relu = *network.add("activation", "relu"),
                flatten = *network.add("flatten", "flatten");
  for (const auto& [from, to] : {std::pair{in, pool}, {pool, relu}, {relu, flatten}})
    ASSERT_TRUE(network.connect(from, to).ok());
  const GroupId halve = *network.group({pool}, "halve"), stage = *network.group({pool, relu}, "stage");
  ASSERT_TRUE(network.setRepeat(halve, 3).ok());
  ASSERT_TRUE(network.setRepeat(stage, 2).ok());
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u);
  const Problem& problem = analysis.problems.front();
  EXPECT_EQ(problem.error.where, "pool");
  EXPECT_TRUE(problem.error.message.ends_with(" (in repetition 3 of halve, repetition 2 of stage)"))
      << problem.error.message;
  ASSERT_TRUE(problem.fix);
  EXPECT_EQ(problem.fix->label, "Set repeat of stage to 1");
  ASSERT_TRUE(applyFix(problem, network).ok());
  EXPECT_EQ(texts(analyze(network)), Texts{});
  EXPECT_EQ(analyze(network).layers.at(pool).output->text(), "4 x 4 x 3");
}

TEST(NestedGroups, AreCheckedAtEachLevelInnerGroupsFirst) {
  Nested second;  // of the inner group; the outer one still has one
  ASSERT_TRUE(second.network.connect(second.stem, second.sum).ok());
  const auto problems = checkRepeats(second.network);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].group, second.inner);
  EXPECT_TRUE(
      problems[0].error.message.starts_with("the group 'inner' is repeated 3 times, but has inputs from"));
  EXPECT_EQ(analyze(second.network).problems.front().fix->label, "Set repeat of inner to 1");

  Nested exits;  // of both: `out` reads the inner group's output as well
  const LayerId join = *exits.network.add("concat", "join");
  for (const LayerId from : {exits.d, exits.sum, exits.b})
    ASSERT_TRUE(exits.network.connect(from, join).ok());
  const auto both = checkRepeats(exits.network);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].group, exits.inner);
  EXPECT_EQ(both[1].group, exits.outer);
  EXPECT_EQ(expandRepeats(exits.network).error().text(), both[0].error.text());
}

TEST(NestedGroups, AFixJoinsTheInnermostGroupAroundBothLayers) {
  Network network;
  const LayerId in = *network.add("input", "in"), conv = *network.add("conv2d", "conv"),
                dense = *network.add("dense", "dense");
  ASSERT_TRUE(network.connect(in, conv).ok());
  ASSERT_TRUE(network.connect(conv, dense).ok());
  const GroupId inner = *network.group({dense}), outer = *network.group({conv, dense});
  const auto inserted = applyFix(analyze(network).problems.at(0), network);
  ASSERT_TRUE(inserted.ok()) << inserted.error().text();
  EXPECT_TRUE(network.findGroup(outer)->contains(*inserted));
  EXPECT_FALSE(network.findGroup(inner)->contains(*inserted));
}

}  // namespace
}  // namespace tandem
