// Layers whose inputs differ in meaning: edits, files, repetitions and messages keep each input at its port.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/network/analysis.h"
#include "core/network/project.h"
#include "core/network/repeat.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;
using Sources = std::vector<Source>;

const Source kFree;

// in (4) -> a (4), b (4); a difference that reads nothing yet -> out
struct Difference {
  Network network;
  LayerId in = *network.add("input", "in", {{"shape", Ints{4}}});
  LayerId a = *network.add("dense", "a", {{"units", std::int64_t{4}}});
  LayerId b = *network.add("dense", "b", {{"units", std::int64_t{4}}});
  LayerId minus = *network.add("subtract", "minus");
  LayerId out = *network.add("dense", "out");
  Difference() {
    EXPECT_TRUE(network.connect(in, a).ok() && network.connect(in, b).ok() &&
                network.connect(minus, out).ok());
  }
  void connectBoth() { EXPECT_TRUE(network.connect(a, minus).ok() && network.connect(b, minus).ok()); }
  const Sources& inputs() { return network.find(minus)->inputs; }
};

std::string text(const Status& status) {
  return status.ok() ? std::string() : status.error().text();
}

TEST(InputPorts, AreFilledInOrder) {
  Difference d;
  ASSERT_TRUE(d.network.connect(d.a, d.minus).ok());
  EXPECT_EQ(freeInput(*d.network.find(d.minus)), 1);
  ASSERT_TRUE(d.network.connect(d.b, d.minus).ok());
  EXPECT_EQ(d.inputs(), (Sources{d.a, d.b}));
  EXPECT_EQ(freeInput(*d.network.find(d.minus)), std::nullopt);
  EXPECT_EQ(
      text(d.network.connect(d.in, d.minus)),
      "minus: accepts at most 2 inputs: minuend and subtrahend. Drag the connection onto the port of the "
      "input that it replaces");
  EXPECT_EQ(d.inputs(), (Sources{d.a, d.b}));
}

TEST(InputPorts, CanBeChosen) {
  Difference d;
  ASSERT_TRUE(d.network.connect(d.b, d.minus, 1).ok());
  EXPECT_EQ(d.inputs(), (Sources{kFree, d.b}));
  EXPECT_EQ(freeInput(*d.network.find(d.minus)), 0);
  ASSERT_TRUE(d.network.connect(d.a, d.minus).ok());
  EXPECT_EQ(d.inputs(), (Sources{d.a, d.b}));
  // Swapped, each by replacing what is there.
  ASSERT_TRUE(d.network.connect(d.b, d.minus, 0).ok() && d.network.connect(d.a, d.minus, 1).ok());
  EXPECT_EQ(d.inputs(), (Sources{d.b, d.a}));
  EXPECT_EQ(text(d.network.connect(d.a, d.minus, 2)), "minus: has no input 3");
  EXPECT_EQ(text(d.network.connect(d.a, d.minus, -1)), "minus: has no input 0");
  EXPECT_EQ(d.inputs(), (Sources{d.b, d.a}));
}

TEST(InputPorts, WithoutNamesLeaveNoGaps) {
  Difference d;
  const LayerId sum = *d.network.add("add", "sum");
  EXPECT_EQ(text(d.network.connect(d.a, sum, 1)), "sum: has no input 2");
  ASSERT_TRUE(d.network.connect(d.a, sum, 0).ok() && d.network.connect(d.b, sum, 1).ok());
  ASSERT_TRUE(d.network.connect(d.in, sum, 0).ok());
  EXPECT_EQ(d.network.find(sum)->inputs, (Sources{d.in, d.b}));
  ASSERT_TRUE(d.network.disconnect(d.in, sum).ok());
  EXPECT_EQ(d.network.find(sum)->inputs, (Sources{d.b}));
}

TEST(InputPorts, StayWhenAnEarlierOneIsDisconnected) {
  Difference d;
  d.connectBoth();
  ASSERT_TRUE(d.network.disconnect(d.a, d.minus).ok());
  EXPECT_EQ(d.inputs(), (Sources{kFree, d.b}));
  EXPECT_EQ(sourcesOf(*d.network.find(d.minus)), (Sources{d.b}));
  ASSERT_TRUE(d.network.disconnect(d.b, d.minus).ok());
  EXPECT_TRUE(d.inputs().empty());
  // Of two connections from the same layer, the one that is meant.
  ASSERT_TRUE(d.network.connect(d.a, d.minus).ok() && d.network.connect(d.a, d.minus).ok());
  ASSERT_TRUE(d.network.disconnect(d.a, d.minus, 0).ok());
  EXPECT_EQ(d.inputs(), (Sources{kFree, d.a}));
  EXPECT_EQ(text(d.network.disconnect(d.a, d.minus, 0)), "minus: is not connected to 'a'");
}

