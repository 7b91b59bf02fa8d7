#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/runtime/registry.h"
#include "core/twin/lock_step.h"
#include "tests/unit/spoiled_backend.h"

namespace tandem {
namespace {

// 12 x 12 images of two classes that differ in brightness, as flat rows of numbers.
std::shared_ptr<const Dataset> smallImages() {
  auto data = std::make_shared<Dataset>();
  data->info.name = "squares";
  data->info.inputs[0].sample = Shape{12, 12, 1};
  data->info.targets[0].classes = 2;
  data->info.targets[0].classNames = {"dark", "bright"};
  const auto size = data->info.inputs[0].sample.elements();
  for (std::int32_t i = 0; i < 64; ++i) {
    data->targets[0].classOf.push_back(i % 2);
    data->parts[0].push_back(i);
    for (std::int64_t k = 0; k < size; ++k)
      data->inputs[0].bytes.push_back(static_cast<std::uint8_t>((i * 37 + k * 11 + (i % 2) * 90) % 256));
  }
  data->inputs[0].mean = {0.4f};
  data->inputs[0].scale = {3.0f};
  return data;
}

// conv1 - bn1 - relu1 - pool - conv2 - relu2 - flatten - dense - softmax
Project smallCnn() {
  Project p;
  p.name = "small";
  Network& n = p.network;
  LayerId last = n.add("input", "input", {{"shape", std::vector<std::int64_t>{12, 12, 1}}}).value();
  const auto then = [&](const char* type, const char* name, Attrs attrs = {}) {
    const LayerId id = n.add(type, name, std::move(attrs)).value();
    EXPECT_TRUE(n.connect(last, id).ok());
    last = id;
  };
  then("conv2d", "conv1", {{"filters", std::int64_t{8}}});
  then("batch_norm", "bn1");
  then("activation", "relu1");
  then("max_pool2d", "pool");
  then("conv2d", "conv2", {{"filters", std::int64_t{16}}});
  then("activation", "relu2");
  then("flatten", "flatten");
  then("dense", "dense", {{"units", std::int64_t{2}}});
  p.training.batch = 16;
  p.training.heads[0].loss = "softmax_cross_entropy";
  return p;
}

std::unique_ptr<LockStep> twin(const Project& project, const std::vector<std::string>& sides,
                               const BackendLookup& lookup = installedBackends()) {
  auto opened = LockStep::open(project, smallImages(), parseSides(sides).value(), lookup);
  EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().text());
  return opened.ok() ? std::move(*opened) : nullptr;
}

double worst(const SideParity& parity) {
  double largest = 0;
  for (const TensorParity& tensor : parity.tensors) largest = std::max(largest, tensor.difference.relative);
  return largest;
}

TEST(Twin, ASideComparedWithItselfIsBitEqual) {
  const auto lockStep = twin(smallCnn(), {"cpu:1", "cpu:1"});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(lockStep->step().ok());  // into the second epoch
  const ParityRecord record = lockStep->compare().value();
  ASSERT_EQ(record.sides.size(), 1u);
  EXPECT_EQ(record.step, 6);
  EXPECT_EQ(worst(record.sides[0]), 0);
  EXPECT_EQ(record.sides[0].weightDrift, 0);
  EXPECT_FALSE(record.sides[0].first);
  EXPECT_EQ(lockStep->spec(1).label, "cpu:1 (2)");
}

TEST(Twin, OtherKernelsAndThreadsDifferByRounding) {
  const auto lockStep = twin(smallCnn(), {"cpu:1", "cpu:2", "cpu:1,avoid=onednn+small"});
  for (int i = 0; i < 3; ++i) {
    const LockStepRecord record = lockStep->step().value();
    EXPECT_NEAR(record.sides[2].loss, record.sides[0].loss, 1e-4);
  }
  const ParityRecord record = lockStep->compare().value();
  ASSERT_EQ(record.sides.size(), 2u);
  const SideParity& other = record.sides[1];
  EXPECT_GT(worst(other), 0);
  EXPECT_FALSE(other.first) << other.tensors[*other.first].layer << " " << other.tensors[*other.first].tensor;
  EXPECT_GT(other.weightDrift, 0);
  EXPECT_LT(other.weightDrift, 1e-3);
  std::set<TensorKind> kinds;
  std::set<std::string> layers;
  for (const TensorParity& tensor : other.tensors) {
    kinds.insert(tensor.kind);
    layers.insert(tensor.layer);
    // The gradient of a bias before batch norm is zero up to rounding, and Adam turns it into a step.
    if (tensor.tensor.starts_with("conv1/bias")) continue;
    EXPECT_GT(tensor.difference.cosine, 0.999) << tensor.layer << " " << tensor.tensor;
  }
  EXPECT_EQ(kinds.size(), 4u);
  for (const char* layer : {"conv1", "relu1", "pool", "conv2", "relu2", "dense"})
    EXPECT_TRUE(layers.contains(layer)) << layer;
  EXPECT_GT(record.profiles[0].forward, 0);
}

TEST(Twin, HalfPrecisionsDifferByTheirRounding) {
  Project project = smallCnn();
  project.training.optimizer = {"sgd", {{"learning_rate", 1e-3}}};
  const auto lockStep = twin(project, {"cpu:1", "cpu:1,bf16", "cpu:1,fp16"});
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(lockStep->step().ok());
  const ParityRecord record = lockStep->compare().value();
  ASSERT_EQ(record.sides.size(), 2u);
  double bf16 = 0, fp16 = 0;
  for (const SideParity& side : record.sides) {
    EXPECT_FALSE(side.first) << side.tensors[*side.first].layer << " " << side.tensors[*side.first].tensor;
    std::set<TensorKind> kinds;
    for (const TensorParity& tensor : side.tensors) {
      kinds.insert(tensor.kind);
      if (tensor.tensor == "output" && tensor.layer == "relu2")
        (side.side == 1 ? bf16 : fp16) = tensor.difference.relative;
      // Scaled gradients would be 65536 times as large.
      if (tensor.kind == TensorKind::InputGradient) {
        EXPECT_LT(tensor.difference.relative, 0.5) << tensor.layer;
      }
    }
    EXPECT_EQ(kinds.size(), 4u);
  }
  EXPECT_GT(bf16, 1e-3);
  EXPECT_LT(fp16, bf16 / 2);
  // The cause of each difference is reported: fp32 on the same operands removes it.
  const SideParity& side = record.sides[0];
  const auto tensor =
      std::ranges::find_if(side.tensors, [](const TensorParity& t) { return t.layer == "relu2"; });
  const Cause cause =
      lockStep->explain(side, static_cast<std::size_t>(tensor - side.tensors.begin())).value();
  EXPECT_GT(cause.alternatives[1].relative, 10 * cause.alternatives[0].relative);
  const auto exact = std::ranges::find_if(
      cause.alternatives, [](const Alternative& a) { return a.label.ends_with("with fp32"); });
  ASSERT_NE(exact, cause.alternatives.end());
  EXPECT_LT(exact->relative, 1e-5);
}

TEST(Twin, ASideAvoidsOnlyKernelsThatItsDeviceHas) {
  const auto problem = [](const std::string& side) {
    const Status status = checkKernels(parseSides({"cpu:1", side}).value());
    return status.ok() ? std::string() : status.error().text();
  };
  for (const char* side :
       {"cpu:2", "cpu:1,avoid=onednn+small", "cpu:1,avoid=reference", "cpu:1,avoid=emulated/simd"})
    EXPECT_EQ(problem(side), "");
  EXPECT_NE(problem("cpu:1,avoid=onednn+onedn").find("cpu has no kernel named 'onedn'"), std::string::npos);
  EXPECT_NE(problem("cpu:1,avoid=onedn").find("onednn"), std::string::npos);  // the hint lists what there is
}

TEST(Twin, ComparingDoesNotChangeTheSides) {
  const auto compared = twin(smallCnn(), {"cpu:1", "cpu:1,avoid=onednn"});
  const auto plain = twin(smallCnn(), {"cpu:1", "cpu:1,avoid=onednn"});
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(compared->compare().ok());
    const LockStepRecord a = compared->step().value(), b = plain->step().value();
    for (std::size_t side = 0; side < 2; ++side) EXPECT_EQ(a.sides[side].loss, b.sides[side].loss);
  }
}

