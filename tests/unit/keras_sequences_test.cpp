// Sequences, tokens and their layers in Keras models.
#include <algorithm>

#include "core/io/keras/model_file.h"
#include "core/runtime/registry.h"
#include "core/train/predictor.h"
#include "tests/support/workloads.h"
#include "tests/unit/keras_fixture.h"

namespace tandem {
namespace {

using tandem::testing::NetworkBuilder;
using Integers = std::vector<std::int64_t>;

class KerasSequences : public KerasTest {
 protected:
  // Adds a layer with these inputs.
  static LayerId add(Network& network, std::string_view type, std::string name, Attrs properties,
                     std::initializer_list<LayerId> inputs) {
    const LayerId id = *network.add(type, std::move(name), std::move(properties));
    for (const LayerId input : inputs) network.connect(input, id).value();
    return id;
  }
  // Tokens of up to 6 steps, and their vectors.
  static LayerId addTokens(Network& network, bool varies) {
    const LayerId input = add(
        network, "input", "words",
        {{"shape", Integers{6}}, {"values", std::string("tokens")}, {"varies", std::int64_t{varies}}}, {});
    return add(network, "embedding", "vectors", {{"vocabulary", std::int64_t{5}}, {"units", std::int64_t{4}}},
               {input});
  }
  // The network and its weights must be the same after they were written and read.
  void expectRestored(const Network& network) {
    const auto weights = weightsOf(network);
    const Status written = write(network, weights);
    ASSERT_TRUE(written.ok()) << written.error().text();
    const auto read = importKeras(file());
    ASSERT_TRUE(read.ok()) << read.error().text();
    expectSame(read->network, network);
    EXPECT_EQ(read->weights.size(), weights.size());
    for (const auto& weight : weights)
      EXPECT_TRUE(std::ranges::any_of(read->weights, [&](const ImportedModel::Weight& other) {
        return other.name == weight.name && other.shape == weight.shape && other.values == weight.values;
      })) << weight.name;
  }
  // The error of an export of a sequence (6, 4) through this layer; none: an empty one.
  Error refusal(std::string_view type, Attrs properties) {
    NetworkBuilder b({6, 4});
    b.add(type, std::move(properties), "layer");
    b.add("flatten");
    const Network network = b.take();
    const Status written = write(network, weightsOf(network));
    return written.ok() ? Error{} : written.error();
  }
};

TEST_F(KerasSequences, RestoresRecurrentLayersOfEachDirection) {
  for (const char* type : {"simple_rnn", "lstm", "gru"})
    for (const char* direction : {"forward", "backward", "both"})
      for (const bool bias : {true, false}) {
        NetworkBuilder b({6, 4});
        Attrs properties{{"units", std::int64_t{3}},
                         {"direction", std::string(direction)},
                         {"use_bias", std::int64_t{bias}},
                         {"initializer", std::string("he_normal")},
                         {"l2", 0.5}};
        if (std::string_view(type) == "simple_rnn") properties.set("activation", std::string("relu"));
        if (std::string_view(direction) != "backward") {
          Attrs all = properties;
          all.set("output", std::string("all"));
          b.add(type, std::move(all), "steps");
        }
        b.add(type, std::move(properties), "last");
        SCOPED_TRACE(std::string(type) + " " + direction);
        expectRestored(b.take());
      }
}

TEST_F(KerasSequences, WritesRecurrentLayersAsKerasDoes) {
  NetworkBuilder b({6, 4});
  b.add("gru", {{"units", std::int64_t{3}}, {"direction", std::string("both")}}, "two");
  const Network network = b.take();
  ASSERT_TRUE(write(network, weightsOf(network)).ok());
  const Json config = layerOf(configOfFile(), "two");
  EXPECT_EQ(config["merge_mode"], "concat");
  EXPECT_EQ(config["layer"]["class_name"], "GRU");
  EXPECT_EQ(config["layer"]["config"]["return_sequences"], false);
  EXPECT_EQ(config["layer"]["config"]["reset_after"], true);
  auto opened = Hdf5File::open(file());
  ASSERT_TRUE(opened.ok());
  const auto names = opened->root().group("model_weights/two")->texts("weight_names");
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(*names, (std::vector<std::string>{"two/forward_kernel:0", "two/forward_recurrent_kernel:0",
                                              "two/forward_bias:0", "two/backward_kernel:0",
                                              "two/backward_recurrent_kernel:0", "two/backward_bias:0"}));
  EXPECT_EQ(opened->root().text("keras_version").value(), "2.15.0");
}

TEST_F(KerasSequences, SplitsStackedLayers) {
  NetworkBuilder b({6, 4});
  b.add("lstm", {{"units", std::int64_t{3}}, {"layers", std::int64_t{3}}, {"dropout", 0.25}}, "deep");
  const Network network = b.take();
  const auto weights = weightsOf(network);
  ASSERT_TRUE(write(network, weights).ok());
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  std::vector<std::string> names;
  for (const Layer& layer : read->network.layers()) names.push_back(layer.name);
  EXPECT_EQ(names, (std::vector<std::string>{"input", "deep", "deep_dropout_2", "deep_2", "deep_dropout_3",
                                             "deep_3"}));
  EXPECT_EQ(read->network.findByName("deep_2")->properties.text("output", ""), "all");
  EXPECT_EQ(read->network.findByName("deep_3")->properties.text("output", "last"), "last");
  ASSERT_EQ(read->weights.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_EQ(read->weights[i].values, weights[i].values);
}

TEST_F(KerasSequences, RestoresAttention) {
  NetworkBuilder b({6, 4});
  const LayerId input = b.last();
  const LayerId self = b.add("attention", {{"heads", std::int64_t{2}}, {"causal", std::int64_t{1}}}, "self");
  const LayerId wide = b.addTo(input, "dense", {{"units", std::int64_t{6}}});
  Network network = b.take();
  add(network, "attention", "cross",
      {{"heads", std::int64_t{3}}, {"head_size", std::int64_t{5}}, {"use_bias", std::int64_t{0}}},
      {self, wide, input});
  expectRestored(network);
  const Json config = configOfFile();
  EXPECT_EQ(config["class_name"], "Functional");
  EXPECT_EQ(layerOf(config, "self")["key_dim"], 2);
  for (const Json& layer : config["config"]["layers"]) {
    if (layer["name"] != "self") continue;
    const Json& call = layer["inbound_nodes"][0];
    EXPECT_EQ(call["kwargs"].dump(), R"({"use_causal_mask":true})");
    ASSERT_EQ(call["args"].size(), 2u);
    EXPECT_EQ(call["args"][1]["config"]["keras_history"].dump(), R"(["input",0,0])");
    EXPECT_EQ(call["args"][1]["config"]["shape"].dump(), "[null,6,4]");
  }
  EXPECT_EQ(Hdf5File::open(file())->root().text("keras_version").value(), "3.0.0");
}

TEST_F(KerasSequences, RestoresShapes) {
  NetworkBuilder b({6});
  b.add("repeat_vector", {{"steps", std::int64_t{5}}}, "copies");
  b.add("permute", {}, "turn");
  b.add("flatten");
  expectRestored(b.take());
}

TEST_F(KerasSequences, TokensOfDifferentLengthsHaveMasks) {
  for (const bool varies : {true, false}) {
    Network network;
    const LayerId vectors = addTokens(network, varies);
    const LayerId look = add(network, "attention", "look", {{"heads", std::int64_t{2}}}, {vectors});
    const LayerId sum = add(network, "add", "sum", {}, {vectors, look});
    const LayerId last = add(network, "gru", "last", {{"units", std::int64_t{3}}}, {sum});
    const LayerId mean = add(network, "global_average_pool1d", "mean", {}, {sum});
    add(network, "concat", "joined", {}, {last, mean});
    expectRestored(network);
    const Json config = configOfFile();
    EXPECT_EQ(layerOf(config, "words")["dtype"], "int32");
    EXPECT_EQ(layerOf(config, "vectors")["mask_zero"], varies);
  }
}

TEST_F(KerasSequences, RefusesWhatIgnoresTheEndsOfSamples) {
  for (const char* type : {"global_max_pool1d", "conv1d", "rms_norm"}) {
    Network network;
    const LayerId vectors = addTokens(network, true);
    const LayerId layer = add(network, type, "layer", {}, {vectors});
    if (std::string_view(type) != "global_max_pool1d") add(network, "gru", "last", {}, {layer});
    const Status written = write(network, weightsOf(network));
    ASSERT_FALSE(written.ok()) << type;
    EXPECT_EQ(written.error().where, "layer");
    EXPECT_NE(written.error().message.find("Keras ignores"), std::string::npos) << written.error().text();
  }
  Network numbers;
  const LayerId input =
      add(numbers, "input", "input", {{"shape", Integers{6, 2}}, {"varies", std::int64_t{1}}}, {});
  add(numbers, "gru", "last", {}, {input});
  const Status written = write(numbers, weightsOf(numbers));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().where, "input");
}

TEST_F(KerasSequences, RefusesWhatKerasCannotExpress) {
  EXPECT_NE(refusal("lstm", {{"direction", std::string("backward")}, {"output", std::string("all")}})
                .message.find("in reverse order"),
            std::string::npos);
  EXPECT_NE(refusal("attention", {{"heads", std::int64_t{2}}, {"positions", std::string("rotary")}})
                .message.find("rotary"),
            std::string::npos);
  EXPECT_NE(refusal("attention", {{"kv_heads", std::int64_t{2}}}).message.find("shares key heads"),
            std::string::npos);
  for (const char* type : {"positions", "last_step", "slice"}) {
    const Error error = refusal(type, {});
    EXPECT_EQ(error.where, "layer");
    EXPECT_EQ(error.message, "Keras has no equivalent of '" + std::string(type) + "'");
    EXPECT_FALSE(error.hint.empty());
  }
  NetworkBuilder b({6, 4});
  const LayerId sequence = b.last();
  Network network = b.take();
  const LayerId state = add(network, "global_average_pool1d", "state", {}, {sequence});
  add(network, "gru", "layer", {{"units", std::int64_t{4}}}, {sequence, state});
  const Status written = write(network, weightsOf(network));
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message.find("initial states"), std::string::npos);

