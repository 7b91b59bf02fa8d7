#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/io/keras/input_scaling.h"
#include "tests/support/workloads.h"
#include "tests/unit/keras_fixture.h"

namespace tandem {
namespace {

using tandem::testing::NetworkBuilder;
using Integers = std::vector<std::int64_t>;

// A network of one convolution with the properties under test.
Network convolution(Attrs properties) {
  NetworkBuilder b({9, 8, 4});
  b.add("conv2d", std::move(properties), "conv");
  b.add("flatten");
  b.add("dense", {{"units", std::int64_t{3}}}, "dense");
  return b.take();
}

bool operator==(const ImportedModel::Weight& a, const ImportedModel::Weight& b) {
  return a.name == b.name && a.shape == b.shape && a.values == b.values;
}

TEST_F(KerasTest, RestoresTheNetworkAndWeights) {
  NetworkBuilder b({9, 8, 4});
  const LayerId input = b.last();
  b.add("conv2d",
        {{"filters", std::int64_t{6}},
         {"kernel", Integers{2, 3}},
         {"stride", Integers{2, 1}},
         {"padding", std::string("explicit")},
         {"pads", Integers{1, 0, 2, 1}},
         {"groups", std::int64_t{2}},
         {"activation", std::string("silu")},
         {"initializer", std::string("he_normal")}},
        "conv");
  b.add("batch_norm", {{"epsilon", 0.01}, {"momentum", 0.9}}, "norm");
  b.add("activation", {{"function", std::string("elu")}, {"alpha", 0.5}}, "elu");
  const LayerId left = b.add("global_average_pool2d");
  b.addTo(input, "conv2d", {{"filters", std::int64_t{8}}, {"groups", std::int64_t{4}}}, "depthwise");
  b.add("activation", {{"function", std::string("leaky_relu")}, {"slope", 0.125}}, "leaky");
  b.add("max_pool2d", {{"padding", std::string("same")}});
  b.add("dropout", {{"rate", 0.25}});
  b.add("flatten");
  const LayerId right = b.add("dense", {{"units", std::int64_t{5}}, {"use_bias", std::int64_t{0}}}, "dense");
  b.join("concat", left, right);
  const Network network = b.take();
  const auto weights = weightsOf(network);
  const Status written = write(network, weights);
  ASSERT_TRUE(written.ok()) << written.error().text();

  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->samples, std::vector<Shape>{(Shape{9, 8, 4})});
  expectSame(read->network, network);
  ASSERT_EQ(read->weights.size(), weights.size());
  for (const auto& weight : weights)
    EXPECT_TRUE(std::ranges::any_of(read->weights, [&](const auto& other) { return other == weight; }))
        << weight.name;
}

TEST_F(KerasTest, UsesTheKernelLayoutOfKeras) {
  const Network network = convolution({{"filters", std::int64_t{5}}, {"kernel", Integers{2, 3}}});
  const auto weights = weightsOf(network);
  ASSERT_TRUE(write(network, weights).ok());
  auto opened = Hdf5File::open(file());
  ASSERT_TRUE(opened.ok());
  const auto kernel = opened->root().read<float>("model_weights/conv/conv/kernel:0");
  ASSERT_TRUE(kernel.ok()) << kernel.error().text();
  ASSERT_EQ(kernel->shape, (Shape{2, 3, 4, 5}));
  const auto& ours = weights[0];
  ASSERT_EQ(ours.shape, (Shape{5, 2, 3, 4}));
  const auto at = [](const auto& array, std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
    const auto size = [&](int axis) { return static_cast<std::size_t>(array.shape[axis]); };
    return array.values[((a * size(1) + b) * size(2) + c) * size(3) + d];
  };
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t w = 0; w < 3; ++w)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t o = 0; o < 5; ++o) EXPECT_EQ(at(*kernel, h, w, i, o), at(ours, o, h, w, i));
}

