#include "core/network/project.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/network/analysis.h"
#include "core/network/template_list.h"

namespace tandem {
namespace {

std::string layerTypes() {
  std::string types;
  for (const LayerDef* def : allLayers()) types += (types.empty() ? "" : ", ") + std::string(def->type);
  return types;
}

TEST(Project, EveryTemplateIsValidAndSurvivesTheRoundTrip) {
  ASSERT_GE(templates().size(), 6u);
  for (const TemplateInfo& info : templates()) {
    const auto project = projectFromTemplate(info.name);
    ASSERT_TRUE(project.ok()) << info.name << ": " << project.error().text();
    EXPECT_FALSE(info.about.empty());
    const Analysis analysis = analyze(project->network);
    for (const Problem& problem : analysis.problems)
      ADD_FAILURE() << info.name << ": " << problem.error.text();
    EXPECT_GT(analysis.parameters, 0);
    EXPECT_EQ(project->positions.size(), project->network.layers().size());

    const std::string json = toJson(*project);
    const auto again = projectFromJson(json, "again");
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(*again, *project);
    EXPECT_EQ(toJson(*again), json);
  }
}

TEST(Project, NodesOfTemplatesDoNotOverlap) {
  for (const TemplateInfo& info : templates()) {
    const Project project = *projectFromTemplate(info.name);
    for (const auto& [a, pa] : project.positions)
      for (const auto& [b, pb] : project.positions)
        EXPECT_TRUE(a == b || std::abs(pa.x - pb.x) >= 200 || std::abs(pa.y - pb.y) >= 80) << info.name;
  }
}

TEST(Project, TemplatesAreFoundByNameOrUniquePrefixInAnyCase) {
  EXPECT_EQ(projectFromTemplate("FASHION-mnist cnn")->name, "Fashion-MNIST CNN");
  EXPECT_EQ(projectFromTemplate("two s")->name, "Two spirals");
  EXPECT_EQ(projectFromTemplate("two").error().text(),
            "the template name 'two' is ambiguous: Two moons, Two spirals. Type more of the name");
  const std::string unknown = projectFromTemplate("nothing").error().text();
  EXPECT_TRUE(unknown.starts_with("there is no template 'nothing'. Available templates: ")) << unknown;
  EXPECT_NE(unknown.find("Fashion-MNIST CNN, "), std::string::npos) << unknown;
  EXPECT_FALSE(projectFromTemplate("").ok());
}

TEST(Project, EveryFieldSurvivesTheRoundTrip) {
  Project p = *projectFromTemplate("Two moons");
  p.name = "n\"ame \xc3\xa9";
  p.notes = "line 1\nline 2";
  p.data = {
      .kind = DataKind::Csv,
      .path = "/a b.csv",
      .generator = "moons",
      .count = 17,
      .noise = 0.25,
      .targets = {"price"},
      .classification = false,
      .ignore = {"id", "date"},
      .sampleWeights = "w",
      .numbers = {"n"},
      .categories = {"a,b", ""},
      .texts = {"review"},
      .table = {.header = HeaderChoice::No,
                .delimiter = "\t",
                .decimal = ",",
                .thousands = "none",
                .quote = "",
                .comment = "#",
                .encoding = "windows-1252",
                .missing = {"-", "NA"}},
      .imageHeight = 11,
      .imageWidth = 12,
      .imageChannels = 1,
      .text = {.unit = TextUnit::Pairs, .lowerCase = false, .vocabulary = 500, .steps = 30, .stride = 7},
      .skipDamaged = true,
      .normalize = false,
      .standardizeTargets = false,
      .validationFraction = 0.3,
      .testFraction = 0.15,
      .splitSeed = ~0ull,
      .stratify = false};
  TrainingConfig& t = p.training;
  t.heads[0].loss = {"huber", {{"delta", 2.5}}};
  t.heads[0].metrics = {"accuracy", {"top_k_accuracy", {{"k", 7}}}};
  t.optimizer = {"sgd",
                 {{"learning_rate", 0.1 + 0.2},
                  {"momentum", 0.8},
                  {"nesterov", std::int64_t{1}},
                  {"weight_decay", 1e-4}}};
  t.schedule = {"reduce_on_plateau",
                {{"warmup_steps", std::int64_t{100}},
                 {"patience", std::int64_t{7}},
                 {"gamma", 0.5},
                 {"minimum_rate", 1e-6}}};
  t.epochs = 9;
  t.batch = 33;
  t.accumulate = 4;
  t.seed = 0xfedcba9876543210ull;
  t.l1 = 1e-5;
  t.l2 = 1e-3;
  t.clip = ClipKind::Norm;
  t.clipLimit = 5;
  t.average = 0.999;
  t.monitor = "rmse";
  t.earlyStoppingPatience = 6;
  t.checkpointEpochs = 0;
  t.device = {"cuda:1", 3, Precision::Bf16, false, false, {"onednn"}};
  ASSERT_TRUE(p.network
                  .rename(1,
                          "entr\xc3\xa9"
                          "e \"x\"")
                  .ok());
  const auto again = projectFromJson(toJson(p), "x");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, p);
}

// Version 1 had the settings of all optimizers, schedules and losses side by side.
TEST(Project, EveryKindOfDataSurvivesTheRoundTrip) {
  for (int kind = 0; kind <= static_cast<int>(DataKind::Cifar); ++kind) {
    Project project = *projectFromTemplate("Two moons");
    project.data.kind = static_cast<DataKind>(kind);
    project.data.path = "/data";
    const auto again = projectFromJson(toJson(project), "again");
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(again->data.kind, project.data.kind);
  }
}

TEST(Project, Version1KeepsItsMeaning) {
  const auto training = [](const std::string& json) {
    const auto project = projectFromJson(R"({"tandem": 1, "layers": [], "training": )" + json + "}", "f");
    EXPECT_TRUE(project.ok()) << project.error().text();
    return project->training;
  };
  const TrainingConfig all = training(R"({
    "loss": "huber", "huber_delta": 2.5,
    "optimizer": {"kind": "rmsprop", "learning_rate": 0.5, "momentum": 0.8, "nesterov": true, "beta1": 0.7,
                  "beta2": 0.99, "rho": 0.91, "epsilon": 1e-8, "weight_decay": 1e-4},
    "schedule": {"kind": "step", "warmup_steps": 100, "step_epochs": 7, "gamma": 0.5, "minimum_rate": 1e-6,
                 "patience": 4}})");
  EXPECT_EQ(all.heads[0].loss, LossConfig("huber", {{"delta", 2.5}}));
  EXPECT_EQ(all.optimizer, OptimizerConfig("rmsprop", {{"learning_rate", 0.5},
                                                       {"rho", 0.91},
                                                       {"momentum", 0.8},
                                                       {"epsilon", 1e-8},
                                                       {"weight_decay", 1e-4}}));
  EXPECT_EQ(all.schedule, ScheduleConfig("step", {{"warmup_steps", std::int64_t{100}},
                                                  {"step_epochs", std::int64_t{7}},
                                                  {"gamma", 0.5}}));
  // What a file did not state was the default then.
  EXPECT_EQ(training("{}"), TrainingConfig());
  const TrainingConfig brief =
      training(R"({"optimizer": {"kind": "rmsprop"}, "schedule": {"kind": "exponential"}, "loss": "mse"})");
  EXPECT_EQ(brief.optimizer, OptimizerConfig("rmsprop", {{"momentum", 0.9}}));
  EXPECT_EQ(brief.schedule, ScheduleConfig("exponential", {{"gamma", 0.1}}));
  EXPECT_EQ(brief.heads[0].loss, LossConfig("mse"));
  EXPECT_EQ(training(R"({"optimizer": {"kind": "sgd"}})").optimizer,
            OptimizerConfig("sgd", {{"learning_rate", 1e-3}}));
  EXPECT_EQ(training(R"({"huber_delta": 3.0})").heads[0].loss, LossConfig());
}