  NetworkBuilder outputs({6, 4});
  const LayerId lstm = outputs.add("lstm", {{"states", std::int64_t{1}}}, "layer");
  Network several = outputs.take();
  const LayerId joined = *several.add("concat");
  for (const int port : {0, 1, 2}) several.connect(Source(lstm, port), joined).value();
  const Status states = write(several, weightsOf(several));
  ASSERT_FALSE(states.ok());
  EXPECT_NE(states.error().message.find("its last states as outputs"), std::string::npos);
}

TEST_F(KerasSequences, StoresTheVocabulary) {
  Network network;
  const LayerId vectors = addTokens(network, true);
  const LayerId mean = add(network, "global_average_pool1d", "mean", {}, {vectors});
  add(network, "dense", "end", {{"units", std::int64_t{2}}}, {mean});
  Preprocessing data;
  data.fields = {
      {.name = "review",
       .kind = FieldKind::Text,
       .categories = {"<padding>", "<unknown>", "good", "bad", "film"}},
      {.name = "mood", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = {"no", "yes"}}};
  data.fields[0].text.steps = 6;
  for (const bool bare : {false, true}) {
    const ImportedModel model = restored(network, KerasData{data, bare}, {Head{}});
    EXPECT_TRUE(variesInLength(*model.network.findByName("words")));
    auto opened = Hdf5File::open(file());
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->root().texts("vocabulary").value(), data.fields[0].categories);
    EXPECT_EQ(opened->root().text("text_unit").value(), "words");
    EXPECT_EQ(opened->root().text("text_lower_case").value(), "true");
    EXPECT_FALSE(opened->root().hasAttribute("feature_names"));
    const std::string config = configOfFile().dump();
    EXPECT_EQ(config.find("Rescaling"), std::string::npos);
    EXPECT_EQ(config.find("\"Normalization\""), std::string::npos);
  }
}

