// Layers that enlarge images, and layers of sequences.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/data/dataset.h"
#include "core/network/analysis.h"
#include "core/network/project.h"
#include "core/ops/upsample2d.h"
#include "core/runtime/registry.h"
#include "core/train/trainer.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using testing::NetRunner;
using testing::NetworkBuilder;
using testing::syntheticBatch;
using Ints = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

Backend& cpu() {
  return **DeviceRegistry::instance().backendFor("cpu");
}

Attrs filters(std::int64_t count, Attrs more = {}) {
  more.set("filters", count);
  return more;
}

Program lowered(const Network& network) {
  Program program;
  const auto result = lowerNetwork(network, 4, true, 7, program);
  EXPECT_TRUE(result.ok()) << result.error().text();
  return program;
}

std::vector<double> upsampled(const std::vector<double>& row, std::int64_t scale, const char* interpolation) {
  const Attrs attrs{{"size", Ints{1, scale}}, {"interpolation", std::string(interpolation)}};
  const auto width = static_cast<std::int64_t>(row.size());
  const std::array inputs{RefTensor{{DType::F32, Shape{1, 1, width, 1}}, row}};
  std::array outputs{RefTensor{{DType::F32, Shape{1, 1, width * scale, 1}},
                               std::vector<double>(row.size() * static_cast<std::size_t>(scale))}};
  ops::upsample2d.reference(attrs, inputs, outputs);
  return outputs[0].data;
}

TEST(Resample, BilinearPixelsHaveHalfPixelCenters) {
  EXPECT_EQ(upsampled({0, 4}, 2, "nearest"), (std::vector<double>{0, 0, 4, 4}));
  EXPECT_EQ(upsampled({0, 4}, 2, "bilinear"), (std::vector<double>{0, 1, 3, 4}));
  EXPECT_EQ(upsampled({0, 8}, 4, "bilinear"), (std::vector<double>{0, 0, 1, 3, 5, 7, 8, 8}));
  const std::vector<double> odd = upsampled({0, 3, 9}, 3, "bilinear");
  const std::vector<double> expected{0, 0, 1, 2, 3, 5, 7, 9, 9};
  ASSERT_EQ(odd.size(), expected.size());
  for (std::size_t i = 0; i < odd.size(); ++i) EXPECT_NEAR(odd[i], expected[i], 1e-12) << i;
  EXPECT_EQ(upsampled({5}, 3, "bilinear"), (std::vector<double>{5, 5, 5}));
}

TEST(Resample, ReadersOfAPixelAreThoseThatTapIt) {
  for (const bool bilinear : {false, true})
    for (const int in : {1, 2, 5})
      for (const int scale : {1, 2, 3, 4, 7}) {
        const ops::UpsampleAxis<int> axis{in, scale, bilinear};
        for (int i = 0; i < in; ++i)
          for (int o = 0; o < axis.out(); ++o) {
            const auto taps = axis.taps(o);
            const bool reads = taps.first == i || taps.second == i;
            EXPECT_EQ(reads, o >= axis.firstReader(i) && o < axis.lastReader(i))
                << bilinear << " " << in << " x " << scale << ": " << o << " of " << i;
          }
      }
}

TEST(Resample, ATransposedConvolutionHasTheKernelOfTheConvolutionItReverses) {
  NetworkBuilder b({5, 6, 3});
  b.add("conv2d_transpose", filters(4, {{"kernel", Ints{3, 2}}, {"activation", std::string("relu")}}), "up");
  const Program p = lowered(b.take());
  Names names;
  for (const Node& node : p.nodes) names.emplace_back(node.op->name);
  EXPECT_EQ(names, (Names{"conv2d_dgrad", "bias_add", "activation"}));
  ASSERT_EQ(p.parameters.size(), 2u);
  EXPECT_EQ(p.parameters[0].shape, (Shape{3, 3, 2, 4}));
  EXPECT_EQ(p.parameters[0].fanIn, 24);
  EXPECT_EQ(p.parameters[0].fanOut, 18);
  EXPECT_EQ(p.parameters[1].shape, (Shape{4}));
}

TEST(Resample, CausalConvolutionsPadBeforeTheFirstStep) {
  NetworkBuilder b({9, 3});
  b.add("conv1d", filters(4, {{"padding", std::string("causal")}, {"dilation", std::int64_t{2}}}), "it");
  const Program p = lowered(b.take());
  const auto conv = std::ranges::find_if(p.nodes, [](const Node& n) { return n.op->name == "conv2d"; });
  ASSERT_NE(conv, p.nodes.end());
  EXPECT_EQ(conv->attrs.integers("pads", {}), (Ints{0, 0, 4, 0}));
  EXPECT_EQ(p.type(conv->outputs[0]).shape, (Shape{4, 1, 9, 4}));
  EXPECT_EQ(p.parameters[0].shape, (Shape{4, 1, 3, 3}));
}

DatasetInfo numbers(Shape sample, std::int64_t outputs) {
  DatasetInfo data;
  data.name = "numbers";
  data.inputs[0].sample = sample;
  data.targets[0].sample = {outputs};
  return data;
}