TEST(Project, Version2StatesTypesAndTheirOwnSettings) {
  const auto project = projectFromJson(
      R"({"tandem": 2, "layers": [], "training": {"loss": "mae", "optimizer": {"type": "sgd", "momentum": 0}}})",
      "f");
  ASSERT_TRUE(project.ok()) << project.error().text();
  EXPECT_EQ(project->training.heads[0].loss, LossConfig("mae"));
  EXPECT_EQ(project->training.optimizer, OptimizerConfig("sgd", {{"momentum", 0.0}}));
  // All settings are written.
  EXPECT_NE(toJson(*project).find("\"nesterov\": false"), std::string::npos);
  EXPECT_EQ(toJson(*project).find("beta1"), std::string::npos);
}

TEST(Project, GroupsSurviveTheRoundTripAndLeaveOtherFilesAsTheyWere) {
  Project p = *projectFromTemplate("Two moons");
  EXPECT_EQ(toJson(p).find("groups"), std::string::npos);
  const GroupId first = *p.network.group({2}), second = *p.network.group({3, 4}, "head");
  ASSERT_TRUE(p.network.setRepeat(second, 7).ok());
  ASSERT_TRUE(p.network.setFolded(second, true).ok());
  EXPECT_EQ(*projectFromJson(toJson(p), "x"), p);
  ASSERT_TRUE(p.network.ungroup(first).ok());
  const auto again = projectFromJson(toJson(p), "x");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, p);  // including ids
  ASSERT_TRUE(p.network.ungroup(second).ok());
  EXPECT_EQ(toJson(p), toJson(*projectFromTemplate("Two moons")));
}

