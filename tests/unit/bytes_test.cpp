// Batches that are transferred as bytes and normalized by the device: bit-identical to those that the loader
// normalizes, for every use of a session.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "core/ops/normalize.h"
#include "core/runtime/registry.h"
#include "core/train/checkpoint.h"
#include "core/train/predictor.h"
#include "core/train/trainer.h"
#include "core/twin/crossover.h"
#include "core/twin/resume_check.h"
#include "tests/unit/data_files.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

Backend& cpu() {
  return *DeviceRegistry::instance().backendFor("cpu").value();
}

// The CPU as a device that accepts bytes, or does not.
class ByteBackend : public Backend {
 public:
  explicit ByteBackend(bool bytes) : bytes_(bytes) {}
  std::string_view name() const override { return "bytes"; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }
  std::string unusable() override { return {}; }
  std::vector<DeviceInfo> devices() override { return {}; }
  Result<std::unique_ptr<Sensor>> sensor(const std::string& device) override { return cpu().sensor(device); }
  bool prefersBytes() const override { return bytes_; }
  int depth() const override { return cpu().depth(); }
  Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) override {
    return cpu().choose(options, call);
  }
  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& cancelled) override {
    return cpu().open(std::move(plan), cancelled);
  }
  Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                       std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                       int repeat) override {
    return cpu().runOp(options, call, kernel, inputs, outputs, repeat);
  }
  std::vector<std::string> kernels(const OpDef& op) override { return cpu().kernels(op); }

 private:
  bool bytes_;
};

// Images (9, 7, channels) with all 256 values, in two classes that differ in brightness.
std::shared_ptr<const Dataset> images(std::int64_t channels, std::int32_t train, std::int32_t validation,
                                      std::int32_t test) {
  auto data = std::make_shared<Dataset>();
  data->info.name = "squares";
  data->info.inputs[0].sample = Shape{9, 7, channels};
  data->info.targets[0].classes = 2;
  data->info.targets[0].classNames = {"dark", "bright"};
  for (std::int32_t i = 0; i < train + validation + test; ++i) {
    data->targets[0].classOf.push_back(i % 2);
    data->parts[i < train ? 0 : i < train + validation ? 1 : 2].push_back(i);
    for (std::int64_t k = 0; k < data->info.inputs[0].sample.elements(); ++k)
      data->inputs[0].bytes.push_back(static_cast<std::uint8_t>((i * 37 + k * 11 + (i % 2) * 90) % 256));
  }
  const std::vector<float> mean{0.4467f, 0.4823f, 0.2861f}, scale{4.0487f, 3.8255f, 3.3331f};
  data->inputs[0].mean.assign(mean.begin(), mean.begin() + channels);
  data->inputs[0].scale.assign(scale.begin(), scale.begin() + channels);
  data->info.inputs[0].bytes = ByteScale::of(data->inputs[0].mean, data->inputs[0].scale);
  return data;
}

// norm - conv - flatten - drop - dense
Project cnn(std::int64_t channels) {
  Project p;
  p.name = "small";
  Network& n = p.network;
  LayerId last = n.add("input", "input", {{"shape", std::vector<std::int64_t>{9, 7, channels}}}).value();
  const auto then = [&](const char* type, const char* name, Attrs attrs = {}) {
    const LayerId id = n.add(type, name, std::move(attrs)).value();
    EXPECT_TRUE(n.connect(last, id).ok());
    last = id;
  };
  then("batch_norm", "norm");
  then("conv2d", "conv", {{"filters", std::int64_t{6}}});
  then("flatten", "flatten");
  then("dropout", "drop");
  then("dense", "dense", {{"units", std::int64_t{2}}});
  p.training.batch = 16;
  p.training.epochs = 2;
  p.training.heads[0].loss = "softmax_cross_entropy";
  return p;
}

// cnn() without the batch norm, so that a convolution reads the input.
Project plainCnn(std::int64_t channels) {
  Project p = cnn(channels);
  const LayerId norm = p.network.findByName("norm")->id, conv = p.network.findByName("conv")->id;
  EXPECT_TRUE(p.network.remove(norm).ok());
  if (p.network.find(conv)->inputs.empty()) {
    EXPECT_TRUE(p.network.connect(p.network.findByName("input")->id, conv).ok());
  }
  return p;
}

