#include "core/network/analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "core/base/philox.h"
#include "core/network/project.h"
#include "core/network/repeat.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;

std::vector<std::string> texts(const Analysis& analysis) {
  std::vector<std::string> out;
  for (const Problem& problem : analysis.problems) out.push_back(problem.error.text());
  return out;
}
using Texts = std::vector<std::string>;

// A chain of layers by type, each named by its type unless that repeats.
Network chain(const std::vector<std::string>& types) {
  Network network;
  LayerId last = 0;
  for (const std::string& type : types) {
    const LayerId id = *network.add(type);
    EXPECT_TRUE(last == 0 || network.connect(last, id).ok());
    last = id;
  }
  return network;
}

TEST(Analysis, CountsParametersAndFlopsOfLeNet) {
  const Project project = *projectFromTemplate("Fashion-MNIST CNN");
  const Analysis analysis = analyze(project.network);
  EXPECT_TRUE(analysis.ok());
  // 3*3*1*32+32, 3*3*32*64+64, 12544*128+128, 128*10+10
  EXPECT_EQ(analysis.parameters, 320 + 18496 + 1605760 + 1290);
  const LayerFacts& conv = analysis.layers.at(project.network.findByName("conv2d_2")->id);
  EXPECT_EQ(conv.output->text(), "28 x 28 x 64");
  const double products = 2.0 * 28 * 28 * 64 * 3 * 3 * 32;
  EXPECT_GE(conv.forwardFlops, products);
  EXPECT_LE(conv.forwardFlops, products * 1.01);  // bias and ReLU
  EXPECT_EQ(conv.activationBytes, 28u * 28 * 64 * 4);
  EXPECT_EQ(analysis.layers.at(project.network.findByName("flatten")->id).activationBytes, 0u);  // a view
}

TEST(Analysis, ReportsStructuralProblems) {
  EXPECT_EQ(texts(analyze({})), Texts{"the network has no layers. Drag an Input layer onto the canvas"});
  EXPECT_EQ(texts(analyze(chain({"input"}))),
            Texts{"input: no layer reads the input. Connect it to the first layer"});
  EXPECT_EQ(
      texts(analyze(chain({"flatten"}))),
      (Texts{"the network has no input layer. Add an Input layer at its start",
             "flatten: is not connected to anything before it. Drag a connection from another layer's output "
             "to its input"}));

  Network two = chain({"input", "flatten", "dense"});
  ASSERT_TRUE(two.connect(two.findByName("flatten")->id, *two.add("dense", "other")).ok());
  EXPECT_TRUE(analyze(two).ok()) << "whether each output has a head depends on the training";

  Network inputs = chain({"input", "flatten"});
  ASSERT_TRUE(inputs.add("input").ok());
  EXPECT_EQ(texts(analyze(inputs)),
            Texts{"input_2: no layer reads the input. Connect it to the first layer"});
}

TEST(Analysis, AnInvalidLayerDoesNotHideTheOthers) {
  Network network = chain({"input", "conv2d", "dense", "dropout"});
  ASSERT_TRUE(network.connect(network.findByName("conv2d")->id, *network.add("flatten")).ok());
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u);  // dense on an image
  EXPECT_EQ(analysis.problems[0].layer, network.findByName("dense")->id);
  EXPECT_TRUE(analysis.layers.at(network.findByName("conv2d")->id).output.has_value());
  EXPECT_FALSE(analysis.layers.at(network.findByName("dense")->id).output.has_value());
  EXPECT_FALSE(
      analysis.layers.at(network.findByName("dropout")->id).output.has_value());  // and no second complaint
  EXPECT_EQ(analysis.layers.at(network.findByName("flatten")->id).output->text(), "21632");
}

// Applies the only offered fix; the network must then be valid.
void expectFixed(Network network, const std::string& label) {
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u) << texts(analysis)[0];
  ASSERT_TRUE(analysis.problems[0].fix.has_value()) << analysis.problems[0].error.text();
  EXPECT_EQ(analysis.problems[0].fix->label, label);
  const auto changed = applyFix(analysis.problems[0], network);
  ASSERT_TRUE(changed.ok()) << changed.error().text();
  EXPECT_EQ(texts(analyze(network)), Texts{});
}

