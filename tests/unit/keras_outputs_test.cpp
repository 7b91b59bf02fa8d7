// Keras models with several inputs and outputs, and outputs of several targets.
#include <functional>

#include "core/io/keras/convert.h"
#include "core/network/preprocessing_json.h"
#include "tests/support/workloads.h"
#include "tests/unit/keras_fixture.h"

namespace tandem {
namespace {

using tandem::testing::NetworkBuilder;
using Integers = std::vector<std::int64_t>;
using KerasOutputs = KerasTest;

// A photo and a table with 3 numbers, the classes of `species`, and as many `numbers` as there are `targets`.
Network photoAndTable(std::int64_t targets) {
  Network network;
  const auto add = [&](std::string_view type, std::string name, Attrs properties,
                       std::initializer_list<LayerId> inputs) {
    const LayerId id = *network.add(type, std::move(name), std::move(properties));
    for (const LayerId input : inputs) network.connect(input, id).value();
    return id;
  };
  const LayerId photo = add("input", "photo", {{"shape", Integers{4, 4, 3}}}, {});
  const LayerId table = add("input", "measured", {{"shape", Integers{3}}}, {});
  const LayerId flat = add("flatten", "flat", {}, {photo});
  const LayerId joined = add("concat", "joined", {}, {flat, table});
  add("dense", "species", {{"units", std::int64_t{2}}}, {joined});
  add("dense", "numbers", {{"units", targets}}, {table});
  return network;
}

Preprocessing photoData(bool classes) {
  Preprocessing data;
  data.fields = {{.name = "age", .mean = {40}, .scale = {0.5}},
                 {.name = "photo",
                  .kind = FieldKind::Image,
                  .image = {4, 4, 3},
                  .mean = {0.5, 0.25, 0.5},
                  .scale = {2, 4, 5}},
                 {.name = "colour", .kind = FieldKind::Category, .categories = {"red", "blue"}},
                 {.name = "species",
                  .role = FieldRole::Target,
                  .kind = FieldKind::Category,
                  .categories = {"cat", "dog"}}};
  for (const char* name : {"first", "second"}) {
    Field target{.name = name, .role = FieldRole::Target};
    if (classes) {
      target.kind = FieldKind::Category;
      target.categories = {"no", "yes"};
    } else {
      target.mean = {3};
      target.scale = {target.name == "first" ? 0.5 : 0.25};
    }
    data.fields.push_back(std::move(target));
  }
  return data;
}

TEST_F(KerasOutputs, WritesEachInputAndOutputWithItsData) {
  const Network network = photoAndTable(1);
  const std::vector<Head> heads = {
      {.output = "numbers", .targets = {"first"}, .loss = "mse"},
      {.output = "species", .targets = {"species"}, .loss = "softmax_cross_entropy"}};
  const ImportedModel model = restored(network, KerasData{photoData(false)}, heads);
  const Json config = configOfFile();
  EXPECT_EQ(config["class_name"], "Functional");
  EXPECT_EQ(config["config"]["input_layers"].dump(), R"([["photo",0,0],["measured",0,0]])");
  EXPECT_EQ(config["config"]["output_layers"].dump(),
            R"([["numbers_target_unit",0,0],["species_softmax",0,0]])");
  EXPECT_EQ(layerOf(config, "photo_rescaling")["scale"], 1.0 / 255);
  EXPECT_EQ(layerOf(config, "photo_normalization")["mean"].dump(), "[0.5,0.25,0.5]");
  EXPECT_EQ(layerOf(config, "measured_normalization")["mean"].dump(), "[40.0,0.0,0.0]");
  EXPECT_EQ(layerOf(config, "numbers_target_unit")["scale"], 2.0);
  EXPECT_EQ(layerOf(config, "numbers_target_unit")["offset"], 3.0);
  EXPECT_EQ(layerOf(config, "species_softmax")["activation"], "softmax");
  EXPECT_EQ(config["tandem"]["outputs"].dump(),
            R"([{"layer":"numbers_target_unit","meaning":"values","targets":["first"]},)"
            R"({"layer":"species_softmax","meaning":"probabilities","targets":["species"]}])");
  EXPECT_FALSE(config["tandem"].contains("output"));
  auto opened = Hdf5File::open(file());
  EXPECT_EQ(opened->root().texts("feature_names_photo").value(),
            (std::vector<std::string>{"channel 1", "channel 2", "channel 3"}));
  EXPECT_EQ(opened->root().texts("feature_names_measured").value(),
            (std::vector<std::string>{"age", "colour=red", "colour=blue"}));
  EXPECT_EQ(opened->root().texts("class_names_species_softmax").value(),
            (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(opened->root().text("tandem_output_numbers_target_unit").value(), "values");

  EXPECT_EQ(model.samples, (std::vector<Shape>{{4, 4, 3}, {3}}));
  EXPECT_EQ(model.outputs,
            (std::vector<ModelOutput>{{"numbers", OutputMeaning::Values, {"first"}},
                                      {"species_softmax", OutputMeaning::Probabilities, {"species"}}}));

  const ImportedModel bare = restored(network, KerasData{photoData(false), true}, heads);
  expectSame(bare.network, network);
  EXPECT_EQ(bare.outputs, (std::vector<ModelOutput>{{"numbers", OutputMeaning::Values, {"first"}},
                                                    {"species", OutputMeaning::SoftmaxLogits, {"species"}}}));
  opened = Hdf5File::open(file());
  EXPECT_EQ(opened->root().read<double>("feature_mean_measured")->values, (std::vector<double>{40, 0, 0}));
  EXPECT_EQ(opened->root().read<double>("target_scale_numbers")->values, std::vector<double>{0.5});
}

TEST_F(KerasOutputs, WritesSeveralTargetsOfOneOutput) {
  const Network network = photoAndTable(2);
  std::vector<Head> heads = {{.output = "species", .targets = {"species"}, .loss = "softmax_cross_entropy"},
                             {.output = "numbers", .targets = {"first", "second"}, .loss = "mse"}};
  ImportedModel model = restored(network, KerasData{photoData(false)}, heads);
  EXPECT_EQ(model.outputs.at(1), (ModelOutput{"numbers", OutputMeaning::Values, {"first", "second"}}));
  EXPECT_EQ(layerOf(configOfFile(), "numbers_target_unit")["scale"].dump(), "[2.0,4.0]");
  EXPECT_EQ(layerOf(configOfFile(), "numbers_target_unit")["offset"].dump(), "[3.0,3.0]");
  EXPECT_EQ(Hdf5File::open(file())->root().texts("target_names_numbers_target_unit").value(),
            (std::vector<std::string>{"first", "second"}));

  heads[1].loss = "binary_cross_entropy";
  model = restored(network, KerasData{photoData(true)}, heads);
  EXPECT_EQ(model.outputs.at(1),
            (ModelOutput{"numbers_sigmoid", OutputMeaning::Probabilities, {"first", "second"}}));
  EXPECT_EQ(Hdf5File::open(file())->root().texts("target_names_numbers_sigmoid").value(),
            (std::vector<std::string>{"first=yes", "second=yes"}));
  model = restored(network, KerasData{photoData(true), true}, heads);
  EXPECT_EQ(model.outputs.at(1), (ModelOutput{"numbers", OutputMeaning::SigmoidLogits, {"first", "second"}}));
}

TEST_F(KerasOutputs, AutoEncodersAnswerInTheUnitOfTheInput) {
  NetworkBuilder b({4, 4, 3});
  b.add("conv2d", {{"filters", std::int64_t{3}}, {"padding", std::string("same")}}, "picture");
  const Network network = b.take();
  Preprocessing data = photoData(false);
  data.fields = {data.fields[1], data.fields[3]};  // with a target that is not used
  Head head{.targets = {"photo"}, .loss = "mse"};
  ImportedModel model = restored(network, KerasData{data}, {head});
  EXPECT_EQ(model.outputs, (std::vector<ModelOutput>{{"picture", OutputMeaning::Values, {"photo"}}}));
  Json config = configOfFile();
  EXPECT_EQ(config["class_name"], "Sequential");
  EXPECT_EQ(layerOf(config, "target_unit")["scale"].dump(), "[127.5,63.75,51.0]");
  EXPECT_EQ(layerOf(config, "target_unit")["offset"].dump(), "[127.5,63.75,127.5]");

  // Levels from a sigmoid, without normalization.
  for (auto* factors : {&data.fields[0].mean, &data.fields[0].scale}) factors->clear();
  head.loss = "binary_cross_entropy";
  model = restored(network, KerasData{data}, {head});
  EXPECT_EQ(model.outputs, (std::vector<ModelOutput>{{"sigmoid", OutputMeaning::Values, {"photo"}}}));
  config = configOfFile();
  EXPECT_EQ(layerOf(config, "sigmoid")["activation"], "sigmoid");
  EXPECT_EQ(layerOf(config, "target_unit")["scale"].dump(), "[255.0,255.0,255.0]");
  model = restored(network, KerasData{data, true}, {head});
  EXPECT_EQ(model.outputs, (std::vector<ModelOutput>{{"picture", OutputMeaning::SigmoidLogits, {"photo"}}}));
}

// Keras normalizes along the last dimension, but arrays of numbers are normalized number by number.
TEST_F(KerasOutputs, NormalizationOfEachNumberOfASequenceIsRefused) {
  NetworkBuilder b({3, 2});
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{2}}}, "end");
  const Network network = b.take();
  Preprocessing data = unnamedFields(Shape{3, 2}, {"a", "b"});
  const auto refusal = [&](bool bare) {
    const Status status = write(network, weightsOf(network), KerasData{data, bare});
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_EQ(refusal(false), "");
  data.fields[4].mean = {1};
  data.fields[4].scale = {2};
  EXPECT_EQ(
      refusal(false),
      "each number of a sample of 3 x 2 is normalized by itself, but Keras normalizes along the last dimension");
  EXPECT_EQ(refusal(true), "");
}

TEST_F(KerasOutputs, OutputsInsideAChainRemainOutputs) {
  NetworkBuilder b({3});
  b.add("dense", {{"units", std::int64_t{4}}}, "middle");
  b.add("dense", {{"units", std::int64_t{2}}}, "end");
  const Network network = b.take();
  ASSERT_TRUE(write(network, weightsOf(network), {}, {{.output = "middle"}, {.output = "end"}}).ok());
  EXPECT_EQ(configOfFile()["class_name"], "Functional");
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  expectSame(read->network, network);
  ASSERT_EQ(read->outputs.size(), 2u);
  EXPECT_EQ(read->outputs[0].layer, "middle");
  EXPECT_EQ(read->outputs[1].layer, "end");
}

// The name of an input decides what it reads, also if Keras does not accept it.
TEST_F(KerasOutputs, InputsOfOneShapeKeepTheirFields) {
  Network network;
  const LayerId sum = *network.add("add", "sum");
  Preprocessing data;
  for (const char* name : {"right eye", "left eye"}) {
    network.connect(*network.add("input", name, {{"shape", Integers{2, 2, 1}}}), sum).value();
    data.fields.insert(data.fields.begin(), {.name = name, .kind = FieldKind::Image, .image = {2, 2, 1}});
  }
  data.fields.push_back({.name = "target", .role = FieldRole::Target});
  network.connect(sum, *network.add("flatten", "flat")).value();
  for (const bool bare : {false, true}) {
    const ImportedModel model = restored(network, KerasData{data, bare}, {Head{.loss = "mse"}});
    expectSame(model.network, network);
    EXPECT_EQ(configOfFile()["config"]["input_layers"].dump(), R"([["right_eye",0,0],["left_eye",0,0]])");
  }
}

TEST_F(KerasOutputs, EachOutputNeedsOneHead) {
  const Network network = photoAndTable(1);
  const auto problem = [&](std::vector<Head> heads) {
    const Status status = write(network, weightsOf(network), {}, std::move(heads));
    return status.ok() ? "" : status.error().text();
  };
  EXPECT_NE(problem({Head{}}).find("several outputs: species, numbers"), std::string::npos);
  EXPECT_NE(problem({{.output = "species"}}).find("numbers: no head is trained on this output"),
            std::string::npos);
  EXPECT_NE(problem({{.output = "species"}, {.output = "species"}}).find("two heads"), std::string::npos);
  EXPECT_NE(problem({{.output = "photo"}, {.output = "species"}}).find("on an input"), std::string::npos);
  EXPECT_EQ(problem({{.output = "species"}, {.output = "numbers"}}), "");
}

TEST_F(KerasOutputs, NamesTheDataOfSeveralInputsAndOutputs) {
  const Network network = photoAndTable(1);
  ASSERT_TRUE(write(network, weightsOf(network), {}, {{.output = "species"}, {.output = "numbers"}}).ok());
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->outputs, (std::vector<ModelOutput>{{"species", OutputMeaning::Values, {"species"}},
                                                     {"numbers", OutputMeaning::Values, {"numbers"}}}));
  std::vector<std::string> names;
  for (const Field& field : read->preprocessing.fields) names.push_back(field.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"photo", "column 1", "column 2", "column 3", "species", "numbers"}));
  EXPECT_EQ(read->preprocessing.fields[0].image, (Shape{4, 4, 3}));
  ASSERT_EQ(read->notes.size(), 1u);
  EXPECT_TRUE(read->notes[0].starts_with("The model contains no Rescaling layer for 'photo', so"))
      << read->notes[0];
}