// Keras: (height, width, filters, channels).
TEST_F(KerasTest, TurnsTheKernelOfATransposedConvolution) {
  NetworkBuilder b({9, 8, 4});
  b.add("conv2d_transpose", {{"filters", std::int64_t{5}}, {"kernel", Integers{2, 3}}}, "conv");
  b.add("flatten");
  const Network network = b.take();
  const auto weights = weightsOf(network);
  ASSERT_TRUE(write(network, weights).ok());
  const auto kernel =
      Hdf5File::open(file()).value().root().read<float>("model_weights/conv/conv/kernel:0").value();
  ASSERT_EQ(kernel.shape, (Shape{2, 3, 5, 4}));
  const auto& ours = weights[0];
  ASSERT_EQ(ours.shape, (Shape{4, 2, 3, 5}));
  for (std::size_t at = 0; at < 2 * 3 * 5; ++at)
    for (std::size_t channel = 0; channel < 4; ++channel)
      EXPECT_EQ(kernel.values[at * 4 + channel], ours.values[channel * 30 + at]);
}

TEST_F(KerasTest, RestoresResamplingAndSequences) {
  NetworkBuilder b({24});
  const LayerId table = b.last();
  b.add("reshape", {{"shape", Integers{2, 3, 4}}});
  b.add("conv2d_transpose",
        {{"filters", std::int64_t{3}},
         {"kernel", Integers{2, 5}},
         {"stride", Integers{3, 2}},
         {"padding", std::string("valid")},
         {"activation", std::string("silu")},
         {"l2", 0.25}},
        "larger");
  b.add("upsampling2d", {{"size", Integers{1, 3}}, {"interpolation", std::string("bilinear")}});
  const LayerId image = b.add("global_max_pool2d");
  b.addTo(table, "reshape", {{"shape", Integers{12, 2}}});
  b.add("conv1d",
        {{"filters", std::int64_t{6}},
         {"kernel", std::int64_t{2}},
         {"dilation", std::int64_t{3}},
         {"padding", std::string("causal")},
         {"use_bias", std::int64_t{0}}},
        "causal");
  b.add("max_pool1d", {{"window", std::int64_t{3}}});
  b.add("average_pool1d", {{"padding", std::string("same")}});
  const LayerId steps = b.last(), largest = b.add("global_max_pool1d");
  const LayerId mean = b.addTo(steps, "global_average_pool1d");
  const LayerId both = b.join("concat", largest, mean);
  b.join("concat", image, both);
  const Network network = b.take();
  const auto weights = weightsOf(network);
  const Status written = write(network, weights);
  ASSERT_TRUE(written.ok()) << written.error().text();
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  expectSame(read->network, network);
  for (const auto& weight : weights)
    EXPECT_TRUE(std::ranges::any_of(read->weights, [&](const auto& other) { return other == weight; }))
        << weight.name;
}

// A transposed convolution does not preserve signs, an upsampling does.
TEST_F(KerasTest, PadsOfPoolingNeedNonNegativeValues) {
  for (const bool relu : {true, false})
    for (const char* type : {"conv2d_transpose", "upsampling2d"}) {
      NetworkBuilder b({5, 5, 2});
      const bool transposed = std::string_view(type) == "conv2d_transpose";
      b.add("activation", {{"function", std::string(transposed || relu ? "relu" : "tanh")}});
      b.add(type, transposed ? Attrs{{"activation", std::string(relu ? "relu" : "none")}} : Attrs{});
      b.add(
          "max_pool2d",
          {{"window", Integers{3, 3}}, {"padding", std::string("explicit")}, {"pads", Integers{2, 2, 2, 2}}},
          "pool");
      b.add("flatten");
      const Network network = b.take();
      EXPECT_EQ(write(network, weightsOf(network)).ok(), relu) << type;
    }
}

TEST_F(KerasTest, ReadsLayersThatKerasSplits) {
  // leaky_relu within a layer is a separate layer in Keras, so it is imported as one.
  const Network network = convolution({{"activation", std::string("leaky_relu")}});
  ASSERT_TRUE(write(network, weightsOf(network)).ok());
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  const Layer* leaky = read->network.findByName("conv_leaky_relu");
  ASSERT_TRUE(leaky);
  EXPECT_EQ(leaky->type, "activation");
  EXPECT_EQ(numberOf(findLayer("activation")->properties, leaky->properties, "slope"), 0.01);
}