// One of each, trained to predict noise, which it can learn by heart.
Network everyLayer() {
  NetworkBuilder b({24});
  const LayerId table = b.last();
  b.add("reshape", {{"shape", Ints{2, 3, 4}}});
  b.add("conv2d_transpose", filters(4, {{"activation", std::string("tanh")}}));
  b.add("upsampling2d", {{"size", Ints{2, 1}}, {"interpolation", std::string("bilinear")}});
  b.add("upsampling2d", {{"size", Ints{1, 2}}});
  b.add("conv2d_transpose", filters(3, {{"padding", std::string("valid")}, {"stride", Ints{1, 3}}}));
  const LayerId image = b.add("global_average_pool2d");
  b.addTo(table, "reshape", {{"shape", Ints{12, 2}}});
  b.add("conv1d", filters(6, {{"padding", std::string("causal")}, {"activation", std::string("tanh")}}));
  b.add("average_pool1d");
  b.add("conv1d", filters(5, {{"padding", std::string("same")}, {"stride", std::int64_t{2}}}));
  const LayerId steps = b.add("max_pool1d", {{"padding", std::string("same")}});
  const LayerId largest = b.add("global_max_pool1d");
  const LayerId mean = b.addTo(steps, "global_average_pool1d");
  b.join("concat", image, b.join("concat", largest, mean));
  b.add("dense", {{"units", std::int64_t{2}}});
  return b.take();
}

class ResamplePrecision : public ::testing::TestWithParam<Precision> {};

TEST_P(ResamplePrecision, EveryLayerLearns) {
  const DatasetInfo data = numbers({24}, 2);
  TrainingConfig training;
  training.batch = 8;
  training.device.threads = 1;
  training.device.precision = GetParam();
  training.heads[0].loss = "mse";
  training.optimizer = {"adam", {{"learning_rate", 0.01}}};
  auto net = NetRunner::open(everyLayer(), training, data);
  ASSERT_TRUE(net.ok()) << net.error().text();
  const auto batch = syntheticBatch(data, 8, 3);
  float first = 0, last = 0;
  for (int step = 0; step < 300; ++step) {
    const auto report = net->run(Phase::Train, batch.features.data(), batch.labels());
    ASSERT_TRUE(report.ok()) << report.error().text();
    last = report->values[0];
    if (step == 0) first = last;
  }
  EXPECT_LT(last, 0.5f * first);
  if (GetParam() == Precision::Fp32) return;
  int transposed = 0;
  const Program& p = net->plan().train.program;
  for (const Node& node : p.nodes) {
    if (node.op->name != "conv2d_dgrad" || node.part != Part::Forward) continue;
    ++transposed;
    EXPECT_TRUE(isHalf(p.type(node.inputs[0]).dtype) && isHalf(p.type(node.inputs[1]).dtype)) << p.dump();
  }
  EXPECT_EQ(transposed, 2);
}

INSTANTIATE_TEST_SUITE_P(Precisions, ResamplePrecision,
                         ::testing::Values(Precision::Fp32, Precision::Bf16, Precision::Fp16),
                         [](const auto& each) { return std::string(nameOf(each.param)); });

// A small U-Net: an encoder, a decoder that enlarges its result, and the encoder's image beside that.
Network unet(bool transposed) {
  const Attrs same{{"padding", std::string("same")}, {"activation", std::string("relu")}};
  NetworkBuilder b({16, 16, 1});
  const LayerId skip = b.add("conv2d", filters(8, same), "encode");
  b.add("max_pool2d");
  b.add("conv2d", filters(16, same), "bottom");
  const LayerId up =
      transposed ? b.add("conv2d_transpose",
                         filters(8, {{"kernel", Ints{2, 2}}, {"activation", std::string("relu")}}), "up")
                 : b.add("upsampling2d", {{"interpolation", std::string("bilinear")}}, "up");
  b.join("concat", up, skip);
  b.add("conv2d", filters(8, same), "decode");
  b.add("conv2d", filters(2, {{"kernel", Ints{1, 1}}}), "mask");
  return b.take();
}

double lossOfMasks(bool transposed, std::int64_t epochs) {
  Project project;
  project.network = unet(transposed);
  project.data.kind = DataKind::Generated;
  project.data.generator = "shapes";
  project.data.count = 200;
  project.data.imageHeight = project.data.imageWidth = 16;
  project.training.heads = {{.output = "mask", .targets = {"mask"}, .loss = "softmax_cross_entropy"}};
  project.training.optimizer = {"adam", {{"learning_rate", 0.01}}};
  project.training.batch = 16;
  project.training.epochs = epochs;
  project.training.monitor = "loss";
  project.training.device.threads = 1;
  const auto data = loadDataset(trainingData(project));
  EXPECT_TRUE(data.ok()) << data.error().text();
  if (!data.ok()) return std::nan("");
  const TemporaryFolder folder;
  auto trainer =
      Trainer::create({.project = project, .data = *data, .backend = &cpu(), .folder = folder / "run"});
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return std::nan("");
  (*trainer)->start();
  const TrainResult result = (*trainer)->join();
  EXPECT_FALSE(result.error) << result.error->text();
  if (result.error) return std::nan("");
  const ReportSlot* loss = findSlot(result.slots, "loss");
  return static_cast<double>(result.test.at(static_cast<std::size_t>(loss->slot)));
}

TEST(Resample, AUNetLearnsMasks) {
  for (const bool transposed : {true, false}) {
    const double early = lossOfMasks(transposed, 1), late = lossOfMasks(transposed, 8);
    EXPECT_LT(late, 0.7 * early) << (transposed ? "transposed convolution" : "upsampling");
  }
}

}  // namespace
}  // namespace tandem
