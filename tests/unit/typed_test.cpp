// Choices of optimizers, schedules and losses, and their settings.
#include "core/settings/typed.h"

#include <gtest/gtest.h>

#include <set>

#include "core/network/project.h"

namespace tandem {
namespace {

template <class Def>
class Descriptions : public ::testing::Test {};
using Defs = ::testing::Types<OptimizerDef, ScheduleDef, LossDef>;
TYPED_TEST_SUITE(Descriptions, Defs);

TYPED_TEST(Descriptions, AreCompleteAndConsistent) {
  std::set<std::string_view> types, labels;
  for (const TypeParam* def : Catalog<TypeParam>::all()) {
    EXPECT_TRUE(types.insert(def->type).second && labels.insert(def->label).second) << def->type;
    EXPECT_FALSE(def->label.empty() || def->summary.empty()) << def->type;
    EXPECT_TRUE(def->summary.ends_with('.')) << def->summary;
    std::set<std::string_view> keys;
    for (const Property& property : def->properties) {
      EXPECT_TRUE(keys.insert(property.key).second) << property.key;
      EXPECT_NE(property.key, "type");  // the key of the choice itself in files
      EXPECT_FALSE(property.label.empty() || property.tooltip.empty()) << property.key;
      EXPECT_TRUE(checkProperty(property, property.fallback).ok()) << def->type << " " << property.key;
    }
    EXPECT_EQ(findDef<TypeParam>(def->type), def);
    EXPECT_EQ(&Typed<TypeParam>::make(def->type)->def(), def);
  }
  EXPECT_TRUE(types.contains(Catalog<TypeParam>::fallback().type));
}

TEST(Typed, RefusesWhatItDoesNotHave) {
  const auto unknown = OptimizerConfig::make("adamm");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message, "there is no optimizer \"adamm\"");
  EXPECT_NE(unknown.error().hint.find("adamw"), std::string::npos);
  OptimizerConfig sgd = "sgd";
  EXPECT_EQ(sgd.set("beta1", 0.5).error().message, "the optimizer sgd has no property 'beta1'");
  EXPECT_EQ(sgd.set("momentum", 1.5).error().message,
            "Momentum must be a number from 0 to 0.999999, not 1.5");
  EXPECT_EQ(sgd, OptimizerConfig("sgd"));
}

TEST(LibraryNames, AreOneLineWithoutTheAbsentOnes) {
  EXPECT_EQ(libraryNamesText(LossConfig("huber").def().names), "In Keras: Huber, in PyTorch: HuberLoss");
  EXPECT_EQ(libraryNamesText({.keras = "Lion"}), "In Keras: Lion");
  EXPECT_EQ(libraryNamesText({.pytorch = "OneCycleLR"}), "In PyTorch: OneCycleLR");
  EXPECT_EQ(libraryNamesText({}), "");
}

TEST(Typed, EqualSettingsAreEqual) {
  OptimizerConfig adam;
  ASSERT_TRUE(adam.set("learning_rate", std::int64_t{1}).ok());
  EXPECT_EQ(adam, OptimizerConfig("adam", {{"learning_rate", 1.0}}));
  ASSERT_TRUE(adam.set("learning_rate", 1e-3).ok());
  EXPECT_EQ(adam, OptimizerConfig("adam"));  // the default
  EXPECT_NE(adam, OptimizerConfig("adamw"));
}

TEST(Typed, AnotherTypeHasTheSettingsInCommon) {
  const OptimizerConfig adam{"adam", {{"learning_rate", 0.5}, {"beta1", 0.7}}};
  const OptimizerConfig sgd = adam.as(OptimizerConfig("sgd").def());
  EXPECT_EQ(sgd, OptimizerConfig("sgd", {{"learning_rate", 0.5}}));
  // A rate that nobody has set becomes the usual one of the other optimizer.
  EXPECT_EQ(OptimizerConfig("adam").as(sgd.def()).number(kLearningRate), 0.01);
}

TEST(SetTraining, ReadsOneSetting) {
  TrainingConfig training;
  const auto set = [&](std::string_view path, std::string_view value) {
    const Status status = setTraining(training, path, value);
    return status.ok() ? std::string("ok") : status.error().text();
  };
  EXPECT_EQ(set("epochs", "20"), "ok");
  EXPECT_EQ(training.epochs, 20);
  EXPECT_EQ(set("optimizer.beta1", "0.95"), "ok");
  EXPECT_EQ(training.optimizer.number("beta1"), 0.95);
  EXPECT_EQ(set("optimizer", "adamw"), "ok");
  EXPECT_EQ(training.optimizer, OptimizerConfig("adamw", {{"beta1", 0.95}}));
  EXPECT_EQ(set("optimizer.type", "sgd"), "ok");
  EXPECT_EQ(set("optimizer.nesterov", "true"), "ok");
  EXPECT_TRUE(training.optimizer.boolean("nesterov"));
  EXPECT_EQ(set("device.threads", "3"), "ok");
  EXPECT_EQ(training.device.threads, 3);
  EXPECT_EQ(set("device.avoid", R"(["onednn"])"), "ok");
  EXPECT_EQ(training.device.avoid, std::vector<std::string>{"onednn"});
  EXPECT_EQ(set("clip", "norm"), "ok");
  const TrainingConfig before = training;
  EXPECT_EQ(set("epochs", "0"), "epochs: must be a whole number from 1 to 1000000");
  EXPECT_EQ(set("epochs", "many"), "epochs: must be a whole number from 1 to 1000000");
  EXPECT_EQ(
      set("optimizer.beta1", "0.9"),
      "optimizer: the optimizer sgd has no property 'beta1'. Valid properties: learning_rate, momentum, "
      "nesterov, weight_decay");
  EXPECT_EQ(set("optimizer.momentum", "2"),
            "optimizer.momentum: Momentum must be a number from 0 to 0.999999, not 2");
  EXPECT_EQ(set("loss", "l3").substr(0, 30), "loss: there is no loss \"l3\". C");
  EXPECT_EQ(set("rate", "1").substr(0, 18), "unknown key 'rate'");
  EXPECT_EQ(set("optimizer.beta1.x", "1").substr(0, 10), "optimizer:");
  EXPECT_NE(set("", "1"), "ok");
  EXPECT_EQ(training, before);
}

}  // namespace
}  // namespace tandem