struct Outcome {
  std::vector<float> losses;
  TrainResult result;
  Checkpoint checkpoint;
  bool takesBytes = false;
};

class Losses : public TrainObserver {
 public:
  explicit Losses(std::vector<float>& to) : to_(to) {}
  std::int64_t stopAt = 0;
  Trainer* trainer = nullptr;
  void onStart(const Plan&) override {}
  void onEvent(const TrainEvent&) override {}
  void onProfile(const ProfileRecord&) override {}
  void onStep(const StepRecord& record) override {
    to_.push_back(record.values[0]);
    if (record.step == stopAt) trainer->stop();
  }

 private:
  std::vector<float>& to_;
};

Outcome train(bool bytes, const Project& project, const std::shared_ptr<const Dataset>& data,
              const fs::path& folder, std::int64_t stopAt = 0, std::optional<fs::path> resume = {}) {
  Outcome run;
  Losses losses(run.losses);
  ByteBackend backend(bytes);
  auto trainer = Trainer::create({project, data, &backend, folder, std::move(resume), {&losses}, {}});
  EXPECT_TRUE(trainer.ok()) << trainer.error().text();
  if (!trainer.ok()) return run;
  run.takesBytes = (*trainer)->plan().takesBytes();
  losses.stopAt = stopAt;
  losses.trainer = trainer->get();
  (*trainer)->start();
  run.result = (*trainer)->join();
  EXPECT_FALSE(run.result.error) << run.result.error->text();
  auto checkpoint = loadCheckpoint(run.result.weights);
  EXPECT_TRUE(checkpoint.ok());
  if (checkpoint.ok()) run.checkpoint = std::move(*checkpoint);
  return run;
}

void expectSameRun(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.losses, b.losses);
  EXPECT_EQ(a.result.test, b.result.test);
  EXPECT_EQ(a.checkpoint.bestLoss, b.checkpoint.bestLoss);
  ASSERT_EQ(a.checkpoint.parameters.size(), b.checkpoint.parameters.size());
  for (std::size_t i = 0; i < a.checkpoint.parameters.size(); ++i)
    EXPECT_EQ(a.checkpoint.parameters[i].values, b.checkpoint.parameters[i].values);
  ASSERT_EQ(a.checkpoint.states.size(), b.checkpoint.states.size());
  for (std::size_t i = 0; i < a.checkpoint.states.size(); ++i)
    EXPECT_EQ(a.checkpoint.states[i].values, b.checkpoint.states[i].values);
  EXPECT_EQ(a.checkpoint.optimizer, b.checkpoint.optimizer);
}

TEST(Bytes, TheLoaderReturnsThemUnchanged) {
  const auto data = images(3, 10, 0, 0);
  BatchLoader loader(data,
                     {.batch = 8, .shuffle = false, .dropLast = false, .tensors = {{0, true}, {1, false}}});
  const auto perSample = static_cast<std::size_t>(data->info.inputs[0].sample.elements());
  for (std::size_t first : {std::size_t{0}, std::size_t{8}}) {
    const Batch* batch = loader.next();
    ASSERT_NE(batch, nullptr);
    const auto* x = static_cast<const std::uint8_t*>(batch->tensors[0]);
    const std::size_t valid = first == 0 ? 8 : 2;
    EXPECT_EQ(std::memcmp(x, data->inputs[0].bytes.data() + first * perSample, valid * perSample), 0);
    for (std::size_t i = valid * perSample; i < 8 * perSample; ++i) ASSERT_EQ(x[i], 0);
    EXPECT_EQ(static_cast<const std::int32_t*>(batch->tensors[1])[1], 1);
    loader.release(batch);
  }
}