TEST(Project, NestedGroupsSurviveTheRoundTrip) {
  Project p = *projectFromTemplate("Two moons");
  const GroupId inner = *p.network.group({3}, "inner"), outer = *p.network.group({3, 4}, "outer");
  const GroupId around = *p.network.group({4, 3}, "around");  // has no layers directly in it
  ASSERT_TRUE(p.network.setRepeat(inner, 2).ok());
  ASSERT_TRUE(p.network.setFolded(outer, true).ok());
  EXPECT_EQ(p.network.findGroup(outer)->parent, around);
  const std::string json = toJson(p);
  EXPECT_NE(json.find("\"tandem\": 2"), std::string::npos);
  EXPECT_NE(json.find("\"in\": \"around\""), std::string::npos);
  EXPECT_EQ(*projectFromJson(json, "x"), p);

  // Written by hand: an inner group may come first.
  const auto byHand = projectFromJson(
      R"({"tandem": 2, "layers": [{"type": "flatten", "name": "a"}, {"type": "flatten", "name": "b"}],
          "groups": [{"name": "i", "in": "o", "layers": ["b"], "repeat": 3}, {"name": "o", "layers": ["a"], "repeat": 2}]})",
      "f");
  ASSERT_TRUE(byHand.ok()) << byHand.error().text();
  EXPECT_EQ(byHand->network.groups().front().name, "o");
  EXPECT_EQ(byHand->network.groups().front().layers.size(), 2U);
  EXPECT_EQ(byHand->network.occurrences(byHand->network.findByName("b")->id), 6);
  EXPECT_EQ(*projectFromJson(toJson(*byHand), "f"), *byHand);
}

