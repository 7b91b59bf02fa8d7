// What layers state about themselves for checks, exports and width sweeps (layer.h).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/network/analysis.h"
#include "core/network/project.h"

namespace tandem {
namespace {

using Ints = std::vector<std::int64_t>;

// Ends in a sigmoid on values of this shape, then the layer.
Project endingIn(std::string_view type, const Attrs& properties, int inputs, const Ints& shape = {4, 4, 32}) {
  Project project;
  Network& n = project.network;
  const LayerId input = *n.add("input", "in", {{"shape", shape}});
  const LayerId bounded = *n.add("activation", "bounded", {{"function", std::string("sigmoid")}});
  const LayerId last = *n.add(type, "last", properties);
  EXPECT_TRUE(n.connect(input, bounded).ok());
  for (int i = 0; i < inputs; ++i) EXPECT_TRUE(n.connect(bounded, last).ok());
  project.training.heads[0].loss = "mse";
  return project;
}

TEST(LayerTraits, LayersThatKeepTheShapeDo) {
  int count = 0;
  for (const LayerDef* def : allLayers()) {
    if (!def->keepsShape) continue;
    const Ints shape = def->category == "Sequence" ? Ints{16, 32} : Ints{4, 4, 32};
    const Project project = endingIn(def->type, {}, 1, shape);
    const Analysis analysis = analyze(project.network);
    ASSERT_TRUE(analysis.ok()) << def->type << ": " << analysis.problems.front().error.text();
    EXPECT_EQ(analysis.layers.at(project.network.findByName("last")->id).output, Shape(shape)) << def->type;
    ++count;
  }
  EXPECT_GE(count, 10);
}

TEST(LayerTraits, ActivationKeysNameAChoice) {
  for (const LayerDef* def : allLayers()) {
    if (def->activationKey.empty()) continue;
    const Property* property = findProperty(def->properties, def->activationKey);
    ASSERT_TRUE(property) << def->type;
    EXPECT_EQ(property->kind, PropertyKind::Choice) << def->type;
  }
}

// Targets of a network that is limited to [0, 1] must not be standardized.
TEST(LayerTraits, TargetsOfBoundedOutputsAreNotStandardized) {
  struct Case {
    const char* type;
    Attrs properties;
    int inputs;
    bool bounded;
    Ints shape = {4, 4, 32};
  };
  for (const Case& c : {Case{"flatten", {}, 1, true},
                        Case{"reshape", {{"shape", Ints{512}}}, 1, true},
                        Case{"cropping2d", {{"cuts", Ints{1, 1, 1, 1}}}, 1, true},
                        Case{"zero_padding2d", {{"pads", Ints{1, 1, 1, 1}}}, 1, true},
                        Case{"global_max_pool2d", {}, 1, true},
                        Case{"maximum", {}, 2, true},
                        Case{"concat", {}, 2, true},
                        Case{"add", {}, 2, false},
                        Case{"subtract", {}, 2, false},
                        Case{"batch_norm", {}, 1, false},
                        Case{"prelu", {}, 1, false},
                        Case{"dense", {}, 1, false},
                        Case{"slice", {}, 1, true},
                        Case{"permute", {}, 1, true, {16, 32}},
                        Case{"spatial_dropout", {}, 1, true},
                        Case{"gaussian_noise", {}, 1, false},
                        Case{"rescaling", {}, 1, false},
                        Case{"last_step", {}, 1, true, {16, 32}},
                        Case{"repeat_vector", {}, 1, true, {32}},
                        Case{"simple_rnn", {}, 1, true, {16, 32}},
                        Case{"positions", {}, 1, false, {16, 32}},
                        Case{"attention", {}, 1, false, {16, 32}}}) {
    const Project project = endingIn(c.type, c.properties, c.inputs, c.shape);
    EXPECT_EQ(!trainingData(project).standardizeTargets, c.bounded) << c.type;
  }
}

}  // namespace
}  // namespace tandem