// Compares each CPU kernel of the op with the loader, for all values of a byte.
TEST(Bytes, TheDeviceComputesTheLoadersValues) {
  constexpr std::int32_t kRows = 23;
  for (const std::int64_t channels : {1, 3}) {
    const auto data = images(channels, kRows, 0, 0);
    const std::vector<std::int64_t>& all = data->parts[0];
    const Shape shape = data->info.inputs[0].sample.withFirst(kRows);
    Tensor bytes({DType::U8, shape}), loaded({DType::F32, shape}), made({DType::F32, shape});
    Tensor step({DType::F32, {kStepSlots}});
    data->gatherBytes(0, all, bytes.as<std::uint8_t>().data());
    data->gather(0, all, loaded.bytes().data());
    EXPECT_EQ(std::set(bytes.as<std::uint8_t>().begin(), bytes.as<std::uint8_t>().end()).size(), 256u);
    step.as<float>()[kStepValidRows] = kRows;
    const OpDef& op = *findOp("normalize");
    const Attrs attrs =
        ops::NormalizeAttrs{data->info.inputs[0].bytes->scale, data->info.inputs[0].bytes->shift}.attrs();
    const OpCall call{&op, &attrs, {bytes.type(), step.type()}, {made.type()}};
    const Tensor* const in[] = {&bytes, &step};
    Tensor* const out[] = {&made};
    for (const int threads : {1, 2}) {
      DeviceOptions options;
      options.threads = threads;
      ASSERT_TRUE(cpu().runOp(options, call, "simd", in, out, 1).ok());
      EXPECT_EQ(std::memcmp(made.bytes().data(), loaded.bytes().data(), made.bytes().size()), 0)
          << channels << " channels, " << threads << " threads";
    }
  }
}

// The last batches of the validation and test sets are padded.
TEST(Bytes, TrainingIsBitEqualWithBytesAndFloats) {
  for (const std::int64_t channels : {1, 3}) {
    const auto data = images(channels, 48, 10, 21);
    for (Project project : {cnn(channels), plainCnn(channels)})
      for (const Precision precision : {Precision::Fp32, Precision::Bf16, Precision::Fp16}) {
        project.training.device.precision = precision;
        const TemporaryFolder folder;
        const Outcome floats = train(false, project, data, folder / "floats");
        const Outcome bytes = train(true, project, data, folder / "bytes");
        EXPECT_FALSE(floats.takesBytes);
        EXPECT_TRUE(bytes.takesBytes);
        EXPECT_EQ(bytes.losses.size(), 6u);
        expectSameRun(floats, bytes);
      }
  }
}

// Batch norm reads the padding too: it must be zero after normalization, not before.
TEST(Bytes, PaddingOfTheOnlyBatchIsZero) {
  const auto data = images(3, 10, 0, 0);
  const TemporaryFolder folder;
  expectSameRun(train(false, cnn(3), data, folder / "floats"), train(true, cnn(3), data, folder / "bytes"));
}

TEST(Bytes, ARunResumesWithBytesAndFloats) {
  const auto data = images(3, 48, 10, 21);
  const Project project = cnn(3);
  const TemporaryFolder folder;
  const Outcome whole = train(false, project, data, folder / "whole");
  for (const bool first : {false, true}) {
    const std::string name = first ? "bytes" : "floats";
    Outcome begun = train(first, project, data, folder / name, 2);
    ASSERT_EQ(begun.result.state, TrainState::Stopped);
    Outcome rest = train(!first, project, data, folder / (name + "-rest"), 0, begun.result.weights);
    EXPECT_EQ(rest.takesBytes, !first);
    rest.losses.insert(rest.losses.begin(), begun.losses.begin(), begun.losses.end());
    expectSameRun(whole, rest);
  }
}

TEST(Bytes, AugmentedRunsAreTheSameAndResume) {
  const auto data = images(3, 48, 10, 21);
  Project project = cnn(3);
  project.training.augment = {"flip", "rotate", "shift", "brightness", "noise", "cutout"};
  const TemporaryFolder folder;
  const Outcome whole = train(false, project, data, folder / "whole");
  expectSameRun(whole, train(true, project, data, folder / "bytes"));
  Outcome begun = train(true, project, data, folder / "begun", 2);
  ASSERT_EQ(begun.result.state, TrainState::Stopped);
  Outcome rest = train(false, project, data, folder / "rest", 0, begun.result.weights);
  rest.losses.insert(rest.losses.begin(), begun.losses.begin(), begun.losses.end());
  expectSameRun(whole, rest);
  EXPECT_NE(train(false, cnn(3), data, folder / "plain").losses, whole.losses);
}

TEST(Bytes, AugmentationLeavesValidationAndTestSetAlone) {
  const auto data = images(3, 48, 10, 21);
  Project plain = plainCnn(3);
  ASSERT_TRUE(plain.training.optimizer.set(kLearningRate, 1e-30).ok());  // the weights stay as they are
  Project augmented = plain;
  augmented.training.augment = {"flip", "rotate", "noise"};
  const TemporaryFolder folder;
  const Outcome a = train(false, plain, data, folder / "plain");
  const Outcome b = train(false, augmented, data, folder / "augmented");
  EXPECT_NE(a.losses, b.losses);
  EXPECT_EQ(a.checkpoint.bestLoss, b.checkpoint.bestLoss);  // of the validation set
  EXPECT_EQ(a.result.test, b.result.test);
}