TEST_F(KerasOutputs, RejectsDamagedDescriptionsOfOutputs) {
  const Network network = photoAndTable(1);
  const std::vector<Head> heads = {
      {.output = "numbers", .targets = {"first"}, .loss = "mse"},
      {.output = "species", .targets = {"species"}, .loss = "softmax_cross_entropy"}};
  ASSERT_TRUE(write(network, weightsOf(network), KerasData{photoData(false)}, heads).ok());
  const auto imported = [&](const std::function<void(Json&)>& damage) -> Result<ImportedModel> {
    auto model = keras::readModel(file());
    EXPECT_TRUE(model.ok());
    damage(model->description);
    return keras::Converter(std::move(*model)).convert();
  };
  EXPECT_TRUE(imported([](Json&) {}).ok());
  EXPECT_TRUE(imported([](Json& d) { std::swap(d["outputs"][0], d["outputs"][1]); }).ok());
  const std::vector<std::function<void(Json&)>> damages = {
      [](Json& d) { d.erase("outputs"); },
      [](Json& d) { d["outputs"] = "values"; },
      [](Json& d) { d["outputs"].erase(1); },
      [](Json& d) { d["outputs"][1] = d["outputs"][0]; },
      [](Json& d) { d["outputs"][0] = 7; },
      [](Json& d) { d["outputs"][0]["layer"] = "elsewhere"; },
      [](Json& d) { d["outputs"][0]["layer"] = Json::array(); },
      [](Json& d) { d["outputs"][0]["meaning"] = "guesses"; },
      [](Json& d) { d["outputs"][0]["meaning"] = 3; },
      [](Json& d) { d["outputs"][0].erase("targets"); },
      [](Json& d) { d["outputs"][0]["targets"] = "first"; },
      [](Json& d) { d["outputs"][0]["targets"] = {1}; },
      [](Json& d) { d["outputs"][0]["targets"] = {"third"}; },
      [](Json& d) { d["inputs"] = Json::array(); },
      [](Json& d) {
        d["inputs"] = {{"photo", 1}};
      },
      [](Json& d) {
        d["inputs"] = {{"numbers", "photo"}};
      },
      [](Json& d) { d["preprocessing"] = 1; },
      [](Json& d) { d["preprocessing"] = toJson(unnamedFields({3}, {})); },
  };
  for (std::size_t i = 0; i < damages.size(); ++i) {
    const auto read = imported(damages[i]);
    ASSERT_FALSE(read.ok()) << i;
    EXPECT_NE(read.error().text().find(i == 12 ? "'third'" : "description of the data"), std::string::npos)
        << read.error().text();
  }
}

}  // namespace
}  // namespace tandem