TEST(Project, GroupsHaveLimits) {
  std::string nested = R"({"name": "g0", "layers": ["a"]})", many = "0";
  for (int i = 1; i <= kMaxGroupDepth; ++i)
    nested += R"(, {"name": "g)" + std::to_string(i) + R"(", "in": "g)" + std::to_string(i - 1) + R"("})";
  const std::string deep = R"({"tandem": 2, "layers": [{"type": "flatten", "name": "a"}], "groups": [)";
  EXPECT_EQ(projectFromJson(deep + nested + "]}", "f").error().text(),
            "f: groups[8].in: groups can be nested at most 8 deep");
  for (int i = 0; i < 10'000; ++i) many += ",0";
  EXPECT_EQ(projectFromJson(deep + many + "]}", "f").error().text(),
            "f: groups: a network may have at most 10000 groups, but this has 10001");
}

struct BadProject {
  std::string json;
  std::string error;
};

// A project around one list of layers.
std::string withLayers(const std::string& layers) {
  return R"({"tandem": 1, "layers": [)" + layers + "]}";
}
std::string withGroups(const std::string& groups) {
  return R"({"tandem": 1, "layers": [{"type": "flatten", "name": "a"}, {"type": "flatten", "name": "b"}], )"
         R"("groups": [)" +
         groups + "]}";
}
std::string withTraining(const std::string& training) {
  return R"({"tandem": 1, "layers": [], "training": )" + training + "}";
}
const std::string kInput = R"({"type": "input", "name": "in", "inputs": []})";

TEST(Project, MalformedFilesAreRejectedWithThePlace) {
  const std::vector<BadProject> cases{
      {"", "f: is not valid JSON: syntax error at line 1, column 1. The file may be truncated or corrupt"},
      {"{\n  \"tandem\": 1,\n  oops}",
       "f: is not valid JSON: syntax error at line 3, column 3. The file may be truncated or corrupt"},
      {"[]", "f: is not a Tandem project. A project is a JSON object with \"tandem\": 2"},
      {"{}", "f: is not a Tandem project. A project is a JSON object with \"tandem\": 2"},
      {R"({"tandem": "1", "layers": []})", "f: tandem: must be a whole number from 1 to 1000000"},
      {R"({"tandem": 3, "layers": [], "new": 0})",
       "f: tandem: the project was written by a newer version of Tandem (format 3). This version "
       "reads formats up to 2; update Tandem"},
      {R"({"tandem": 1})", "f: has no \"layers\". An empty network is \"layers\": []"},
      {R"({"tandem": 1, "layers": [], "layer": 1})",
       "f: unknown key 'layer'. Valid keys: tandem, name, notes, layers, groups, data, training"},
      {R"({"tandem": 1, "tandem": 1, "layers": []})", "f: has a duplicate key 'tandem'"},
      {R"({"tandem": 1, "layers": [], "name": 5})", "f: name: must be a string"},
      {R"({"tandem": 1, "layers": {}})", "f: layers: must be a list, not an object"},
      {withLayers("7"), "f: layers[0]: must be an object, not a number"},
      {withLayers("{}"), "f: layers[0]: has no type"},
      {withLayers(R"({"type": "dense"})"), "f: layers[0]: has no name"},
      {withLayers(kInput + "," + kInput), "f: layers[1].name: there is already a layer named 'in'"},
      {withLayers(R"({"type": "input", "name": "a/b"})"),
       "f: layers: the name 'a/b' contains a '/'. Use '_' or '-' instead"},
      {withLayers(R"({"id": 3, "type": "input", "name": "a"}, {"id": 3, "type": "dense", "name": "b"})"),
       "f: layers[1].id: there is already a layer with id 3"},
      {withLayers(R"({"id": 0, "type": "input", "name": "a"})"),
       "f: layers[0].id: must be a whole number from 1 to 1000000000"},
      {withLayers(R"({"type": "conv9d", "name": "a"})"),
       "f: layers[0].type: there is no layer type 'conv9d'. Valid types: " + layerTypes()},
      {withLayers(kInput + R"(, {"type": "dense", "name": "d", "inputs": ["inn"]})"),
       "f: layers[1].inputs[0]: there is no layer named 'inn'"},
      {withLayers(kInput + R"(, {"type": "dense", "name": "d", "inputs": "in"})"),
       "f: layers[1].inputs: must be a list of strings"},
      {withLayers(kInput + R"(, {"type": "dense", "name": "d", "inputs": ["in", "in"]})"),
       "f: layers: d: accepts at most 1 input. Join branches with an add or concat layer first"},
      {withLayers(R"({"type": "input", "name": "a", "inputs": ["a"]})"),
       "f: layers: a: an input layer accepts no input"},
      {withLayers(
           R"({"type": "dense", "name": "a", "inputs": ["b"]}, {"type": "dense", "name": "b", "inputs": ["a"]})"),
       "f: layers: the layers form a cycle: a -> b -> a. Remove one of these connections"},
      {withLayers(R"({"type": "conv2d", "name": "c", "properties": {"filters": 0}})"),
       "f: layers[0].properties.filters: Filters must be a whole number from 1 to 65536, not 0"},
      {withLayers(R"({"type": "conv2d", "name": "c", "properties": {"filters": 1.5}})"),
       "f: layers[0].properties.filters: Filters must be a whole number from 1 to 65536, not 1.5"},
      {withLayers(R"({"type": "conv2d", "name": "c", "properties": {"kernel": [3]}})"),
       "f: layers[0].properties.kernel: Kernel must be two whole numbers (height, width), each from 1 to "
       "1024, not 3"},
      {withLayers(R"({"type": "conv2d", "name": "c", "properties": {"kernel": [3, "x"]}})"),
       "f: layers[0].properties.kernel[1]: must be a whole number, not a string"},
      {withLayers(R"({"type": "conv2d", "name": "c", "properties": {"padding": "sames"}})"),
       "f: layers[0].properties.padding: Padding must be one of valid, same, explicit, not 'sames'"},
      {withLayers(R"({"type": "conv2d", "name": "c", "properties": {"use_bias": 1}})"),
       "f: layers[0].properties.use_bias: cannot be a number"},
      {withLayers(R"({"type": "dense", "name": "c", "properties": {"use_bias": null}})"),
       "f: layers[0].properties.use_bias: cannot be null"},
      {withLayers(R"({"type": "dense", "name": "c", "properties": {"unit": 4}})"),
       "f: layers[0].properties: a layer of type dense has no property 'unit'. Valid properties: "
       "units, activation, use_bias, initializer, l1, l2"},
      {withLayers(R"({"type": "dense", "name": "c", "properties": []})"),
       "f: layers[0].properties: must be an object, not a list"},
      {withLayers(R"({"type": "dropout", "name": "c", "properties": {"rate": 1.0}})"),
       "f: layers[0].properties.rate: Rate must be a number from 0 to 0.99, not 1"},
      {withLayers(R"({"type": "input", "name": "a", "position": [0]})"),
       "f: layers[0].position: must be two numbers, x and y"},
      {withGroups("7"), "f: groups[0]: must be an object, not a number"},
      {R"({"tandem": 1, "layers": [], "groups": {}})", "f: groups: must be a list, not an object"},
      {withGroups("{}"), "f: groups[0]: has no name"},
      {withGroups(R"({"name": "g"})"), "f: groups[0]: has no layers"},
      {withGroups(R"({"name": "g", "layers": ["a"], "times": 2})"),
       "f: groups[0]: unknown key 'times'. Valid keys: id, name, in, layers, repeat, folded"},
      {withGroups(R"({"name": "g", "layers": "a"})"), "f: groups[0].layers: must be a list of strings"},
      {withGroups(R"({"name": "g", "layers": ["a", "c"]})"),
       "f: groups[0].layers[1]: there is no layer named 'c'"},
      {withGroups(R"({"name": "g", "layers": ["a", "a"]})"),
       "f: groups[0].layers[1]: the layer 'a' is already in a group"},
      {withGroups(R"({"name": "g", "layers": ["a"]}, {"name": "h", "layers": ["b", "a"]})"),
       "f: groups[1].layers[1]: the layer 'a' is already in a group"},
      {withGroups(R"({"name": "g", "layers": ["a"]}, {"name": "g", "layers": ["b"]})"),
       "f: groups[1]: there is already a group named 'g'. Choose another name"},
      {withGroups(R"({"id": 4, "name": "g", "layers": ["a"]}, {"id": 4, "name": "h", "layers": ["b"]})"),
       "f: groups[1].id: there is already a group with id 4"},
      {withGroups(R"({"name": "g/h", "layers": ["a"]})"),
       "f: groups[0]: the name 'g/h' contains a '/'. Use '_' or '-' instead"},
      {withGroups(R"({"name": "g", "layers": ["a"], "repeat": 0})"),
       "f: groups[0].repeat: must be a whole number from 1 to 1000"},
      {withGroups(R"({"name": "g", "layers": ["a"], "repeat": 1001})"),
       "f: groups[0].repeat: must be a whole number from 1 to 1000"},
      {withGroups(R"({"name": "g", "layers": ["a"], "folded": 1})"),
       "f: groups[0].folded: must be true or false"},
      {withGroups(R"({"name": "g", "in": 3, "layers": ["a"]})"), "f: groups[0].in: must be a string"},
      {withGroups(R"({"name": "g", "in": "h", "layers": ["a"]})"),
       "f: groups[0].in: there is no group named 'h'"},
      {withGroups(R"({"name": "g", "in": "g", "layers": ["a"]})"),
       "f: groups[0].in: a group cannot be in itself"},
      {withGroups(
           R"({"name": "i", "in": "g", "layers": ["a"]}, {"name": "g", "in": "h"}, {"name": "h", "in": "g"})"),
       "f: groups[1].in: the groups 'g' and 'h' contain each other"},
      {withGroups(R"({"name": "g", "layers": []}, {"name": "h", "in": "g"})"), "f: groups[0]: has no layers"},
      {withGroups(R"({"name": "g", "layers": ["a"]}, {"name": "h", "in": "g", "layers": ["a"]})"),
       "f: groups[1].layers[0]: the layer 'a' is already in a group"},
      {withGroups(
           R"({"name": "g", "in": "h", "layers": ["a"], "repeat": 1000}, {"name": "h", "in": "i", "repeat": 1000}, )"
           R"({"name": "i", "in": "j", "repeat": 1000}, {"name": "j", "layers": ["b"], "repeat": 1000})"),
       "f: groups[2]: the network would have 1001000 layers with all repetitions expanded; the limit is "
       "10000. Reduce the repeat count"},
      {withTraining("[]"), "f: training: must be an object, not a list"},
      {withTraining(R"({"epochs": 0})"), "f: training.epochs: must be a whole number from 1 to 1000000"},
      {withTraining(R"({"batch": 1e3})"), "f: training.batch: must be a whole number from 1 to 1048576"},
      {withTraining(R"({"seed": -1})"),
       "f: training.seed: must be a whole number from 0 to 18446744073709551615"},
      {withTraining(R"({"loss": "mape"})"),
       "f: training.loss: there is no loss \"mape\". Choose one of binary_cross_entropy, binary_focal, "
       "cosine_similarity, dice, hinge, huber, kl_divergence, log_cosh, mae, mse, quantile, softmax_cross_entropy, softmax_focal, squared_hinge"},
      {withTraining(R"({"loss": {"type": 7}})"), "f: training.loss.type: must be a string, not a number"},
      {withTraining(R"({"loss": {"type": "huber", "delta": 0}})"),
       "f: training.loss.delta: Delta must be a number from 1e-12 to 1e+12, not 0"},
      {withTraining(R"({"loss": {"type": "mse", "delta": 1}})"),
       "f: training.loss: the loss mse has no property 'delta'. It has no properties"},
      {withTraining(R"({"schedule": 1})"),
       "f: training.schedule: must be an object with a type, not a number"},
      {withTraining(R"({"optimizer": {"learning_rate": "fast"}})"),
       "f: training.optimizer.learning_rate: Learning rate must be a number from 0 to 1000, not 'fast'"},
      {withTraining(R"({"optimizer": {"rate": 1}})"),
       "f: training.optimizer: the optimizer adam has no property 'rate'. Valid properties: learning_rate, beta1, "
       "beta2, epsilon, weight_decay"},
      {withTraining(R"({"l2": 1e999})"), "f: contains a number that is out of range"},
      {withTraining(R"({"device": {"avoid": [1]}})"), "f: training.device.avoid: must be a list of strings"},
      {R"({"tandem": 1, "layers": [], "data": {"normalize": 1}})",
       "f: data.normalize: must be true or false"},
      {"{\"tandem\": 1, \"name\": \"\xff\", \"layers\": []}",
       "f: is not valid JSON: syntax error at line 1, column 24. The file may be truncated or corrupt"},
      {std::string(100000, '['), "f: is nested deeper than 16 levels"},
  };
  for (const BadProject& bad : cases) {
    const auto project = projectFromJson(bad.json, "f");
    ASSERT_FALSE(project.ok()) << bad.json;
    EXPECT_EQ(project.error().text(), bad.error);
    EXPECT_EQ(project.error().code, ErrorCode::InvalidInput);
  }
}

TEST(Project, HugeFilesAreRejectedBeforeTheyFillTheMemory) {
  std::string many = R"({"tandem": 1, "layers": [)";
  for (int i = 0; i < 2'100'000; ++i) many += "0,";
  EXPECT_EQ(projectFromJson(many + "0]}", "f").error().text(), "f: contains more than 2000000 values");
  EXPECT_EQ(projectFromJson(std::string((64u << 20) + 1, ' '), "f").error().text(),
            "f: is larger than 67.1 MB");
  std::string layers;
  for (int i = 0; i < 10'001; ++i)
    layers += (i ? "," : "") + std::string(R"({"type":"flatten","name":"l)") + std::to_string(i) + "\"}";
  EXPECT_EQ(projectFromJson(withLayers(layers), "f").error().text(),
            "f: layers: a network may have at most 10000 layers, but this has 10001");
  std::string repeated = withLayers(layers.substr(0, layers.find(R"(,{"type":"flatten","name":"l9500"})")));
  repeated.pop_back();
  repeated += R"(, "groups": [{"name": "g", "layers": ["l0"], "repeat": 502}]})";
  EXPECT_EQ(projectFromJson(repeated, "f").error().text(),
            "f: groups[0]: the network would have 10001 layers with all repetitions expanded; the limit is "
            "10000. Reduce the repeat count");
}

// Truncating or changing a valid file gives an Error or a project that can be written, never a crash.
TEST(Project, DamagedFilesNeverCrashTheReader) {
  for (const TemplateSource& source : templateSources()) {
    const std::string good(source.json.substr(0, 1500));
    for (std::size_t i = 0; i < good.size(); i += 29) {
      // Without its last line break, a file is complete.
      EXPECT_EQ(projectFromJson(good.substr(0, i), "f").ok(), i > source.json.rfind('}'));
      for (const char c : {'\0', '"', '{', '9', '-', '\xff'}) {
        std::string bad(source.json);
        bad[i] = c;
        const auto project = projectFromJson(bad, "f");
        EXPECT_TRUE(!project.ok() || projectFromJson(toJson(*project), "f").ok());
      }
    }
  }
}

TEST(Project, SavesAndLoadsAndNamesTheFileInErrors) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("tandem_project_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto file = folder / "p.tandem";
  const Project project = *projectFromTemplate("Two moons");
  ASSERT_TRUE(saveProject(project, file).ok());
  EXPECT_EQ(*loadProject(file), project);
  Project broken = project;
  broken.training.batch = 0;
  EXPECT_EQ(saveProject(broken, file).error().text(),
            file.string() +
                ": training.batch: must be a whole number from 1 to 1048576. Correct it and save again; "
                "the file on disk is unchanged");
  EXPECT_EQ(*loadProject(file), project);
  std::ofstream(file) << "{";
  EXPECT_TRUE(loadProject(file).error().text().starts_with(file.string() + ": is not valid JSON"));
  EXPECT_EQ(loadProject(folder / "none.tandem").error().code, ErrorCode::NotFound);
  EXPECT_EQ(loadProject(folder).error().text(), folder.string() + ": is a folder, not a file. Choose a file");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tandem
