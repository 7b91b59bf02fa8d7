#include "tests/support/workloads.h"

#include <array>

namespace tandem::testing {

NetworkBuilder::NetworkBuilder(Shape sample) {
  last_ = *network_.add("input", "input",
                        {{"shape", std::vector<std::int64_t>(sample.dims().begin(), sample.dims().end())}});
}

LayerId NetworkBuilder::addTo(LayerId input, std::string_view type, Attrs properties, std::string name) {
  const LayerId id = *network_.add(type, std::move(name), std::move(properties));
  network_.connect(input, id).value();
  return last_ = id;
}

LayerId NetworkBuilder::add(std::string_view type, Attrs properties, std::string name) {
  return addTo(last_, type, std::move(properties), std::move(name));
}

LayerId NetworkBuilder::join(std::string_view type, LayerId a, LayerId b) {
  const LayerId id = addTo(a, type);
  network_.connect(b, id).value();
  return id;
}

LayerId NetworkBuilder::conv(std::int64_t filters, std::int64_t kernel, std::int64_t stride, bool bias,
                             std::string_view activation, std::int64_t groups) {
  return add("conv2d", {{"filters", filters},
                        {"kernel", std::vector<std::int64_t>{kernel, kernel}},
                        {"stride", std::vector<std::int64_t>{stride, stride}},
                        {"padding", std::string("same")},
                        {"use_bias", std::int64_t{bias}},
                        {"groups", groups},
                        {"activation", std::string(activation)}});
}

namespace {

Attrs dense(std::int64_t units, std::string activation = "none") {
  return {{"units", units}, {"activation", std::move(activation)}};
}

Attrs kind(std::string name) {
  return {{"function", std::move(name)}};
}

DatasetInfo classesOf(Shape sample, int classes) {
  DatasetInfo info;
  info.name = "synthetic data";
  info.inputs[0].sample = sample;
  info.targets[0].classes = classes;
  for (int i = 0; i < classes; ++i) info.targets[0].classNames.push_back(std::to_string(i));
  return info;
}

Network tiny() {
  NetworkBuilder b({2});
  b.add("dense", dense(16, "relu"));
  b.add("dense", dense(16, "relu"));
  b.add("dense", dense(2));
  return b.take();
}

Network mlp() {
  NetworkBuilder b({784});
  b.add("dense", dense(512, "relu"));
  b.add("dense", dense(256, "relu"));
  b.add("dense", dense(10));
  return b.take();
}

Network lenet() {
  NetworkBuilder b({28, 28, 1});
  b.conv(32, 3, 1, true, "relu");
  b.conv(64, 3, 1, true, "relu");
  b.add("max_pool2d");
  b.add("flatten");
  b.add("dense", dense(128, "relu"));
  b.add("dense", dense(10));
  return b.take();
}

void convNormRelu(NetworkBuilder& b, std::int64_t filters, std::int64_t kernel, std::int64_t stride = 1,
                  std::int64_t groups = 1) {
  b.conv(filters, kernel, stride, false, "none", groups);
  b.add("batch_norm");
  b.add("activation", kind("relu"));
}

Network vgg() {
  NetworkBuilder b({32, 32, 3});
  for (const std::int64_t filters : {64, 128, 256}) {
    convNormRelu(b, filters, 3);
    convNormRelu(b, filters, 3);
    b.add("max_pool2d");
  }
  b.add("flatten");
  b.add("dense", dense(10));
  return b.take();
}

void residualBlock(NetworkBuilder& b, std::int64_t filters, std::int64_t stride, bool project) {
  const LayerId entry = b.last();
  convNormRelu(b, filters, 3, stride);
  b.conv(filters, 3, 1, false);
  const LayerId main = b.add("batch_norm");
  LayerId shortcut = entry;
  if (project) {
    const Attrs one{{"filters", filters},
                    {"kernel", std::vector<std::int64_t>{1, 1}},
                    {"stride", std::vector<std::int64_t>{stride, stride}},
                    {"use_bias", std::int64_t{0}}};
    b.addTo(entry, "conv2d", one);
    shortcut = b.add("batch_norm");
  }
  b.join("add", main, shortcut);
  b.add("activation", kind("relu"));
}

Network resnet20() {
  NetworkBuilder b({32, 32, 3});
  convNormRelu(b, 16, 3);
  for (const std::int64_t filters : {16, 32, 64})
    for (int block = 0; block < 3; ++block)
      residualBlock(b, filters, filters > 16 && block == 0 ? 2 : 1, filters > 16 && block == 0);
  b.add("global_average_pool2d");
  b.add("dense", dense(10));
  return b.take();
}

Network mobile() {
  NetworkBuilder b({32, 32, 64});
  for (std::int64_t channels : {64, 128, 128}) {
    convNormRelu(b, channels, 3, 1, channels);
    convNormRelu(b, 128, 1);
  }
  b.add("global_average_pool2d");
  b.add("dense", dense(10));
  return b.take();
}

// As PyTorch's TransformerEncoderLayer by default: the norms come after the sums.
void encoderBlock(NetworkBuilder& b, std::int64_t units, std::int64_t inner) {
  const LayerId entry = b.last();
  const LayerId seen = b.add("attention", {{"heads", std::int64_t{4}}});
  b.join("add", entry, seen);
  const LayerId middle = b.add("layer_norm", {{"epsilon", 1e-5}});
  b.add("dense", dense(inner, "relu"));
  const LayerId end = b.add("dense", dense(units));
  b.join("add", middle, end);
  b.add("layer_norm", {{"epsilon", 1e-5}});
}

Network transformer() {
  NetworkBuilder b({64, 128});
  for (int block = 0; block < 2; ++block) encoderBlock(b, 128, 512);
  b.add("global_average_pool1d");
  b.add("dense", dense(10));
  return b.take();
}

// Symmetric padding as in other frameworks, independent of the stride.
Attrs padded(std::string_view window, std::int64_t size, std::int64_t stride) {
  const std::int64_t pad = size / 2;
  return {{std::string(window), std::vector<std::int64_t>{size, size}},
          {"stride", std::vector<std::int64_t>{stride, stride}},
          {"padding", std::string("explicit")},
          {"pads", std::vector<std::int64_t>{pad, pad, pad, pad}}};
}

LayerId convNorm(NetworkBuilder& b, LayerId input, std::int64_t filters, std::int64_t kernel,
                 std::int64_t stride = 1) {
  Attrs attrs = padded("kernel", kernel, stride);
  attrs.set("filters", filters);
  attrs.set("use_bias", std::int64_t{0});
  b.addTo(input, "conv2d", attrs);
  return b.add("batch_norm");
}

void bottleneck(NetworkBuilder& b, std::int64_t width, std::int64_t stride, bool project) {
  const LayerId entry = b.last();
  convNorm(b, entry, width, 1);
  b.add("activation", kind("relu"));
  convNorm(b, b.last(), width, 3, stride);
  b.add("activation", kind("relu"));
  const LayerId main = convNorm(b, b.last(), 4 * width, 1);
  b.join("add", main, project ? convNorm(b, entry, 4 * width, 1, stride) : entry);
  b.add("activation", kind("relu"));
}

// A sequence of 64 steps with 64 features; type: "lstm" or "gru".
Network recurrent(std::string_view type) {
  NetworkBuilder b({64, 64});
  b.add(type, {{"units", std::int64_t{256}}});
  b.add("dense", dense(10));
  return b.take();
}

// So wide that everything but the matrix products is negligible; as many classes as units.
Network wide() {
  NetworkBuilder b({8192});
  b.add("dense", dense(8192, "relu"));
  b.add("dense", dense(8192, "relu"));
  b.add("dense", dense(8192));
  return b.take();
}

Network resnet50() {
  return bottleneckNetwork({224, 224, 3}, std::array{3, 4, 6, 3}, 64, 1000);
}

}  // namespace

Network bottleneckNetwork(Shape sample, std::span<const int> blocks, std::int64_t width,
                          std::int64_t classes) {
  NetworkBuilder b(sample);
  convNorm(b, b.last(), width, 7, 2);
  b.add("activation", kind("relu"));
  b.add("max_pool2d", padded("window", 3, 2));
  for (std::size_t stage = 0; stage < blocks.size(); ++stage)
    for (int block = 0; block < blocks[stage]; ++block)
      bottleneck(b, width << stage, stage > 0 && block == 0 ? 2 : 1, block == 0);
  b.add("global_average_pool2d");
  b.add("dense", dense(classes));
  return b.take();
}

std::vector<std::string> workloadNames() {
  return {"tiny", "mlp", "lenet",       "vgg",      "resnet20", "mobile",
          "lstm", "gru", "transformer", "resnet50", "wide"};
}

Workload workload(std::string_view name) {
  if (name == "tiny") return {"tiny", tiny(), classesOf({2}, 2), {32}};
  if (name == "mlp") return {"mlp", mlp(), classesOf({784}, 10), {32, 128, 512}};
  if (name == "lenet") return {"lenet", lenet(), classesOf({28, 28, 1}, 10), {128}};
  if (name == "vgg") return {"vgg", vgg(), classesOf({32, 32, 3}, 10), {64}};
  if (name == "resnet20") return {"resnet20", resnet20(), classesOf({32, 32, 3}, 10), {128}};
  if (name == "mobile") return {"mobile", mobile(), classesOf({32, 32, 64}, 10), {32}};
  if (name == "transformer") return {"transformer", transformer(), classesOf({64, 128}, 10), {32}};
  if (name == "lstm" || name == "gru")
    return {std::string(name), recurrent(name), classesOf({64, 64}, 10), {32}};
  if (name == "resnet50") return {"resnet50", resnet50(), classesOf({224, 224, 3}, 1000), {128}};
  if (name == "wide") return {"wide", wide(), classesOf({8192}, 8192), {8192}};
  TANDEM_CHECK(false, "no workload " + std::string(name));
  return {};
}

}  // namespace tandem::testing