TEST(Analysis, OffersFixesThatWork) {
  expectFixed(chain({"input", "conv2d", "dense"}), "Insert a Flatten layer before dense");

  Network small = chain({"input", "conv2d", "flatten", "dense"});
  ASSERT_TRUE(small.setProperty(small.inputs()[0], "shape", Ints{2, 2, 3}).ok());
  expectFixed(small, "Set padding of conv2d to same");

  expectFixed(chain({"input", "group_norm", "flatten"}), "Set groups of group_norm to 1");
  Network grouped = chain({"input", "group_norm", "flatten"});
  ASSERT_TRUE(grouped.setProperty(grouped.inputs()[0], "shape", Ints{4, 4, 48}).ok());
  expectFixed(grouped, "Set groups of group_norm to 16");

  Network isolated = chain({"input", "flatten", "dense"});
  ASSERT_TRUE(isolated.add("dropout").ok());
  expectFixed(isolated, "Remove dropout");

  expectFixed(chain({"input", "add", "flatten"}), "Remove add");
}

TEST(Analysis, OffersOnlyFixesThatWork) {
  Network network = chain({"input", "max_pool2d"});
  ASSERT_TRUE(network.setProperty(network.inputs()[0], "shape", Ints{784}).ok());
  const Analysis analysis = analyze(network);
  ASSERT_EQ(analysis.problems.size(), 1u);
  EXPECT_FALSE(analysis.problems[0].fix.has_value());
  EXPECT_EQ(applyFix(analysis.problems[0], network).error().text(),
            "there is no automatic fix for this problem");
}

TEST(Analysis, LoweringRejectsWhatAnalysisReports) {
  Network network = chain({"input", "conv2d", "dense"});
  Program program;
  const auto lowered = lowerNetwork(network, 8, true, 1, program);
  ASSERT_FALSE(lowered.ok());
  EXPECT_EQ(lowered.error().text(), texts(analyze(network))[0]);
}

TEST(Analysis, LoweringGivesInputOutputAndLayerValues) {
  const Project project = *projectFromTemplate("Fashion-MNIST MLP");
  Program program;
  const auto lowered = lowerNetwork(project.network, 32, true, 1, program);
  ASSERT_TRUE(lowered.ok());
  EXPECT_EQ(program.type(lowered->inputs.begin()->second).shape, (Shape{32, 28, 28, 1}));
  EXPECT_EQ(program.value(lowered->inputs.begin()->second).role, Role::Input);
  EXPECT_EQ(program.value(lowered->inputs.begin()->second).name,
            project.network.find(lowered->inputs.begin()->first)->name);
  EXPECT_EQ(program.type(lowered->outputs.at(project.network.outputs()[0])).shape, (Shape{32, 10}));
  EXPECT_EQ(lowered->outputs.size(), project.network.layers().size());
  EXPECT_EQ(program.layers.size(), project.network.layers().size());
  for (const Node& node : program.nodes) EXPECT_GE(node.layer, 0);
}

// Any value that a property accepts, extremes preferred.
AttrValue randomValue(const Property& p, PhiloxSequence& random) {
  const auto integer = [&] {
    const auto low = static_cast<std::int64_t>(p.minimum), high = static_cast<std::int64_t>(p.maximum);
    const std::int64_t choices[] = {low, low + 1, std::min<std::int64_t>(high, 7), high / 2, high};
    return choices[random.below(5)];
  };
  switch (p.kind) {
    case PropertyKind::Integer:
      return integer();
    case PropertyKind::Number:
      return p.minimum + random.uniform() * (p.maximum - p.minimum);
    case PropertyKind::Boolean:
      return static_cast<std::int64_t>(random.below(2));
    case PropertyKind::Choice:
      return std::string(p.choices[random.below(p.choices.size())]);
    case PropertyKind::Pair:
      return Ints{integer(), integer()};
    case PropertyKind::Integers: {
      Ints values(p.key == "pads" ? 4 : random.below(6));
      for (std::int64_t& value : values) value = integer();
      return values;
    }
    case PropertyKind::Points:
    case PropertyKind::Text:
      return p.fallback;
    case PropertyKind::Numbers:
      return std::vector<double>(random.below(6), p.maximum);
  }
  return p.fallback;
}

