// tandem_golden --device cpu|cuda:0 --fixtures FOLDER [--precision fp32|tf32|bf16|fp16]
// Trains the networks of make_fixtures.py from the same weights on the same batches, and compares the
// outputs, every gradient of the first step, ten losses, and all weights after ten steps.
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem::testing {
namespace {

struct Fixture {
  nlohmann::json header;
  std::vector<char> data;

  std::string meta(const std::string& key) const { return header["__metadata__"][key]; }
  template <class T>
  std::vector<T> read(const std::string& name) const {
    const auto& offsets = header.at(name)["data_offsets"];
    const std::size_t from = offsets[0], to = offsets[1];
    std::vector<T> values((to - from) / sizeof(T));
    std::memcpy(values.data(), data.data() + from, to - from);
    return values;
  }
};

Fixture load(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::uint64_t length = 0;
  in.read(reinterpret_cast<char*>(&length), sizeof(length));
  std::string text(length, ' ');
  in.read(text.data(), static_cast<std::streamsize>(length));
  Fixture fixture;
  fixture.header = nlohmann::json::parse(text);
  fixture.data.assign(std::istreambuf_iterator<char>(in), {});
  return fixture;
}

Attrs conv(std::int64_t filters, std::int64_t kernel, std::string padding, bool bias = true,
           std::string activation = "none") {
  return {{"filters", filters},
          {"kernel", std::vector<std::int64_t>{kernel, kernel}},
          {"padding", std::move(padding)},
          {"use_bias", std::int64_t{bias}},
          {"activation", std::move(activation)}};
}

Attrs dense(std::int64_t units, std::string activation = "none") {
  return {{"units", units}, {"activation", std::move(activation)}};
}

struct Case {
  Network network;
  Shape sample;
};

Case networkOf(const std::string& name) {
  if (name == "Mlp" || name == "MlpGelu") {
    const bool gelu = name == "MlpGelu";
    NetworkBuilder b({20});
    b.add("dense", dense(33, gelu ? "gelu" : "relu"), "dense1");
    b.add("dense", dense(24, gelu ? "silu" : "tanh"), "dense2");
    b.add("dense", dense(5), "dense3");
    return {b.take(), {20}};
  }
  if (name == "Regression") {
    NetworkBuilder b({7});
    b.add("dense", dense(19, "softplus"), "dense1");
    b.add("dense", dense(2), "dense2");
    return {b.take(), {7}};
  }
  if (name == "CnnBatchNorm") {
    NetworkBuilder b({12, 12, 3});
    b.add("conv2d", conv(8, 3, "same", false), "conv1");
    b.add("batch_norm", {}, "bn1");
    b.add("activation", {{"function", std::string("relu")}});
    b.add("max_pool2d");
    Attrs strided = conv(12, 3, "valid", false);
    strided.set("stride", std::vector<std::int64_t>{2, 2});
    b.add("conv2d", strided, "conv2");
    b.add("batch_norm", {}, "bn2");
    b.add("conv2d", conv(12, 2, "valid", true, "relu"), "conv3");
    b.add("global_average_pool2d");
    b.add("dense", dense(6), "dense1");
    return {b.take(), {12, 12, 3}};
  }
  if (name == "Merges") {
    NetworkBuilder b({8, 8, 4});
    const LayerId input = b.last();
    const LayerId image = b.add("conv2d", conv(8, 3, "same", true, "tanh"), "conv1");
    b.add("global_average_pool2d");
    b.add("dense", dense(6, "tanh"), "dense1");
    const LayerId gate = b.add("dense", dense(8, "sigmoid"), "dense2");
    const LayerId mask = b.addTo(input, "conv2d", conv(1, 1, "valid"), "conv2");
    LayerId last = b.join("multiply", image, gate);
    last = b.join("maximum", last, mask);
    last = b.join("average", last, image);
    last = b.join("minimum", last, gate);
    last = b.join("subtract", last, gate);
    b.join("add", last, mask);
    b.add("global_average_pool2d");
    b.add("dense", dense(3), "dense3");
    return {b.take(), {8, 8, 4}};
  }
  if (name == "Transformer") {
    NetworkBuilder b({6, 8});
    const LayerId entry = b.add("dense", dense(12), "dense1");
    b.add("layer_norm", {}, "norm1");
    const LayerId seen = b.add("attention",
                               {{"heads", std::int64_t{2}},
                                {"kv_heads", std::int64_t{1}},
                                {"causal", std::int64_t{1}},
                                {"positions", std::string("rotary")}},
                               "attention1");
    b.join("add", entry, seen);
    b.add("dense", dense(12, "gelu"), "dense2");
    b.add("global_average_pool1d");
    b.add("dense", dense(4), "dense3");
    return {b.take(), {6, 8}};
  }
  if (name == "Bottlenecks") return {bottleneckNetwork({32, 32, 3}, std::array{1, 2}, 4, 5), {32, 32, 3}};
  TANDEM_CHECK(name == "Residual", "unknown network " + name);
  NetworkBuilder b({8, 8, 4});
  const LayerId input = b.last();
  b.add("conv2d", conv(8, 3, "same", true, "leaky_relu"), "conv1");
  Attrs depthwise = conv(8, 3, "same");
  depthwise.set("groups", std::int64_t{8});
  const LayerId main = b.add("conv2d", depthwise, "conv2");
  const LayerId shortcut = b.addTo(input, "conv2d", conv(8, 1, "valid"), "conv3");
  b.join("add", main, shortcut);
  b.add("activation", {{"function", std::string("relu")}});
  b.add("average_pool2d");
  b.add("flatten");
  b.add("dense", dense(3), "dense1");
  return {b.take(), {8, 8, 4}};
}

// The settings of optimizer_for() in make_fixtures.py.
OptimizerConfig optimizerOf(const std::string& type) {
  const auto with = [&](double rate, Attrs settings) {
    settings.set("learning_rate", rate);
    return OptimizerConfig(type.c_str(), settings);
  };
  if (type == "sgd")
    return with(0.05, {{"momentum", 0.9}, {"nesterov", std::int64_t{1}}, {"weight_decay", 1e-3}});
  if (type == "rmsprop") return with(0.005, {{"momentum", 0.9}});
  if (type == "adagrad") return with(0.05, {{"initial_accumulator", 0.01}, {"weight_decay", 1e-3}});
  if (type == "adadelta") return with(2.0, {{"rho", 0.9}, {"epsilon", 1e-5}, {"weight_decay", 1e-3}});
  if (type == "lion") return with(1e-3, {{"weight_decay", 0.1}});
  if (type == "nadam") return with(0.01, {{"weight_decay", 1e-3}, {"momentum_decay", 0.1}});
  return with(0.01, {{"weight_decay", type == "adamw" ? 0.05 : 0.0}});
}

TrainingConfig trainingOf(const Fixture& fixture, const DeviceOptions& device) {
  TrainingConfig t;
  t.device = device;
  t.batch = std::stoll(fixture.meta("batch"));
  t.optimizer = optimizerOf(fixture.meta("optimizer"));
  t.heads[0].loss = fixture.meta("loss").c_str();
  return t;
}

// Norm of the difference relative to the norm of `want`.
double relativeError(std::span<const float> got, std::span<const float> want) {
  if (got.size() != want.size()) return INFINITY;
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double d = static_cast<double>(got[i]) - static_cast<double>(want[i]);
    difference += d * d;
    length += static_cast<double>(want[i]) * static_cast<double>(want[i]);
  }
  return std::sqrt(difference) / std::max(std::sqrt(length), 1e-6);
}

// Largest relative errors by norm. In half precision, those of gradients and final weights hold for the worst tensor,
// whose sums cancel: they find a tensor that is missing (an error of 1) or has the wrong sign (2), not one that is
// computed too roughly. The bounds of the outputs and the first losses find that, and the conformance tests compare
// each kernel with its definition.
struct Bounds {
  double output, loss, lossLater, gradient, final, outputAfter;
};

Bounds boundsOf(Precision precision) {
  // Rounding errors grow during training; those of ten steps stay within ten times that of the first.
  const auto of = [](double e) { return Bounds{e, 10 * e, 10 * e, 10 * e, 100 * e, 100 * e}; };
  switch (precision) {
    case Precision::Fp32:  // rounds at 6e-8; sums of a few hundred terms stay within about 1e-6
      return of(3e-6);
    case Precision::Tf32:  // operands of products keep 10 bits
      return of(5e-3);
    // Half precisions round every activation, at 4e-3 and 5e-4; losses are means of many values and stay
    // closer. Measured on the CPU: output 4.0e-3, first five losses 4.2e-3, gradients 0.12 (the shift of a
    // batch norm, a sum with cancellation); in fp16 4.3e-4, 8e-5 and 1.5e-3. Later some units change the side
    // of their relu or the maximum of their window, in a batch of nine: losses then differ by 1.1e-2, weights
    // by 0.45 (that shift again) and outputs by 0.08; in fp16 by 4e-3, 0.13 and 0.025.
    case Precision::Bf16:
      return {1e-2, 1e-2, 3e-2, 0.3, 0.9, 0.2};
    case Precision::Fp16:
      return {1e-3, 1e-3, 1e-2, 5e-3, 0.3, 0.06};
  }
  return {};
}

// The gradients of an untrained deep residual network depend on the signs of units near zero. In the worst
// tensor of this network, the error of PyTorch's autocast is 0.11 in fp16 and 0.40 in bf16, that of Tandem on
// the CPU 0.15 and 0.37; everything after the first step depends on these gradients.
// The gradients of attention's queries and keys are sums with cancellation, too.
bool comparesFirstStepOnly(const std::string& network, Precision precision) {
  return (network == "Bottlenecks" || network == "Transformer") && precision != Precision::Fp32;
}

class Comparison {
 public:
  void check(const std::string& what, std::span<const float> got, std::span<const float> want, double bound) {
    const double error = relativeError(got, want);
    worst_ = std::max(worst_, error / bound);
    if (!(error <= bound)) {
      std::cout << "    " << what << ": relative error " << error << ", at most " << bound << " allowed\n";
      ++failures_;
    }
    ++checks_;
  }
  int failures() const { return failures_; }
  std::string summary() const {
    std::ostringstream text;
    text << checks_ << " comparisons, worst at " << static_cast<int>(std::lround(100 * worst_))
         << "% of its bound";
    return text.str();
  }

 private:
  double worst_ = 0;
  int failures_ = 0, checks_ = 0;
};

std::span<const float> view(const std::vector<float>& block, const ParameterInfo& info) {
  return std::span(block).subspan(info.offsetBytes / sizeof(float),
                                  static_cast<std::size_t>(info.shape.elements()));
}

Status compare(const Fixture& fixture, const DeviceOptions& device, Comparison& result) {
  Bounds bounds = boundsOf(device.precision);
  const bool firstStepOnly = comparesFirstStepOnly(fixture.meta("network"), device.precision);
  if (firstStepOnly) bounds.gradient = device.precision == Precision::Bf16 ? 0.6 : 0.3;
  const Case c = networkOf(fixture.meta("network"));
  DatasetInfo data;
  data.name = "fixture";
  data.inputs[0].sample = c.sample;
  data.targets[0].classes = std::stoi(fixture.meta("classes"));
  if (data.targets[0].classes == 0) data.targets[0].sample = {2};
  const TrainingConfig training = trainingOf(fixture, device);
  TANDEM_ASSIGN(NetRunner net, NetRunner::open(c.network, training, data));

  const std::size_t blockBytes = net.plan().parameterBytes;
  std::vector<float> block(blockBytes / sizeof(float));
  for (const ParameterInfo& info : net.plan().parameters())
    std::ranges::copy(fixture.read<float>("initial/" + info.name),
                      block.begin() + static_cast<std::ptrdiff_t>(info.offsetBytes / 4));
  TANDEM_TRY(net.writeBlock(Role::Parameter, block));

  const auto features = fixture.read<float>("features");
  const auto labels = fixture.read<std::int32_t>("labels");  // 4 bytes in either case
  const std::size_t featureStride = static_cast<std::size_t>(training.batch * c.sample.elements());
  const std::size_t labelStride =
      static_cast<std::size_t>(training.batch * (data.targets[0].classes ? 1 : 2));
  TANDEM_TRY(net.run(Phase::Evaluate, features.data(), labels.data()));
  result.check("output before", net.output(), fixture.read<float>("output_before"), bounds.output);

  const auto curve = fixture.read<float>("curve");
  for (std::size_t step = 0; step < curve.size(); ++step) {
    TANDEM_ASSIGN(const StepReport report, net.run(Phase::Train, features.data() + step * featureStride,
                                                   labels.data() + step * labelStride));
    result.check("loss of step " + std::to_string(step + 1), std::span(report.values.data(), 1),
                 std::span(&curve[step], 1), step < 5 ? bounds.loss : bounds.lossLater);
    if (step > 0) continue;
    TANDEM_ASSIGN(const auto gradients, net.readBlock(Role::Gradient, blockBytes));
    for (const ParameterInfo& info : net.plan().parameters())
      result.check("gradient of " + info.name, view(gradients, info),
                   fixture.read<float>("gradient/" + info.name), bounds.gradient);
    if (firstStepOnly) return success();
  }
  TANDEM_ASSIGN(block, net.readBlock(Role::Parameter, blockBytes));
  for (const ParameterInfo& info : net.plan().parameters())
    result.check("final " + info.name, view(block, info), fixture.read<float>("final/" + info.name),
                 bounds.final);
  TANDEM_ASSIGN(const auto states, net.readBlock(Role::State, net.plan().stateBytes));
  for (const ParameterInfo& info : net.plan().states())
    result.check("final " + info.name, view(states, info), fixture.read<float>("final/" + info.name),
                 bounds.final);
  TANDEM_TRY(net.run(Phase::Evaluate, features.data(), labels.data()));
  result.check("output after", net.output(), fixture.read<float>("output_after"), bounds.outputAfter);
  return success();
}

int runAll(const std::filesystem::path& folder, const DeviceOptions& device) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  std::ranges::sort(files);
  int passed = 0, failed = 0;
  for (const auto& file : files) {
    Comparison comparison;
    const Status status = compare(load(file), device, comparison);
    const bool ok = status.ok() && comparison.failures() == 0;
    std::cout << (ok ? "ok   " : "FAIL ") << file.stem().string() << ": "
              << (status.ok() ? comparison.summary() : status.error().text())
              << std::endl;  // flushed, so that it is visible if the next one crashes or hangs
    ++(ok ? passed : failed);
  }
  std::cout << passed << " passed, " << failed << " failed on " << device.device << ' '
            << nameOf(device.precision) << '\n';
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace tandem::testing

int main(int argc, char** argv) {
  tandem::DeviceOptions device;
  std::filesystem::path fixtures;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--device") device.device = argv[i + 1];
    if (flag == "--fixtures") fixtures = argv[i + 1];
    if (flag == "--precision") device.precision = tandem::precisionFromName(argv[i + 1]).value();
  }
  if (fixtures.empty()) {
    std::cerr
        << "usage: tandem_golden --device cpu|cuda:0 --fixtures FOLDER [--precision fp32|tf32|bf16|fp16]\n";
    return 2;
  }
  try {
    return tandem::testing::runAll(fixtures, device);
  } catch (const std::exception& bug) {
    std::cerr << "tandem_golden: " << bug.what() << '\n';
    return 1;
  }
}