// Without a vocabulary, a table has the numbers of tokens, and zeros after the end of a sample.
TEST_F(KerasSequences, PredictsFromNumbersOfTokens) {
  Network network;
  const LayerId vectors = addTokens(network, true);
  const LayerId last = add(network, "lstm", "last", {{"units", std::int64_t{3}}}, {vectors});
  add(network, "dense", "end", {{"units", std::int64_t{2}}}, {last});
  ASSERT_TRUE(write(network, weightsOf(network)).ok());
  auto model = importKeras(file());
  ASSERT_TRUE(model.ok()) << model.error().text();
  EXPECT_EQ(model->notes.size(), 1u);
  auto predictor =
      Predictor::open(*std::move(model), *DeviceRegistry::instance().backendFor("cpu").value(), {}, 2);
  ASSERT_TRUE(predictor.ok()) << predictor.error().text();
  std::vector<std::vector<float>> inputs{{1, 2, 0, 4, 0, 0, 3, 3, 3, 3, 3, 3}};
  const std::vector<std::vector<std::int32_t>> lengths{{4, 6}};
  const auto measured = predictor->predict(inputs), given = predictor->predict(inputs, lengths);
  ASSERT_TRUE(measured.ok() && given.ok());
  EXPECT_EQ(*measured, *given);
  for (const float wrong : {5.0f, 1.5f, -1.0f, 1e30f}) {
    inputs[0][7] = wrong;
    const auto refused = predictor->predict(inputs);
    ASSERT_FALSE(refused.ok()) << wrong;
    EXPECT_EQ(refused.error().where, "words");
    EXPECT_EQ(refused.error().hint, "Tokens are whole numbers from 0 to 4");
  }
}