// The device names of the sides differ in a part that only the spoiled one has.
BackendLookup spoiledOn(const std::string& device, SpoiledBackend& spoiled) {
  return [device, &spoiled](std::string_view id) -> Result<Backend*> {
    if (id == device) return &spoiled;
    return DeviceRegistry::instance().backendFor(id);
  };
}

std::string kernelOf(const Plan& plan, std::string_view op) {
  for (std::size_t i = 0; i < plan.train.program.nodes.size(); ++i)
    if (plan.train.program.nodes[i].op->name == op) return plan.train.kernels[i].kernel;
  return {};
}

// conv1 - relu1 - conv2 - bn2 - add with relu1 - relu2: the end of the block is one op in each direction.
Project residualBlock(const char* merge = "add") {
  Project p = smallCnn();
  Network& n = p.network;
  n = {};
  LayerId last = n.add("input", "input", {{"shape", std::vector<std::int64_t>{12, 12, 1}}}).value();
  const auto then = [&](const char* type, const char* name, Attrs attrs = {}) {
    const LayerId id = n.add(type, name, std::move(attrs)).value();
    EXPECT_TRUE(n.connect(last, id).ok());
    return last = id;
  };
  const Attrs three{{"filters", std::int64_t{8}}, {"padding", std::string("same")}};
  then("conv2d", "conv1", three);
  const LayerId entry = then("activation", "relu1");
  then("conv2d", "conv2", three);
  then("batch_norm", "bn2");
  const LayerId sum = then(merge, "sum");
  EXPECT_TRUE(n.connect(entry, sum).ok());
  then("activation", "relu2");
  then("flatten", "flatten");
  then("dense", "dense", {{"units", std::int64_t{2}}});
  return p;
}