// Unusual networks with sizes near every limit: each gives shapes or an error.
// Under the address and undefined-behaviour sanitizers this also proves that no size overflows.
TEST(Analysis, RandomNetworksGiveShapesOrErrors) {
  PhiloxSequence random(42, 0);
  int shapes = 0, errors = 0, repeats = 0;
  for (int round = 0; round < 400; ++round) {
    Network network;
    std::vector<LayerId> ids{*network.add("input", "in")};
    if (random.below(2) == 0) {
      const Ints sizes{static_cast<std::int64_t>(1 + random.below(64)),
                       static_cast<std::int64_t>(1 + random.below(64)), 3};
      ASSERT_TRUE(network.setProperty(ids[0], "shape", sizes).ok());
    } else {
      ASSERT_TRUE(
          network.setProperty(ids[0], "shape", randomValue(findLayer("input")->properties[0], random)).ok());
    }
    for (int i = 0; i < 25; ++i) {
      const LayerDef& def = *allLayers()[random.below(allLayers().size())];
      if (def.type == "input") continue;
      const LayerId id = *network.add(def.type);
      for (const Property& property : def.properties)
        EXPECT_TRUE(random.below(3) != 0 ||
                    network.setProperty(id, property.key, randomValue(property, random)).ok());
      for (int k = 0; k < std::min(def.maxInputs, def.minInputs + 1); ++k)
        ASSERT_TRUE(
            network.connect(ids[ids.size() - 1 - random.below(std::min<std::size_t>(3, ids.size()))], id)
                .ok());
      ids.push_back(id);
    }
    if (random.below(2) == 0) {  // a group that may or may not be repeatable
      const std::size_t first = random.below(ids.size()), count = 1 + random.below(3);
      std::vector<LayerId> members;
      for (std::size_t i = first; i < std::min(first + count, ids.size()); ++i) members.push_back(ids[i]);
      ASSERT_TRUE(network.setRepeat(*network.group(members), 1 + static_cast<int>(random.below(4))).ok());
      if (round % 4 == 0) {
        ASSERT_TRUE(network.setRepeat(*network.group({members.back()}), 2).ok());
      }
    }
    const Analysis analysis = analyze(network);
    EXPECT_EQ(analysis.layers.size(), network.layers().size());
    if (const auto expanded = expandRepeats(network); expanded.ok() && !expanded->copies.empty()) {
      ++repeats;
      const Analysis whole = analyze(expanded->network);
      EXPECT_EQ(whole.ok(), analysis.ok());
      EXPECT_EQ(whole.parameters, analysis.parameters);
      EXPECT_EQ(whole.forwardFlops, analysis.forwardFlops);
    }
    for (const auto& [id, facts] : analysis.layers) {
      EXPECT_GE(facts.parameters, 0);
      EXPECT_TRUE(!facts.output || facts.output->elements() > 0);
      ++(facts.output ? shapes : errors);
    }
    for (const Problem& problem : analysis.problems) EXPECT_FALSE(problem.error.message.empty());
    Program program;
    EXPECT_EQ(lowerNetwork(network, 1, true, 1, program).ok(), analysis.ok());
    Project project;
    project.network = network;
    const auto again = projectFromJson(toJson(project), "again");
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(again->network, network);
  }
  EXPECT_GT(shapes, 400);
  EXPECT_GT(errors, 400);
  EXPECT_GT(repeats, 20);
}

// Debug and sanitized builds are slower by an irrelevant factor.
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr double kSlack = 1;
#else
constexpr double kSlack = 50;
#endif

// The editor runs the analysis on each edit. The bounds are far above the times of an idle machine (0.15 and
// 1.3 ms).
TEST(Analysis, IsFastEnoughForEachKeystroke) {
  for (const auto& [repeats, limit] : {std::pair{25, 0.02}, std::pair{250, 0.2}}) {
    std::vector<std::string> types{"input"};
    for (int i = 0; i < repeats; ++i)
      types.insert(types.end(), {"conv2d", "batch_norm", "activation", "dropout"});
    Network network = chain(types);
    for (const Layer& layer : std::vector<Layer>(network.layers()))
      EXPECT_TRUE(layer.type != "conv2d" ||
                  network.setProperty(layer.id, "padding", std::string("same")).ok());
    double best = 100;
    for (int i = 0; i < 5; ++i) {
      const auto start = std::chrono::steady_clock::now();
      EXPECT_TRUE(analyze(network).ok());
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    RecordProperty("seconds_" + std::to_string(repeats * 4) + "_layers", std::to_string(best));
    EXPECT_LT(best, limit * kSlack);
  }
}

}  // namespace
}  // namespace tandem