TEST(Bytes, FloatDataRemainFloats) {
  ByteBackend wants(true);
  for (const char* name : {"Two moons", "Two spirals"}) {
    Project project = *projectFromTemplate(name);
    project.data.count = 100;
    project.training.batch = 16;
    project.training.epochs = 1;
    const auto data = loadDataset(project.data).value();
    EXPECT_FALSE(data->info.inputs[0].bytes);
    const TemporaryFolder folder;
    EXPECT_FALSE(train(true, project, data, folder / "run").takesBytes);
  }
  const testing::TempFolder files;
  DataSpec csv;
  csv.kind = DataKind::Csv;
  csv.path = files.write("table.csv", "a,b,class\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n9,1,x\n2,2,y\n");
  csv.targets = {"class"};
  const auto table = loadDataset(csv);
  ASSERT_TRUE(table.ok()) << table.error().text();
  EXPECT_FALSE((*table)->info.inputs[0].bytes);
}

// `tandem check` knows the memory without reading the data.
TEST(Bytes, TheForecastCountsTheFormatInUse) {
  const testing::TempFolder files;
  std::string pixels, labels;
  for (int i = 0; i < 40; ++i) {
    labels += static_cast<char>(i % 2);
    for (int k = 0; k < 63; ++k) pixels += static_cast<char>(i + k);
  }
  files.write("train-images-idx3-ubyte", testing::idx({40, 9, 7}, pixels));
  files.write("train-labels-idx1-ubyte", testing::idx({40}, labels));
  DataSpec spec;
  spec.kind = DataKind::Idx;
  spec.path = files.path().string();
  const DatasetInfo probed = probeDataset(spec).value();
  const auto data = loadDataset(spec).value();
  ByteBackend wants(true), wantsNot(false);
  const Project project = cnn(1);
  const auto plan = [&](const DatasetInfo& info, Backend& backend) {
    return compile(project.network, project.training, info, backend).value();
  };
  // At aligned places: 16 * 63 pixels (four times that as numbers), 16 labels of 4 bytes, the step block.
  const std::size_t rest = kArenaAlignment + kStepSlots * sizeof(float);
  EXPECT_EQ(plan(probed, wants)->forecast.inputs, 4 * kArenaAlignment + rest);
  EXPECT_EQ(plan(probed, wantsNot)->forecast.inputs, 16 * kArenaAlignment + rest);
  EXPECT_EQ(plan(data->info, wants)->forecast.total(), plan(probed, wants)->forecast.total());
  EXPECT_EQ(plan(data->info, wants)->inputType(0), (TensorType{DType::U8, {16, 9, 7, 1}}));
  EXPECT_EQ(plan(data->info, wantsNot)->inputType(0), data->info.inputs[0].type(16));
  CompileOptions options;
  options.byteInput = ByteInput::Floats;
  EXPECT_FALSE(compile(project.network, project.training, data->info, wants, options).value()->takesBytes());
}

// In half precision, a convolution reads the output of the first op without a cast.
TEST(Bytes, HalfPrecisionNeedsNoCastOfTheInput) {
  const auto data = images(3, 16, 0, 0);
  ByteBackend wants(true);
  Project project = plainCnn(3);
  project.training.device.precision = Precision::Bf16;
  CompileReport report;
  const auto plan = compile(project.network, project.training, data->info, wants, {}, &report).value();
  const Program& program = plan->train.program;
  const auto made = std::ranges::find(program.nodes, findOp("normalize"), &Node::op);
  ASSERT_NE(made, program.nodes.end());
  const ValueId numbers = made->outputs[0];
  EXPECT_EQ(program.type(numbers).dtype, DType::BF16);
  for (const Node& node : program.nodes)
    if (std::ranges::find(node.inputs, numbers) != node.inputs.end()) {
      EXPECT_TRUE(node.op->name.starts_with("conv2d")) << node.op->name;
    }
  EXPECT_EQ(precisionOf(program, *made, Precision::Bf16).text, "bf16");
  project.training.device.precision = Precision::Fp32;
  const auto fp32 = compile(project.network, project.training, data->info, wants).value();
  EXPECT_EQ(precisionOf(fp32->train.program, fp32->train.program.nodes[0], Precision::Fp32).text, "fp32");
}