TEST(Twin, ComparesAResidualBlockAtItsOutputLayer) {
  const auto lockStep = twin(residualBlock(), {"cpu:1", "cpu:2", "cpu:1,avoid=onednn+small"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(lockStep->step().ok());
  const ParityRecord record = lockStep->compare().value();
  for (const SideParity& side : record.sides) {
    EXPECT_FALSE(side.first) << side.tensors[*side.first].layer << " " << side.tensors[*side.first].tensor;
    std::set<std::pair<std::string, std::string>> seen;
    for (const TensorParity& tensor : side.tensors) seen.emplace(tensor.layer, tensor.tensor);
    EXPECT_TRUE(seen.contains({"relu2", "output"}));  // computed by bn2's kernel, including sum and relu
    EXPECT_FALSE(seen.contains({"sum", "output"}));
    EXPECT_TRUE(seen.contains({"bn2", "input gradient"}));
    EXPECT_TRUE(seen.contains({"relu1", "input gradient"}));
    EXPECT_TRUE(seen.contains({"relu2", "input gradient"}));  // for the shortcut, by the same kernel as bn2's
    EXPECT_TRUE(seen.contains({"bn2", "bn2/gamma gradient"}));
    EXPECT_TRUE(seen.contains({"bn2", "bn2/beta gradient"}));
  }
  // Its time is bn2's.
  const auto& layers = record.profiles[0].layers;
  const auto norm = std::ranges::find(layers, "bn2", &ProfileRecord::LayerTime::layer);
  ASSERT_NE(norm, layers.end());
  EXPECT_GT(norm->forward, 0);
  EXPECT_GT(norm->backward, 0);
  EXPECT_EQ(std::ranges::find(layers, "relu2", &ProfileRecord::LayerTime::layer), layers.end());
}

TEST(Twin, AnInjectedFaultIsFoundAtItsLayerAndTensorWithItsCause) {
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  const auto healthy = twin(smallCnn(), {"cpu:1", "cpu:1"});
  struct Case {
    const char *op, *layer, *tensor;
    std::int64_t inputChannels;
  };
  for (const Case& c : {Case{"conv2d", "relu2", "output", 8},  // fused: conv2 computes the output of relu2
                        Case{"conv2d_wgrad", "conv2", "conv2/kernel gradient", 8},
                        Case{"conv2d_dgrad", "conv2", "input gradient", 16},
                        Case{"adam_update", "conv1", "conv1/kernel update", 0}}) {
    const std::string kernel = kernelOf(healthy->plan(0), c.op);
    ASSERT_FALSE(kernel.empty()) << c.op;
    Spoil spoil;
    spoil.op = c.op;
    spoil.kernel = kernel;
    spoil.where = [&c](const OpCall& call) {
      return c.inputChannels == 0 || call.inputs[0].shape[-1] == c.inputChannels;
    };
    spoil.how = [](std::span<float> values) { values[7] += 1.0f; };
    SpoiledBackend spoiled(cpu, spoil);
    const auto lockStep = twin(smallCnn(), {"cpu:1", "spoiled"}, spoiledOn("spoiled", spoiled));
    ASSERT_TRUE(lockStep->step().ok());
    const ParityRecord record = lockStep->compare().value();
    const SideParity& parity = record.sides[0];
    ASSERT_TRUE(parity.first) << c.op;
    EXPECT_EQ(parity.tensors[*parity.first].layer, c.layer);
    EXPECT_EQ(parity.tensors[*parity.first].tensor, c.tensor);
    const Cause cause = lockStep->explain(parity, *parity.first).value();
    EXPECT_EQ(cause.op, c.op);
    EXPECT_LT(cause.alternatives[0].relative, 1e-5);
    EXPECT_GT(cause.alternatives[1].relative, 1e-3);
    EXPECT_NE(cause.verdict.find("This removes the difference: spoiled with kernel "), std::string::npos)
        << cause.verdict;
    const TensorPair pair = lockStep->values(parity, *parity.first).value();
    const TensorDifference& d = parity.tensors[*parity.first].difference;
    EXPECT_NEAR(pair.side[d.where] - pair.reference[d.where], 1.0f, 1e-3f);
    EXPECT_EQ(difference(pair.reference, pair.side).largest, d.largest);
  }
}

// Most steps only accumulate gradients, and so does the next one here, but a comparison is also about the update.
TEST(Twin, ComparesUpdatesOfAccumulatedGradients) {
  Project project = smallCnn();
  project.training.accumulate = 4;
  const auto lockStep = twin(project, {"cpu:1", "cpu:1"});
  const SideParity parity = lockStep->compare().value().sides[0];
  const auto update = std::ranges::find(parity.tensors, "conv1/kernel update", &TensorParity::tensor);
  ASSERT_NE(update, parity.tensors.end());
  const auto index = static_cast<std::size_t>(update - parity.tensors.begin());
  const TensorPair pair = lockStep->values(parity, index).value();
  EXPECT_TRUE(std::ranges::any_of(pair.reference, [](float x) { return x != 0; }));
  EXPECT_TRUE(std::ranges::equal(pair.reference, pair.side));
}

// An op's second result has a separate name and cause.
TEST(Twin, AFaultInASecondResultOfAnOpIsFoundThere) {
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  struct Case {
    std::size_t output;
    const char *layer, *tensor;
  };
  for (const Case& c : {Case{3, "relu2", "input gradient"}, Case{1, "bn2", "bn2/gamma gradient"}}) {
    Spoil spoil;
    spoil.op = "batch_norm_grad";
    spoil.kernel = "simd";
    spoil.how = [](std::span<float> values) { values[3] += 1.0f; };
    spoil.output = c.output;
    SpoiledBackend spoiled(cpu, spoil);
    const auto lockStep = twin(residualBlock(), {"cpu:1", "spoiled"}, spoiledOn("spoiled", spoiled));
    const SideParity parity = lockStep->compare().value().sides[0];
    ASSERT_TRUE(parity.first);
    EXPECT_EQ(parity.tensors[*parity.first].layer, c.layer);
    EXPECT_EQ(parity.tensors[*parity.first].tensor, c.tensor);
    const Cause cause = lockStep->explain(parity, *parity.first).value();
    EXPECT_EQ(cause.op, "batch_norm_grad");
    EXPECT_LT(cause.alternatives[0].relative, 1e-5);
    EXPECT_GT(cause.alternatives[1].relative, 1e-3);
    EXPECT_NE(cause.verdict.find("This removes the difference: spoiled with kernel reference"),
              std::string::npos)
        << cause.verdict;
  }
}

// Only what compares values selects elements: a product does not.
TEST(Twin, RoundingSelectsElementsOfExtremaOnly) {
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  for (const bool selects : {true, false}) {
    const Project project = residualBlock(selects ? "maximum" : "multiply");
    Spoil spoil;
    spoil.op = selects ? "combine_grad" : "combine";  // a product has the gradient of a product
    spoil.kernel = kernelOf(twin(project, {"cpu:1", "cpu:1"})->plan(0), spoil.op);
    spoil.how = [](std::span<float> values) { values[3] += 1.0f; };
    SpoiledBackend spoiled(cpu, spoil);
    const auto lockStep = twin(project, {"cpu:1", "spoiled"}, spoiledOn("spoiled", spoiled));
    const SideParity parity = lockStep->compare().value().sides[0];
    std::string verdict;
    for (std::size_t t = 0; t < parity.tensors.size() && verdict.empty(); ++t) {
      if (!parity.tensors[t].beyondRounding) continue;
      const auto cause = lockStep->explain(parity, t);
      if (cause.ok() && cause->op == spoil.op) verdict = cause->verdict;
    }
    EXPECT_NE(verdict.find(std::string(spoil.op) + " (spoiled: "), std::string::npos) << verdict;
    EXPECT_EQ(verdict.find("Rounding changed which elements were selected") != std::string::npos, selects)
        << verdict;
  }
}

TEST(Twin, DifferencesOfTheOperandsAreNotAttributedToTheOp) {
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  Spoil spoil;
  spoil.op = "pool2d";
  const auto healthy = twin(smallCnn(), {"cpu:1", "cpu:1"});
  spoil.kernel = kernelOf(healthy->plan(0), "pool2d");
  spoil.how = [](std::span<float> values) {
    for (float& value : values) value += 0.5f;
  };
  SpoiledBackend spoiled(cpu, spoil);
  const auto lockStep = twin(smallCnn(), {"cpu:1", "spoiled"}, spoiledOn("spoiled", spoiled));
  const SideParity parity = lockStep->compare().value().sides[0];
  ASSERT_TRUE(parity.first);
  EXPECT_EQ(parity.tensors[*parity.first].layer, "pool");
  const auto later = std::ranges::find_if(parity.tensors, [](const TensorParity& tensor) {
    return tensor.layer == "relu2" && tensor.kind == TensorKind::Activation;
  });
  ASSERT_TRUE(later->beyondRounding);
  const Cause cause =
      lockStep->explain(parity, static_cast<std::size_t>(later - parity.tensors.begin())).value();
  EXPECT_NE(cause.verdict.find("is not the cause"), std::string::npos) << cause.verdict;
}

// Two threads add the rows of a batch in another order than one, although they read the same bits: without batch
// normalization, and without oneDNN, every operand is computed image by image, for any number of threads.
TEST(Twin, TheOrderOfSummationIsTheCauseWhereTheOperandsAreBitIdentical) {
  Project project = smallCnn();
  project.training.batch = 64;
  const LayerId conv = project.network.findByName("conv1")->id;
  ASSERT_TRUE(project.network.setProperty(conv, "filters", std::int64_t{64}).ok());  // enough rows to share
  ASSERT_TRUE(project.network.remove(project.network.findByName("bn1")->id).ok());
  const auto lockStep = twin(project, {"cpu:1,avoid=onednn+small", "cpu:2,avoid=onednn+small"});
  ASSERT_TRUE(lockStep->step().ok());
  const SideParity parity = lockStep->compare().value().sides[0];
  std::set<std::string> explained;
  for (std::size_t t = 0; t < parity.tensors.size(); ++t) {
    const TensorParity& tensor = parity.tensors[t];
    if (tensor.difference.largest == 0 || tensor.kind != TensorKind::WeightGradient) continue;
    const Cause cause = lockStep->explain(parity, t).value();
    EXPECT_TRUE(cause.sameOperands) << tensor.tensor << ": " << cause.verdict;
    EXPECT_NE(cause.verdict.find("different order"), std::string::npos) << cause.verdict;
    explained.insert(tensor.tensor);
  }
  EXPECT_TRUE(explained.contains("conv1/kernel gradient"));
  EXPECT_TRUE(explained.contains("conv1/bias gradient"));
}

// The bias gradient of a convolution before batch normalization is zero but for rounding.
TEST(Twin, ARoundedZeroIsNotAttributedToItsKernel) {
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  const auto healthy = twin(smallCnn(), {"cpu:1", "cpu:1"});
  Spoil spoil;
  spoil.op = "batch_norm_grad";
  spoil.kernel = kernelOf(healthy->plan(0), "batch_norm_grad");
  spoil.how = [](std::span<float> values) {
    for (float& value : values) value = std::nextafter(value, 1.0f);
  };
  SpoiledBackend spoiled(cpu, spoil);
  const auto lockStep = twin(smallCnn(), {"cpu:1", "spoiled"}, spoiledOn("spoiled", spoiled));
  const SideParity parity = lockStep->compare().value().sides[0];
  const auto bias = std::ranges::find(parity.tensors, "conv1/bias gradient", &TensorParity::tensor);
  ASSERT_NE(bias, parity.tensors.end());
  ASSERT_GT(bias->difference.largest, 0);
  ASSERT_FALSE(bias->beyondRounding);
  const Cause cause =
      lockStep->explain(parity, static_cast<std::size_t>(bias - parity.tensors.begin())).value();
  EXPECT_FALSE(cause.sameOperands);
  EXPECT_NE(cause.verdict.find("nearly cancel"), std::string::npos) << cause.verdict;
  EXPECT_NE(cause.verdict.find("amplified rounding ("), std::string::npos)
      << "of which input: " << cause.verdict;
}

TEST(Twin, ASideThatFailsDoesNotStopTheOthers) {
  class Failing : public SpoiledBackend {
   public:
    using SpoiledBackend::SpoiledBackend;
    int calls = 0;
    Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                         std::span<const Tensor* const> in, std::span<Tensor* const> out,
                         int repeat) override {
      if (++calls > 60) return Error{ErrorCode::DeviceLost, "the device is gone", "spoiled", {}};
      return SpoiledBackend::runOp(options, call, kernel, in, out, repeat);
    }
  };
  Backend& cpu = *DeviceRegistry::instance().backendFor("cpu").value();
  Failing failing(cpu, Spoil{"none", "none", {}, {}});
  const auto lockStep = twin(smallCnn(), {"cpu:1", "broken", "cpu:2"}, spoiledOn("broken", failing));
  LockStepRecord record;
  for (int i = 0; i < 8; ++i) record = lockStep->step().value();
  ASSERT_TRUE(lockStep->error(1));
  EXPECT_EQ(lockStep->error(1)->message, "the device is gone");
  EXPECT_TRUE(std::isnan(record.sides[1].loss));
  EXPECT_TRUE(std::isfinite(record.sides[2].loss));
  const ParityRecord parity = lockStep->compare().value();
  ASSERT_EQ(parity.sides.size(), 1u);
  EXPECT_EQ(parity.sides[0].side, 2u);
}

TEST(Twin, SidesAreParsed) {
  const SideSpec side = parseSide("cuda:1, bf16, fast, batch=64").value();
  EXPECT_EQ(side.device.device, "cuda:1");
  EXPECT_EQ(side.device.precision, Precision::Bf16);
  EXPECT_FALSE(side.device.deterministic);
  EXPECT_EQ(side.batch, 64);
  EXPECT_EQ(parseSide("cpu:2,avoid=onednn+small").value().device.avoid,
            (std::vector<std::string>{"onednn", "small"}));
  EXPECT_EQ(parseSide("cpu:2").value().device.threads, 2);
  const auto message = [](const char* text) { return parseSide(text).error().text(); };
  constexpr auto kHint =
      ". Specify a device and its options: cpu:2, cuda:0,bf16 or cpu:1,avoid=onednn,batch=64";
  EXPECT_EQ(message("cpu:0"), std::string("side 'cpu:0': '0' is not a valid number of threads") + kHint);
  EXPECT_EQ(message(""), std::string("side '': has no device") + kHint);
  EXPECT_EQ(message("cpu,quick"), std::string("side 'cpu,quick': 'quick' is not a side option") + kHint);
  EXPECT_EQ(message("cpu,batch=0"), std::string("side 'cpu,batch=0': '0' is not a valid batch size") + kHint);
  EXPECT_FALSE(parseSides({"cpu:1"}).ok());
  EXPECT_FALSE(
      LockStep::open(smallCnn(), smallImages(), parseSides({"cpu:1", "cpu:1,batch=8"}).value()).ok());
  EXPECT_NE(LockStep::open(smallCnn(), smallImages(), parseSides({"cpu:1", "tpu"}).value())
                .error()
                .text()
                .find("tpu"),
            std::string::npos);
}

TEST(TensorDifference, MatchesItsDefinition) {
  const std::vector<float> a{3, 0, -4}, b{3, 0.5f, -4};
  const TensorDifference d = difference(a, b);
  EXPECT_DOUBLE_EQ(d.relative, 0.1);
  EXPECT_DOUBLE_EQ(d.largest, 0.5);
  EXPECT_EQ(d.where, 1u);
  EXPECT_NEAR(d.cosine, 5 / std::sqrt(25.25), 1e-12);
  const float nan = std::nanf(""), inf = INFINITY;
  EXPECT_EQ(difference(std::vector<float>{1, nan, inf}, std::vector<float>{1, nan, inf}).nonFinite, 0u);
  const TensorDifference broken = difference(std::vector<float>{1, 2, 3}, std::vector<float>{1, nan, 9});
  EXPECT_EQ(broken.nonFinite, 1u);
  EXPECT_EQ(broken.where, 1u);
  EXPECT_TRUE(std::isinf(difference(std::vector<float>{0}, std::vector<float>{1}).relative));
  const Histogram h = histogram(std::vector<float>{-1, 0, 0.1f, 0.9f, 1, 7}, 0, 1, 2);
  EXPECT_EQ(h.counts, (std::vector<std::size_t>{3, 3}));
}

}  // namespace
}  // namespace tandem