TEST(InputPorts, StayWhenALayerIsRemoved) {
  Difference d;
  ASSERT_TRUE(d.network.connect(d.in, d.minus).ok() && d.network.connect(d.b, d.minus).ok());
  ASSERT_TRUE(d.network.remove(d.in).ok());
  EXPECT_EQ(d.inputs(), (Sources{kFree, d.b}));
  EXPECT_TRUE(d.network.order().ok());
  EXPECT_TRUE(d.network.remove(d.minus).ok());
  // A layer with one input is bridged.
  Difference e;
  e.connectBoth();
  ASSERT_TRUE(e.network.remove(e.b).ok());
  EXPECT_EQ(e.inputs(), (Sources{e.a, e.in}));
}

TEST(InputPorts, AreRestored) {
  Difference d;
  ASSERT_TRUE(d.network.connect(d.b, d.minus, 1).ok());
  Layer layer = *d.network.find(d.minus);
  ASSERT_TRUE(d.network.disconnect(d.minus, d.out).ok() && d.network.remove(d.minus).ok());
  layer.inputs.push_back(kFree);
  ASSERT_TRUE(d.network.insert(layer).ok());
  EXPECT_EQ(d.inputs(), (Sources{kFree, d.b})) << "without the free port at the end";
  EXPECT_EQ(text(d.network.insert({90, "add", "sum", {}, {kFree, d.a}})), "there is no layer with id 0");
}

TEST(InputPorts, ThatAreMissingAreNamed) {
  Difference d;
  const auto problem = [&] {
    const Analysis analysis = analyze(d.network);
    EXPECT_EQ(analysis.problems.size(), 1u);
    Program program;
    const auto lowered = lowerNetwork(d.network, 4, true, 0, program);
    EXPECT_FALSE(lowered.ok());
    if (analysis.ok() || lowered.ok()) return std::string();
    EXPECT_EQ(lowered.error().text(), analysis.problems[0].error.text());
    return analysis.problems[0].error.text();
  };
  EXPECT_EQ(
      problem(),
      "minus: is not connected to anything before it. Drag a connection from another layer's output to its "
      "input 'minuend'");
  ASSERT_TRUE(d.network.connect(d.b, d.minus, 1).ok());
  EXPECT_EQ(
      problem(),
      "minus: its input 'minuend' is not connected. Drag a connection from another layer's output to its "
      "input 'minuend'");
  ASSERT_TRUE(d.network.disconnect(d.b, d.minus).ok() && d.network.connect(d.a, d.minus).ok());
  EXPECT_EQ(
      problem(),
      "minus: its input 'subtrahend' is not connected. Drag a connection from another layer's output to its "
      "input 'subtrahend'");
  ASSERT_TRUE(d.network.connect(d.b, d.minus).ok());
  EXPECT_TRUE(analyze(d.network).ok());
}

TEST(InputPorts, AreStored) {
  Difference d;
  ASSERT_TRUE(d.network.connect(d.b, d.minus, 1).ok());
  Project project;
  project.network = d.network;
  const std::string json = toJson(project);
  const auto again = projectFromJson(json, "p");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, project);
  const auto read = [](const std::string& type, const std::string& inputs) {
    return projectFromJson(R"({"tandem": 2, "layers": [{"type": "input", "name": "in"}, {"type": ")" + type +
                               R"(", "name": "it", "inputs": )" + inputs + "}]}",
                           "p");
  };
  const auto open = read("subtract", R"(["", "in"])");
  ASSERT_TRUE(open.ok()) << open.error().text();
  EXPECT_EQ(open->network.findByName("it")->inputs, (Sources{kFree, open->network.findByName("in")->id}));
  EXPECT_FALSE(read("add", R"(["", "in"])").ok()) << "its inputs are all alike";
  EXPECT_FALSE(read("subtract", R"(["", "", "in"])").ok());
}

// in -> a -> minus, in -> minus: each repetition reads the previous one at the same ports.
TEST(InputPorts, StayInRepetitions) {
  Difference d;
  ASSERT_TRUE(d.network.remove(d.b).ok());
  ASSERT_TRUE(d.network.connect(d.a, d.minus, 1).ok());
  ASSERT_TRUE(d.network.setRepeat(*d.network.group({d.a, d.minus}), 3).ok());
  const auto inputs = [&](const char* name) {
    const auto expanded = expandRepeats(d.network);
    EXPECT_TRUE(expanded.ok());
    std::vector<std::string> names;
    for (const Source& input : expanded->network.findByName(name)->inputs)
      names.push_back(expanded->network.nameOf(input));
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(inputs("minus.2"), (Names{"", "a.2"})) << "still incomplete";
  ASSERT_TRUE(d.network.connect(d.in, d.minus, 0).ok());
  EXPECT_EQ(inputs("minus"), (Names{"in", "a"}));
  EXPECT_EQ(inputs("minus.2"), (Names{"minus", "a.2"}));
  EXPECT_EQ(inputs("minus.3"), (Names{"minus.2", "a.3"}));
  EXPECT_TRUE(analyze(d.network).ok());
}

}  // namespace
}  // namespace tandem