TEST_F(KerasTest, WritesFunctionsThatKeras2LacksSoThatKeras3ReadsThem) {
  const auto versionAfter = [&](const char* function) {
    const Network network = convolution({{"activation", std::string(function)}});
    EXPECT_TRUE(write(network, weightsOf(network)).ok());
    return Hdf5File::open(file())->root().text("keras_version").value();
  };
  EXPECT_EQ(versionAfter("relu"), "2.15.0");
  for (const char* function : {"hard_sigmoid", "hard_swish"}) {
    EXPECT_EQ(versionAfter(function), "3.0.0");
    const auto read = importKeras(file());
    ASSERT_TRUE(read.ok()) << read.error().text();
    EXPECT_EQ(read->network.findByName("conv")->properties.text("activation", ""), function);
  }
  EXPECT_EQ(versionAfter("relu6"), "2.15.0");  // as a layer, which Keras 2 has
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  ASSERT_TRUE(read->network.findByName("conv_relu6"));
  EXPECT_EQ(read->network.findByName("conv_relu6")->properties.text("function", ""), "relu6");
}

TEST_F(KerasTest, ReportsWhatKerasCannotExpress) {
  const Network dilated = convolution({{"stride", Integers{2, 2}}, {"dilation", Integers{2, 2}}});
  const Status status = write(dilated, weightsOf(dilated));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().where, "conv");
  EXPECT_NE(status.error().message.find("stride and dilation"), std::string::npos);

  NetworkBuilder sequence({9, 2});
  sequence.add("conv1d", {{"stride", std::int64_t{2}}, {"dilation", std::int64_t{2}}}, "steps");
  sequence.add("flatten");
  const Network steps = sequence.take();
  const Status strided = write(steps, weightsOf(steps));
  ASSERT_FALSE(strided.ok());
  EXPECT_EQ(strided.error().where, "steps");

  for (const char* type : {"average_pool2d", "max_pool2d"}) {
    NetworkBuilder b({9, 9, 2});
    b.add(type,
          {{"window", Integers{3, 3}}, {"padding", std::string("explicit")}, {"pads", Integers{2, 2, 2, 2}}},
          "pool");
    b.add("flatten");
    const Network network = b.take();
    const Status pooled = write(network, {});
    ASSERT_FALSE(pooled.ok()) << type;
    EXPECT_EQ(pooled.error().where, "pool");
  }
  // Zeros around values that are at least zero do not change their maximum; a difference may be less.
  for (const auto& [type, possible] : {std::pair{"maximum", true}, {"multiply", true}, {"subtract", false}}) {
    NetworkBuilder b({9, 9, 2});
    const LayerId left = b.add("activation");
    const LayerId right = b.add("activation", {{"function", std::string("sigmoid")}});
    b.join(type, left, right);
    b.add("max_pool2d",
          {{"window", Integers{3, 3}}, {"padding", std::string("explicit")}, {"pads", Integers{2, 1, 0, 1}}},
          "pool");
    b.add("flatten");
    const Network network = b.take();
    EXPECT_EQ(write(network, {}).ok(), possible) << type;
    std::filesystem::remove(file());
  }
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(KerasTest, RestoresMerges) {
  NetworkBuilder b({6, 5, 4});
  const LayerId image = b.last();
  LayerId last = b.conv(4, 1);
  b.add("global_average_pool2d");
  const LayerId gate = b.add("dense", {{"units", std::int64_t{4}}});
  for (const char* type : {"multiply", "average", "maximum", "minimum", "add"})
    last = b.join(type, last, gate);
  b.join("subtract", image, last);
  b.add("flatten");
  const Network network = b.take();
  const Status written = write(network, weightsOf(network));
  ASSERT_TRUE(written.ok()) << written.error().text();
  const auto read = importKeras(file());
  ASSERT_TRUE(read.ok()) << read.error().text();
  expectSame(read->network, network);  // also in the order of inputs, which matters to a difference
}

TEST_F(KerasTest, RejectsWeightsOfTheWrongShape) {
  const Network network = convolution({});
  auto weights = weightsOf(network);
  weights[0].shape = Shape{4, 3, 3, 32};
  const Status misfit = write(network, weights);
  ASSERT_FALSE(misfit.ok());
  EXPECT_EQ(misfit.error().where, "conv/kernel");
  weights.erase(weights.begin());
  const Status missing = write(network, weights);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().where, "conv/kernel");
}

