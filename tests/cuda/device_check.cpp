// tandem_device_check --device cuda:0 [--precision fp32|tf32|bf16|fp16] [--network REGEX] [--json FILE]
// Checks of sessions on a device, beyond single kernels: repeated runs are bit-identical; steps in flight and
// profiled steps give the results of single steps; images may be bytes or floats; losses match the CPU's; and
// insufficient memory is an Error that names a batch size that fits. Also runs on the CPU.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <regex>

#include "core/base/philox.h"
#include "core/runtime/registry.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem::testing {
namespace {

struct Settings {
  std::string device = "cpu", precision = "fp32", networks = ".*", json;
  int steps = 100;
  bool times = true;
};

struct Subject {
  std::string name;
  Network network;
  DatasetInfo data;
  std::int64_t batch = 32;
};

// A small network with everything that may differ between devices: padding, batch norm, dropout, branches.
Subject mixed() {
  NetworkBuilder b({12, 12, 3});
  b.conv(8, 3);
  b.add("batch_norm");
  const LayerId first = b.add("activation", {{"function", std::string("relu")}});
  b.conv(8, 3, 1, true, "relu");
  b.join("add", first, b.last());
  b.conv(16, 3, 2, true, "relu");
  b.add("max_pool2d");
  b.add("flatten");
  b.add("dropout", {{"rate", 0.3}});
  b.add("dense", {{"units", std::int64_t{24}}, {"activation", std::string("tanh")}});
  b.add("dense", {{"units", std::int64_t{7}}});
  DatasetInfo data;
  data.name = "synthetic data";
  data.inputs[0].sample = {12, 12, 3};
  data.targets[0].classes = 7;
  for (int i = 0; i < 7; ++i) data.targets[0].classNames.push_back(std::to_string(i));
  return {"mixed", b.take(), data, 32};
}

std::vector<Subject> subjects(const Settings& settings) {
  std::vector<Subject> list{mixed()};
  for (const char* name : {"tiny", "mlp", "lenet", "resnet20"}) {
    Workload w = workload(name);
    list.push_back({name, std::move(w.network), std::move(w.data), 32});
  }
  const std::regex pattern(settings.networks);
  std::erase_if(list, [&](const Subject& s) { return !std::regex_match(s.name, pattern); });
  return list;
}

TrainingConfig training(const Settings& settings, const std::string& device, std::int64_t batch) {
  TrainingConfig config;
  config.batch = batch;
  config.device.device = device;
  // The CPU has no tf32; it emulates half precision.
  if (device != "cpu" || settings.precision != "tf32")
    config.device.precision = precisionFromName(settings.precision).value();
  return config;
}

struct Outcome {
  std::vector<float> losses, parameters, states;
};

enum class Mode { Single, InFlight, Profiled };

constexpr int kBatches = 4;  // different batches, used in turn

Result<Outcome> train(const Subject& s, const TrainingConfig& config, int steps, Mode mode,
                      int different = kBatches) {
  TANDEM_ASSIGN(NetRunner net, NetRunner::open(s.network, config, s.data));
  std::vector<SyntheticBatch> batches;
  for (int i = 0; i < different; ++i)
    batches.push_back(syntheticBatch(s.data, config.batch, 100 + static_cast<std::uint64_t>(i)));
  net.session().setProfiling(mode == Mode::Profiled);
  const int flight = mode == Mode::InFlight ? net.session().depth() : 1;
  Outcome outcome;
  std::vector<Ticket> open;
  const auto finishOne = [&]() -> Status {
    TANDEM_ASSIGN(const StepReport report, net.session().wait(open.front()));
    open.erase(open.begin());
    outcome.losses.push_back(report.values[0]);
    return success();
  };
  for (int i = 0; i < steps; ++i) {
    if (static_cast<int>(open.size()) == flight) TANDEM_TRY(finishOne());
    const SyntheticBatch& batch = batches[static_cast<std::size_t>(i % different)];
    const std::int64_t valid =
        i % 5 == 4 ? config.batch / 2 + 1 : config.batch;  // an occasional partial batch
    TANDEM_ASSIGN(const Ticket ticket,
                  net.session().submit(
                      Phase::Train, net.inputs(Phase::Train, batch.features.data(), batch.labels(), valid)));
    open.push_back(ticket);
  }
  while (!open.empty()) TANDEM_TRY(finishOne());
  TANDEM_ASSIGN(outcome.parameters, net.readBlock(Role::Parameter, net.plan().parameterBytes));
  TANDEM_ASSIGN(outcome.states, net.readBlock(Role::State, net.plan().stateBytes));
  return outcome;
}

bool bitEqual(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

std::string difference(const Outcome& a, const Outcome& b) {
  for (std::size_t i = 0; i < a.losses.size(); ++i)
    if (std::memcmp(&a.losses[i], &b.losses[i], sizeof(float)) != 0)
      return fmt::format("loss of step {} is {} and {}", i + 1, a.losses[i], b.losses[i]);
  if (!bitEqual(a.parameters, b.parameters)) return "the losses are equal, but the weights differ";
  return bitEqual(a.states, b.states) ? std::string() : "the running statistics differ";
}

class Report {
 public:
  void add(const std::string& name, const std::string& failure, const std::string& figures = {}) {
    failed_ = failed_ || !failure.empty();
    fmt::print("{} {:44} {}\n", failure.empty() ? "ok  " : "FAIL", name, failure.empty() ? figures : failure);
    std::fflush(stdout);
    list_.push_back(
        {{"check", name}, {"ok", failure.empty()}, {"text", failure.empty() ? figures : failure}});
  }
  bool failed() const { return failed_; }
  const nlohmann::json& list() const { return list_; }

 private:
  nlohmann::json list_ = nlohmann::json::array();
  bool failed_ = false;
};

void checkReproducibility(const Settings& settings, const Subject& s, Report& report) {
  const TrainingConfig config = training(settings, settings.device, s.batch);
  const int steps = 20;
  const auto first = train(s, config, steps, Mode::Single);
  if (!first.ok()) return report.add(s.name + ": trains", first.error().text());
  for (const auto& [mode, name] : {std::pair{Mode::Single, "the same run again"},
                                   {Mode::InFlight, "steps in flight"},
                                   {Mode::Profiled, "profiled"}}) {
    const auto again = train(s, config, steps, mode);
    report.add(fmt::format("{}: bit-identical, {}", s.name, name),
               again.ok() ? difference(*first, *again) : again.error().text());
  }
}

// Trains `steps` steps on images of random pixels, normalized either by the device or in advance.
Result<Outcome> trainOnImages(const Subject& s, const TrainingConfig& config, int steps, bool bytes) {
  Dataset data;
  data.info = s.data;
  data.inputs[0].mean = {0.45f, 0.48f, 0.29f};
  data.inputs[0].scale = {4.05f, 3.83f, 3.33f};
  data.info.inputs[0].bytes = ByteScale::of(data.inputs[0].mean, data.inputs[0].scale);
  PhiloxSequence random(7, 0);
  for (std::int64_t i = 0; i < kBatches * config.batch * data.info.inputs[0].sample.elements(); ++i)
    data.inputs[0].bytes.push_back(static_cast<std::uint8_t>(random.below(256)));
  for (std::int64_t i = 0; i < kBatches * config.batch; ++i)
    data.targets[0].classOf.push_back(static_cast<std::int32_t>(i % data.info.targets[0].classes));
  CompileOptions options;
  options.byteInput = bytes ? ByteInput::Bytes : ByteInput::Floats;
  TANDEM_ASSIGN(NetRunner net, NetRunner::open(s.network, config, data.info, options));
  Outcome outcome;
  for (int i = 0; i < steps; ++i) {
    const std::int64_t valid = i % 5 == 4 ? config.batch / 2 + 1 : config.batch;
    std::vector<std::int64_t> rows(static_cast<std::size_t>(valid));
    std::iota(rows.begin(), rows.end(), i % kBatches * config.batch);
    Tensor features(net.plan().inputType(0)), labels(net.plan().inputType(1));  // zero
    if (bytes)
      data.gatherBytes(0, rows, features.as<std::uint8_t>().data());
    else
      data.gather(0, rows, features.bytes().data());
    data.gather(1, rows, labels.bytes().data());
    TANDEM_ASSIGN(const StepReport report,
                  net.run(Phase::Train, features.bytes().data(), labels.bytes().data(), valid));
    outcome.losses.push_back(report.values[0]);
  }
  TANDEM_ASSIGN(outcome.parameters, net.readBlock(Role::Parameter, net.plan().parameterBytes));
  TANDEM_ASSIGN(outcome.states, net.readBlock(Role::State, net.plan().stateBytes));
  return outcome;
}

void checkBytes(const Settings& settings, const Subject& s, Report& report) {
  const TrainingConfig config = training(settings, settings.device, s.batch);
  const auto numbers = trainOnImages(s, config, 20, false), bytes = trainOnImages(s, config, 20, true);
  report.add(s.name + ": bit-identical, images as bytes", !numbers.ok() ? numbers.error().text()
                                                          : bytes.ok()  ? difference(*numbers, *bytes)
                                                                        : bytes.error().text());
}

// Every step has a separate batch: a few batches would soon be memorized, and the last digits of losses near
// zero are rounding noise.
void checkParity(const Settings& settings, const Subject& s, Report& report) {
  const std::string name = fmt::format("{}: {} losses against the CPU", s.name, settings.steps);
  const auto cpu = train(s, training(settings, "cpu", s.batch), settings.steps, Mode::Single, settings.steps);
  const auto device =
      train(s, training(settings, settings.device, s.batch), settings.steps, Mode::Single, settings.steps);
  if (!cpu.ok() || !device.ok()) return report.add(name, (cpu.ok() ? device : cpu).error().text());
  double worst = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < cpu->losses.size(); ++i) {
    const double difference = std::abs(static_cast<double>(device->losses[i]) - cpu->losses[i]) /
                              std::max(1e-2, std::abs(static_cast<double>(cpu->losses[i])));
    if (!(difference <= worst)) {
      worst = difference;
      at = i;
    }
  }
  const std::string figures =
      fmt::format("relative difference at most {:.2g} (step {}: {} and {}); first {} and {}", worst, at + 1,
                  cpu->losses[at], device->losses[at], cpu->losses[0], device->losses[0]);
  const double limit = settings.precision == "fp32" ? 1e-3 : 5e-2;
  report.add(name, worst <= limit ? std::string() : figures, figures);
}

// Not a check: a step that is not captured is correct, but slow. verify.sh shows notes.
void noteLimitation(const Settings& settings, const Subject& s) {
  auto net = NetRunner::open(s.network, training(settings, settings.device, s.batch), s.data);
  if (!net.ok()) return;  // reported by the checks
  const std::string text = net->session().limitation();
  if (!text.empty()) fmt::print("note {}: {}\n", s.name, text);
}

void checkMemory(const Settings& settings, const Subject& s, Report& report) {
  auto net = NetRunner::open(s.network, training(settings, settings.device, s.batch), s.data);
  if (!net.ok()) return report.add(s.name + ": memory", net.error().text());
  const MemoryUse is = net->session().memory(), was = net->plan().forecast;
  const auto mib = [](std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
  const std::string figures = fmt::format(
      "weights {:.1f} gradients {:.1f} optimizer {:.1f} states {:.1f} activations {:.1f} workspace {:.1f} "
      "inputs {:.1f} context {:.0f} MiB",
      mib(is.weights), mib(is.gradients), mib(is.optimizer), mib(is.states), mib(is.activations),
      mib(is.workspace), mib(is.inputs), mib(is.context));
  const bool within =
      is.weights <= was.weights && is.gradients <= was.gradients && is.optimizer <= was.optimizer &&
      is.activations + is.workspace <= was.activations + was.workspace && is.inputs <= was.inputs;
  report.add(s.name + ": memory within the forecast", within ? std::string() : figures, figures);
}

// A network whose outputs need more memory than the device has must be an Error, and the next session must open. Each
// output has 2^30 elements, fewer than the limit of a kernel, so that the error cannot be another.
void checkOutOfMemory(const Settings& settings, Report& report) {
  std::size_t total = 0;
  for (const DeviceInfo& device : DeviceRegistry::instance().devices())
    if (isDevice(device, settings.device)) total = device.totalBytes;
  constexpr std::int64_t kUnits = 1024, kBatch = 1 << 20;
  const std::size_t outputBytes = sizeof(float) * kUnits * kBatch;  // half of it in half precision
  NetworkBuilder b({64});
  for (std::size_t i = 0; i < 2 * total / outputBytes + 2; ++i)
    b.add("dense", {{"units", kUnits}, {"activation", std::string("relu")}});
  b.add("dense", {{"units", std::int64_t{7}}});
  const Subject huge{"deep", b.take(),
                     [] {
                       DatasetInfo data = mixed().data;
                       data.inputs[0].sample = {64};
                       return data;
                     }(),
                     kBatch};
  auto net = NetRunner::open(huge.network, training(settings, settings.device, huge.batch), huge.data);
  const std::string text = net.ok() ? "it was accepted" : net.error().text();
  const bool right = !net.ok() && net.error().code == ErrorCode::OutOfMemory;
  report.add("outputs larger than the device: out of memory", right ? std::string() : text, text);
  const Subject small = mixed();
  auto again = NetRunner::open(small.network, training(settings, settings.device, 32), small.data);
  report.add("a session opens afterwards", again.ok() ? std::string() : again.error().text());
}

// Readings while the device works: available readings are plausible, and missing ones have a reason.
void checkReadings(const Settings& settings, Backend& backend, const Subject& s, Report& report) {
  auto sensor = backend.sensor(settings.device);
  auto net = NetRunner::open(s.network, training(settings, settings.device, 128), s.data);
  if (!sensor.ok() || !net.ok())
    return report.add("readings", (sensor.ok() ? net.error() : sensor.error()).text());
  const SyntheticBatch batch = syntheticBatch(s.data, 128, 1);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
  while (std::chrono::steady_clock::now() < end)
    if (const auto step = net->run(Phase::Train, batch.features.data(), batch.labels()); !step.ok())
      return report.add("readings", step.error().text());
  const DeviceReading reading = (*sensor)->read();
  std::string figures, fault;
  for (const auto& [label, value] : readingFacts(reading)) figures += fmt::format("{} {}, ", label, value);
  if (reading.joules) figures += fmt::format("{:.1f} J counted, ", *reading.joules);
  for (const SensorGap& gap : (*sensor)->gaps()) figures += fmt::format("no {} ({}), ", gap.what, gap.why);
  const auto expect = [&](bool good, const char* what) {
    if (!good) fault += fmt::format("{} is implausible; ", what);
  };
  expect(reading.utilization.value_or(0.5) > 0 && reading.utilization.value_or(0.5) <= 1, "the utilization");
  expect(reading.watts.value_or(50) > 1 && reading.watts.value_or(50) < 20000, "the power");
  expect(reading.celsius.value_or(50) > -40 && reading.celsius.value_or(50) < 130, "the temperature");
  expect(reading.clockHz.value_or(1e9) > 1e8 && reading.clockHz.value_or(1e9) < 2e10, "the clock");
  expect(reading.memoryBytes.value_or(1 << 20) >= (1 << 20), "the memory in use");
  expect(reading.joules.value_or(50) > 1, "the energy");
  report.add("readings", fault.empty() ? fault : fault + figures, figures);
}

// Not a check; prints the time distribution of a step for information.
void printTimes(const Settings& settings, const Subject& s) {
  auto net = NetRunner::open(s.network, training(settings, settings.device, 128), s.data);
  if (!net.ok()) return;
  const SyntheticBatch batch = syntheticBatch(s.data, 128, 1);
  const auto step = [&] { return net->run(Phase::Train, batch.features.data(), batch.labels()).ok(); };
  for (int i = 0; i < 20; ++i)
    if (!step()) return;
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i)
    if (!step()) return;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - before;
  net->session().setProfiling(true);
  if (!step() || !step()) return;
  auto times = net->session().profile();
  std::erase_if(times, [](const NodeTime& time) { return time.node == kTransfer; });
  std::ranges::sort(times, std::ranges::greater{}, &NodeTime::seconds);
  const Program& p = net->plan().train.program;
  fmt::print(
      "     {} at batch 128: {:.1f} us per step, one at a time; slowest of {} kernels when profiled:\n",
      s.name, spent.count() * 1e4, times.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(6, times.size()); ++i) {
    const auto index = static_cast<std::size_t>(times[i].node);
    const Node& node = p.nodes[index];
    fmt::print("       {:8.1f} us  {:26} {:14} {}\n", times[i].seconds * 1e6, node.op->name,
               net->plan().train.kernels[index].kernel,
               node.layer < 0 ? std::string() : p.layers[static_cast<std::size_t>(node.layer)]);
  }
}

int run(const Settings& settings) {
  const auto backend = DeviceRegistry::instance().backendFor(settings.device);
  if (!backend.ok()) {
    fmt::print(stderr, "{}\n", backend.error().text());
    return 2;
  }
  Report report;
  const std::vector<Subject> all = subjects(settings);
  for (const Subject& s : all) {
    checkReproducibility(settings, s, report);
    checkMemory(settings, s, report);
    noteLimitation(settings, s);
  }
  checkBytes(settings, mixed(), report);
  checkReadings(settings, **backend, mixed(), report);
  if (settings.device != "cpu") {
    for (const Subject& s : all)
      if (s.name == "mixed" || s.name == "lenet") checkParity(settings, s, report);
    checkOutOfMemory(settings, report);
    for (const Subject& s : all)
      if (settings.times) printTimes(settings, s);
  }
  if (!settings.json.empty())
    std::ofstream(settings.json) << nlohmann::json{{"device", settings.device},
                                                   {"precision", settings.precision},
                                                   {"checks", report.list()}}
                                        .dump(1)
                                 << '\n';
  return report.failed() ? 1 : 0;
}

}  // namespace
}  // namespace tandem::testing

int main(int argc, char** argv) {
  tandem::testing::Settings settings;
  CLI::App app{"Checks sessions on a device, beyond single kernels"};
  app.add_option("--device", settings.device, "cpu, cuda:0, ...");
  app.add_option("--precision", settings.precision)->check(CLI::IsMember({"fp32", "tf32", "bf16", "fp16"}));
  app.add_option("--network", settings.networks,
                 "Regular expression of networks: mixed, tiny, mlp, lenet, resnet20");
  app.add_option("--steps", settings.steps, "Number of losses to compare with the CPU's");
  app.add_flag("!--no-times", settings.times, "Do not print the time distribution of a step");
  app.add_option("--json", settings.json, "Write the results to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return tandem::testing::run(settings);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}