// The file of a program that does not describe its data, with masks as Keras 3 writes them.
TEST_F(KerasSequences, ReadsMasksThatKerasDescribesAsLayers) {
  const auto tensor = [](const char* layer) {
    return Json{
        {"class_name", "__keras_tensor__"},
        {"config", {{"shape", Json::array({nullptr, 6})}, {"keras_history", Json::array({layer, 0, 0})}}}};
  };
  const auto layer = [](const char* type, const char* name, Json config, Json args, Json kwargs) {
    config["name"] = name;
    Json nodes = Json::array();
    if (!args.empty()) nodes.push_back({{"args", std::move(args)}, {"kwargs", std::move(kwargs)}});
    return Json{
        {"class_name", type}, {"name", name}, {"config", std::move(config)}, {"inbound_nodes", nodes}};
  };
  const auto configOf = [&](int compared, const char* origin) {
    Json layers = Json::array();
    for (const char* name : {"a", "b"})
      layers.push_back(
          layer("InputLayer", name, {{"batch_shape", Json::array({nullptr, 6})}}, Json::array(), {}));
    for (const char* name : {"a", "b"})
      layers.push_back(layer("Embedding", name == std::string_view("a") ? "of_a" : "of_b",
                             {{"input_dim", 5}, {"output_dim", 4}, {"mask_zero", true}},
                             Json::array({tensor(name)}), Json::object()));
    layers.push_back(layer("NotEqual", "not_equal", Json::object(), Json::array({tensor(origin), compared}),
                           Json::object()));
    for (const char* name : {"of_a", "of_b"}) {
      Json arguments = Json::object();
      if (name == std::string_view("of_a")) arguments["mask"] = tensor("not_equal");
      layers.push_back(layer("GlobalAveragePooling1D", name == std::string_view("of_a") ? "mean_a" : "mean_b",
                             Json::object(), Json::array({tensor(name)}), std::move(arguments)));
    }
    layers.push_back(layer("Add", "sum", Json::object(),
                           Json::array({Json::array({tensor("mean_a"), tensor("mean_b")})}), Json::object()));
    return Json{{"class_name", "Functional"},
                {"config",
                 {{"name", "m"},
                  {"layers", std::move(layers)},
                  {"input_layers", Json::array({Json::array({"a", 0, 0}), Json::array({"b", 0, 0})})},
                  {"output_layers", Json::array({Json::array({"sum", 0, 0})})}}}};
  };
  const auto model = keras::parseModel(configOf(0, "a").dump());
  ASSERT_TRUE(model.ok()) << model.error().text();
  EXPECT_EQ(model->layers.size(), 7u);  // the mask is none
  EXPECT_EQ(model->layers[4].inputs, std::vector<std::string>{"of_a"});
  const auto other = keras::parseModel(configOf(0, "b").dump());
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().where, "mean_a");
  const auto one = keras::parseModel(configOf(1, "a").dump());
  ASSERT_FALSE(one.ok());
  EXPECT_EQ(one.error().where, "not_equal");
}

}  // namespace
}  // namespace tandem