// One side that accepts bytes and one that does not.
TEST(Bytes, TwinSidesGetTheSameBatches) {
  ByteBackend wants(true), wantsNot(false);
  const BackendLookup lookup = [&](std::string_view device) -> Result<Backend*> {
    return device == "cuda:0" ? static_cast<Backend*>(&wants) : &wantsNot;
  };
  const auto data = images(3, 48, 0, 0);
  const Project project = cnn(3);
  const auto lockStep = LockStep::open(project, data, parseSides({"cpu", "cuda:0"}).value(), lookup).value();
  EXPECT_TRUE(lockStep->plan(0).takesBytes() && lockStep->plan(1).takesBytes());
  std::vector<float> losses;
  for (int i = 0; i < 6; ++i) {
    const LockStepRecord record = lockStep->step().value();
    EXPECT_EQ(record.sides[0].loss, record.sides[1].loss);
    losses.push_back(static_cast<float>(record.sides[0].loss));
  }
  const TemporaryFolder folder;
  EXPECT_EQ(losses, train(false, project, data, folder / "run").losses);
  const ParityRecord record = lockStep->compare().value();
  const auto& tensors = record.sides.at(0).tensors;
  const auto first = std::ranges::find(tensors, "input", &TensorParity::layer);
  ASSERT_NE(first, tensors.end());  // the normalized bytes can be inspected like other tensors
  EXPECT_EQ(first->difference.largest, 0);
  const Cause cause =
      lockStep->explain(record.sides[0], static_cast<std::size_t>(first - tensors.begin())).value();
  EXPECT_EQ(cause.op, "normalize");
  EXPECT_LT(cause.alternatives.at(0).relative, 1e-6);

  const auto floats = LockStep::open(project, data, parseSides({"cpu", "cpu"}).value(), lookup).value();
  EXPECT_FALSE(floats->plan(0).takesBytes());
}

TEST(Bytes, CrossoverAndResumeChecksRunOnThem) {
  ByteBackend wants(true), wantsNot(false);
  const BackendLookup lookup = [&](std::string_view device) -> Result<Backend*> {
    return device == "cuda:0" ? static_cast<Backend*>(&wants) : &wantsNot;
  };
  const auto data = images(3, 48, 0, 0);
  Project project = cnn(3);
  SweepOptions options;
  options.values = {4, 64};  // the second exceeds the number of samples
  options.secondsPerSide = 0.01;
  const auto found = findCrossover(project, data, parseSides({"cpu", "cuda:0"}).value(), options, {}, lookup);
  ASSERT_TRUE(found.ok()) << found.error().text();
  for (const SweepPoint& point : found->points)
    for (const SweepSide& side : point.sides) EXPECT_TRUE(side.error.empty()) << side.error;

  const TemporaryFolder folder;
  const Outcome begun = train(false, project, data, folder / "run", 2);
  project.training.device.device = "cuda:0";
  const auto check = checkResume(begun.checkpoint, project, data, lookup);
  ASSERT_TRUE(check.ok()) << check.error().text();
  EXPECT_TRUE(check->agrees);
  EXPECT_EQ(check->lossFrom, check->lossTo);
}

// A predictor receives floats, not samples of a dataset.
TEST(Bytes, PredictorsAcceptFloatsOnAnyBackend) {
  const auto data = images(3, 48, 0, 0);
  const TemporaryFolder folder;
  const Outcome run = train(true, cnn(3), data, folder / "run");
  std::vector<float> features;
  for (std::size_t i = 0; i < 5 * 189; ++i)
    features.push_back(static_cast<float>(data->inputs[0].bytes[i]) / 255.0f);
  ByteBackend wants(true), wantsNot(false);
  auto a = Predictor::open(run.checkpoint, wants, {}, 3),
       b = Predictor::open(run.checkpoint, wantsNot, {}, 3);
  ASSERT_TRUE(a.ok() && b.ok());
  const std::vector<std::vector<float>> inputs{features};
  const auto answer = a->predict(inputs);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->at(0).size(), 10u);
  EXPECT_EQ(*answer, *b->predict(inputs));
}

}  // namespace
}  // namespace tandem