// A file with this description and no weights.
Status writeConfig(const std::filesystem::path& file, std::string_view config) {
  TANDEM_ASSIGN(Hdf5File out, Hdf5File::create(file));
  TANDEM_TRY(out.root().setText("model_config", config));
  return out.commit();
}

TEST_F(KerasTest, RejectsInvalidDescriptions) {
  const std::string input = R"({"class_name":"InputLayer","config":{"name":"in","batch_shape":[null,4]},)"
                            R"("name":"in","inbound_nodes":[]})";
  const auto functional = [&](const std::string& layers, const std::string& output) {
    return R"({"class_name":"Functional","config":{"name":"m","layers":[)" + input + "," + layers +
           R"(],"input_layers":[["in",0,0]],"output_layers":[[")" + output + R"(",0,0]]}})";
  };
  const auto pad = [](const std::string& name, const std::string& from) {
    return R"({"class_name":"ZeroPadding2D","config":{"name":")" + name + R"("},"name":")" + name +
           R"(","inbound_nodes":[[[")" + from + R"(",0,0,{}]]]})";
  };
  const auto flatten = [](const std::string& name, const std::string& from) {
    return R"({"class_name":"Flatten","config":{"name":")" + name + R"("},"name":")" + name +
           R"(","inbound_nodes":[[[")" + from + R"(",0,0,{}]]]})";
  };
  const std::vector<std::string> configs = {
      "",
      "{",
      "[]",
      "null",
      R"({"class_name":"Functional"})",
      R"({"class_name":"Sequential","config":{"layers":[]}})",
      R"({"class_name":"Sequential","config":{"layers":[7]}})",
      R"({"class_name":"Sequential","config":{"layers":[{"class_name":"Flatten","config":{"name":"f"}}]}})",
      R"({"class_name":"Sequential","config":{"layers":[{"class_name":"Dense","config":{"name":"d","units":"many"}}]}})",
      functional(flatten("a", "missing"), "a"),
      functional(flatten("a", "a"), "a"),
      functional(flatten("a", "b") + "," + flatten("b", "a"), "b"),
      functional(pad("a", "b") + "," + pad("b", "a"), "b"),
      functional(pad("a", "in"), "a"),
      functional(flatten("in", "in"), "in"),
      functional(flatten("a", "in"), "elsewhere"),
      functional(flatten("a", "in") + "," + flatten("b", "a"), "a"),
      functional(R"({"class_name":"Add","config":{"name":"a"},"name":"a","inbound_nodes":[{"args":[{}]}]})",
                 "a"),
      functional(R"({"class_name":"Add","config":{"name":"a"},"name":"a","inbound_nodes":[[5]]})", "a"),
      functional(R"({"class_name":"Add","config":{"name":"a"},"name":"a","inbound_nodes":7})", "a"),
  };
  for (const std::string& config : configs) {
    ASSERT_TRUE(writeConfig(file(), config).ok());
    const auto read = importKeras(file());
    ASSERT_FALSE(read.ok()) << config;
    EXPECT_TRUE(read.error().where.starts_with(file().string())) << read.error().text();
  }
  // The valid variant of them.
  ASSERT_TRUE(writeConfig(file(), functional(flatten("a", "in"), "a")).ok());
  const auto read = importKeras(file());
  EXPECT_TRUE(read.ok()) << read.error().text();
}

TEST_F(KerasTest, MeansAreExactWhereFloat32IsNot) {
  NetworkBuilder b({3});
  b.add("dense", {{"units", std::int64_t{1}}}, "dense");
  const Network network = b.take();
  Preprocessing data = unnamedFields({3}, {});
  const auto configOf = [&](const std::vector<double>& mean, const std::vector<double>& scale) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      data.fields[i].mean = {mean[i]};
      data.fields[i].scale = {scale[i]};
    }
    const Status written = write(network, weightsOf(network), KerasData{data});
    EXPECT_TRUE(written.ok()) << written.error().text();
    const auto read = importKeras(file());
    EXPECT_TRUE(read.ok()) << read.error().text();
    EXPECT_EQ(read->preprocessing, data);
    return Hdf5File::open(file())->root().text("model_config").value();
  };
  EXPECT_EQ(configOf({20.3, 0.1, -5}, {0.5, 10, 1}).find("Rescaling"), std::string::npos);
  const std::vector<double> mean = {2019.473, 0.1, -1'700'000'099.75}, scale = {2, 10, 0.015};
  const auto model = keras::parseModel(configOf(mean, scale));
  ASSERT_TRUE(model.ok()) << model.error().text();
  const auto& rescaling = model->layers.at(1);
  ASSERT_EQ(rescaling.className, "Rescaling");
  EXPECT_EQ(rescaling.config["scale"], 1.0);
  EXPECT_EQ(rescaling.config["offset"],
            Json::array({-static_cast<double>(2019.473f), 0.0, static_cast<double>(1'700'000'099.75f)}));
  const auto scalings = keras::inputScalings(*model, std::vector<Shape>{{3}});
  ASSERT_TRUE(scalings.ok()) << scalings.error().text();
  const keras::InputScaling& together = scalings->at(0);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    EXPECT_NEAR(together.factor[i] / scale[i], 1, 1e-14);
    EXPECT_NEAR(-together.offset[i] / together.factor[i] / mean[i], 1, 1e-14);
  }
}

TEST_F(KerasTest, NotesNameColumnsThatFloat32DoesNotHold) {
  Preprocessing data = unnamedFields({2}, {});
  data.fields[0] = {.name = "year", .mean = {2019.5}, .scale = {2}};
  data.fields[1] = {.name = "t", .mean = {1'700'000'099.75}, .scale = {1 / 58.0}};
  Field& target = data.fields.back();
  target.mean = {2e5};
  target.scale = {0.01};
  EXPECT_EQ(exportNotes(data), std::vector<std::string>{});
  data.fields[1].exceedsFloat32 = true;
  EXPECT_EQ(
      exportNotes(data),
      std::vector<std::string>{
          "Keras reads inputs as float32, which distinguishes values of 't' near 1700000100 only in steps of 128; "
          "its answers differ from those of `tandem infer`, which reads them in double precision"});
  data.fields[1].exceedsFloat32 = false;
  target.mean = {2457000.5};
  target.scale = {1};
  EXPECT_EQ(
      exportNotes(data),
      std::vector<std::string>{
          "Keras returns answers as float32, which distinguishes values of 'target' near 2457000.5 only in steps of "
          "0.25; `tandem infer` computes them in double precision"});
}

TEST_F(KerasTest, LevelsWithoutARescalingAreNoted) {
  const Network network = convolution({});
  const auto notes = [&](const std::optional<KerasData>& data) {
    const Status written = write(network, weightsOf(network), data);
    EXPECT_TRUE(written.ok()) << written.error().text();
    return importKeras(file())->notes;
  };
  const auto without = notes(std::nullopt);
  ASSERT_EQ(without.size(), 1u);
  EXPECT_TRUE(
      without[0].starts_with("The model contains no Rescaling layer, so image levels are divided by 255"))
      << without[0];
  // Tandem's own exports describe their data.
  const Preprocessing data = unnamedFields({9, 8, 4}, {"a", "b", "c"});
  EXPECT_TRUE(notes(KerasData{data}).empty());
  EXPECT_TRUE(notes(KerasData{data, true}).empty());
}

TEST_F(KerasTest, RejectsTruncatedOrMissingFiles) {
  const Network network = convolution({});
  ASSERT_TRUE(write(network, weightsOf(network)).ok());
  std::ifstream in(file(), std::ios::binary);
  const std::string whole(std::istreambuf_iterator<char>(in), {});
  const std::filesystem::path cut = folder_ / "cut.h5";
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 40) {
    std::ofstream(cut, std::ios::binary).write(whole.data(), static_cast<std::streamsize>(size));
    EXPECT_FALSE(importKeras(cut).ok()) << size << " of " << whole.size() << " bytes";
  }
  EXPECT_EQ(importKeras(folder_ / "none.h5").error().code, ErrorCode::NotFound);
  EXPECT_FALSE(importKeras(folder_.path()).ok());
}

}  // namespace
}  // namespace tandem
