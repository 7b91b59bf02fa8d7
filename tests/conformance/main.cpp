// Conformance of the devices with the definitions of the ops; see --help.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <limits>
#include <regex>

#include "core/runtime/registry.h"
#include "tests/conformance/bandwidth.h"
#include "tests/conformance/gaps.h"
#include "tests/conformance/gradient_check.h"
#include "tests/conformance/kernel_check.h"

namespace tandem::conformance {
namespace {

struct Settings {
  std::string device = "cpu", op = ".*", mode = "test", precision = "fp32";
  std::vector<int> threads = {1, 2};
  bool verbose = false;
  bool large = false;
  double megabytes = 512;
};

// Above this, the definition in plain loops takes too long.
constexpr double kLargeFlops = 2e8;

struct Tally {
  int passed = 0, failed = 0, skipped = 0;
  bool lost = false;  // the device failed permanently

  void add(const std::string& name, const std::string& failure, bool verbose) {
    ++(failure.empty() ? passed : failed);
    if (!failure.empty())
      fmt::print("FAIL {}: {}\n", name, failure);
    else if (verbose)
      fmt::print("ok   {}\n", name);
  }
};

bool isLarge(const OpDef& op, const Sample& sample, std::span<const RefTensor> inputs) {
  const std::vector<TensorType> types = typesOf(inputs);
  return op.cost(sample.attrs, types, *op.infer(sample.attrs, types)).flops > kLargeFlops;
}

// The op's samples in the requested precision: in half precision only those with half operands, since the
// others are the same as in fp32.
std::vector<Sample> samplesOf(const Settings& settings, const OpDef& op) {
  const bool bf16 = settings.precision == "bf16";
  if (!bf16 && settings.precision != "fp16") return op.samples();
  std::vector<Sample> list;
  for (Sample& sample : op.samples())
    if (auto half = inHalf(op, std::move(sample), bf16 ? DType::BF16 : DType::F16))
      list.push_back(std::move(*half));
  return list;
}

DeviceOptions optionsOf(const Settings& settings, int threads) {
  DeviceOptions options;
  options.device = settings.device;
  options.threads = threads;
  for (const Precision p : {Precision::Fp32, Precision::Tf32, Precision::Bf16, Precision::Fp16})
    if (nameOf(p) == settings.precision) options.precision = p;
  return options;
}

// A NaN in each operand in turn must propagate to the result; the skip slot of optimizers must prevent it.
void testVariants(Backend& backend, const DeviceOptions& options, const OpDef& op, const Sample& sample,
                  const std::string& kernel, const std::string& name, Tally& tally, bool verbose) {
  std::vector<RefTensor> inputs = fill(op, sample);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (sample.inputs[i].absent || !(inputs[i].type.dtype == DType::F32 || isHalf(inputs[i].type.dtype)))
      continue;
    const bool step = sample.inputs[i].fill == Fill::Step;
    if (step && op.inPlace.empty()) continue;
    double& changed = inputs[i].data[step ? std::size_t{kStepSkip} : inputs[i].data.size() / 2];
    const double before = changed;
    changed = step ? 1.0 : std::numeric_limits<double>::quiet_NaN();
    const auto expected = runReference(op, sample.attrs, inputs);
    const CheckResult result = checkKernel(backend, options, op, sample, inputs, expected, kernel, !step);
    changed = before;
    if (!result.refused)
      tally.add(name + (step ? " skip" : fmt::format(" nan in {}", i)), result.failure, verbose);
    tally.lost = tally.lost || result.lost;
    if (tally.lost) return;
  }
}

// Whether the device would choose the kernel for a plan. A kernel that is chosen but does not run is broken.
bool accepts(Backend& backend, DeviceOptions options, const OpCall& call, const std::string& kernel) {
  for (const std::string& other : backend.kernels(*call.op))
    if (other != kernel) options.avoid.push_back(other);
  const auto choice = backend.choose(options, call);
  return choice.ok() && choice->kernel == kernel;
}

void testSample(const Settings& settings, Backend& backend, const OpDef& op, const Sample& sample,
                Tally& tally) {
  const std::vector<int> threads = backend.name() == "cpu" ? settings.threads : std::vector<int>{0};
  const std::vector<RefTensor> inputs = fill(op, sample);
  if (!settings.large && isLarge(op, sample, inputs)) {
    ++tally.skipped;
    return;
  }
  const std::vector<RefTensor> expected = runReference(op, sample.attrs, inputs);
  bool fast = false;
  for (const std::string& kernel : backend.kernels(op)) {
    for (const int team : threads) {
      const DeviceOptions options = optionsOf(settings, team);
      const std::string name = fmt::format("{} {} {} threads", nameOf(op, sample), kernel, team);
      const CheckResult result = checkKernel(backend, options, op, sample, inputs, expected, kernel);
      if (result.refused) {
        if (accepts(backend, options, callOf(op, sample.attrs, inputs, expected), kernel))
          tally.add(name, "accepted, but does not run: " + result.reason, settings.verbose);
        break;
      }
      fast = fast || kernel != kReferenceKernel;
      tally.add(settings.verbose ? fmt::format("{} error {:.1g}", name, result.error) : name, result.failure,
                settings.verbose);
      tally.lost = tally.lost || result.lost;
      if (!tally.lost && !sample.perf && team == threads.front())
        testVariants(backend, options, op, sample, kernel, name, tally, settings.verbose);
      if (tally.lost) return;
    }
  }
  if (!fast && !knownGap(backend.name(), op.name, sample.name))
    tally.add(nameOf(op, sample), "no fast kernel and no entry in gaps.cpp", settings.verbose);
}

// The exit status if the device was lost before all checks were done; the last line then names the ops that
// another process can still check (installer/verify.sh).
constexpr int kLost = 3;

int test(const Settings& settings, Backend& backend, std::span<const OpDef* const> ops) {
  Tally tally;
  std::vector<std::string_view> rest;
  for (const OpDef* op : ops) {
    if (op->view) continue;
    if (tally.lost) rest.push_back(op->name);
    for (const Sample& sample : samplesOf(settings, *op))
      if (!tally.lost) testSample(settings, backend, *op, sample, tally);
  }
  fmt::print("{} checks passed, {} failed; {} large samples skipped (--large)\n", tally.passed, tally.failed,
             tally.skipped);
  if (!rest.empty()) {
    fmt::print("the device was lost; not checked: {}\n", fmt::join(rest, "|"));
    return kLost;
  }
  return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}

int gradients(const Settings& settings, std::span<const OpDef* const> ops) {
  Tally tally;
  for (const OpDef* op : ops) {
    if (!op->gradient) continue;
    int checked = 0;
    for (const Sample& sample : op->samples()) {
      if (!sample.gradientCheck) continue;
      tally.add(nameOf(*op, sample), checkGradient(*op, sample), settings.verbose);
      ++checked;
    }
    if (checked == 0) tally.add(std::string(op->name), "no sample tests the gradient rule", settings.verbose);
  }
  fmt::print("{} gradients correct, {} wrong\n", tally.passed, tally.failed);
  return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}

int support(const Settings& settings, Backend& backend, std::span<const OpDef* const> ops) {
  for (const OpDef* op : ops) {
    if (op->view) continue;
    const std::vector<std::string> kernels = backend.kernels(*op);
    for (const std::string& kernel : kernels) {
      DeviceOptions options = optionsOf(settings, 0);
      for (const std::string& other : kernels)
        if (other != kernel) options.avoid.push_back(other);
      std::map<std::string, std::vector<std::string>> refusals;
      std::size_t accepted = 0;
      const std::vector<Sample> samples = samplesOf(settings, *op);
      for (const Sample& sample : samples) {
        std::vector<TensorType> types;
        for (const SampleInput& input : sample.inputs)
          types.push_back(input.absent ? TensorType{} : input.type);
        const auto choice =
            backend.choose(options, {op, &sample.attrs, types, *op->infer(sample.attrs, types)});
        if (choice.ok())
          ++accepted;
        else
          refusals[choice.error().message].push_back(sample.name);
      }
      fmt::print("{:28} {:12} {:3} of {:3}\n", op->name, kernel, accepted, samples.size());
      for (const auto& [reason, names] : refusals)
        fmt::print("{:42}{}: {}\n", "", fmt::join(names, ", "), reason);
    }
  }
  return 0;
}

int perf(const Settings& settings, Backend& backend, std::span<const OpDef* const> ops) {
  fmt::print("{:44} {:10} {:>3} {:>11} {:>9} {:>9}\n", "sample", "kernel", "thr", "us", "GFLOP/s", "GB/s");
  for (const OpDef* op : ops) {
    if (op->view) continue;
    for (const Sample& sample : samplesOf(settings, *op)) {
      if (!sample.perf && !settings.large) continue;
      const std::vector<RefTensor> inputs = fill(*op, sample);
      const std::vector<TensorType> types = typesOf(inputs);
      const OpCall call{op, &sample.attrs, types, *op->infer(sample.attrs, types)};
      const Cost cost = op->cost(sample.attrs, types, call.outputs);
      std::vector<Tensor> in, out;
      std::vector<const Tensor*> inPointers;
      std::vector<Tensor*> outPointers;
      for (const RefTensor& tensor : inputs) in.push_back(present(tensor.type) ? toTensor(tensor) : Tensor());
      for (const TensorType& type : call.outputs) out.emplace_back(type);
      for (std::size_t i = 0; i < in.size(); ++i) inPointers.push_back(present(types[i]) ? &in[i] : nullptr);
      for (Tensor& tensor : out) outPointers.push_back(&tensor);
      for (const std::string& kernel : backend.kernels(*op)) {
        if (kernel == kReferenceKernel) continue;
        for (const int team : settings.threads) {
          const DeviceOptions options = optionsOf(settings, team);
          const auto once = backend.runOp(options, call, kernel, inPointers, outPointers, 1);
          if (!once.ok()) break;
          const int repeat = std::clamp(static_cast<int>(0.1 / std::max(1e-7, *once)), 3, 20000);
          const auto best = backend.runOp(options, call, kernel, inPointers, outPointers, repeat);
          if (!best.ok()) break;
          fmt::print("{:44} {:10} {:>3} {:>11.2f} {:>9.2f} {:>9.2f}\n", nameOf(*op, sample), kernel, team,
                     *best * 1e6, cost.flops / *best * 1e-9, cost.bytes / *best * 1e-9);
        }
      }
    }
  }
  return 0;
}

int bandwidth(const Settings& settings, Backend& backend, std::span<const OpDef* const> ops) {
  std::vector<OpSamples> list;
  for (const OpDef* op : ops)
    if (!op->view) list.push_back({op, samplesOf(settings, *op)});
  return printBandwidth(backend, optionsOf(settings, 0), list, settings.megabytes * 1e6);
}

int run(const Settings& settings) {
  const std::regex wanted(settings.op);
  std::vector<const OpDef*> ops;
  for (const OpDef* op : allOps())
    if (std::regex_match(std::string(op->name), wanted)) ops.push_back(op);
  if (ops.empty()) {
    fmt::print(stderr, "no op matches '{}'\n", settings.op);
    return 2;
  }
  if (settings.mode == "grad") return gradients(settings, ops);
  auto backend = DeviceRegistry::instance().backendFor(settings.device);
  if (!backend.ok()) {
    fmt::print(stderr, "{}\n", backend.error().text());
    return 2;
  }
  if (settings.mode == "support") return support(settings, **backend, ops);
  if (settings.mode == "perf") return perf(settings, **backend, ops);
  if (settings.mode == "bandwidth") return bandwidth(settings, **backend, ops);
  return test(settings, **backend, ops);
}

}  // namespace
}  // namespace tandem::conformance

int main(int argc, char** argv) {
  tandem::conformance::Settings settings;
  CLI::App app{"Checks every kernel of a device against the double-precision definitions of the ops"};
  app.add_option("--device", settings.device, "cpu, cuda:0, ...");
  app.add_option("--op", settings.op, "regular expression that must match the full name of an op");
  app.add_option(
         "--mode", settings.mode,
         "test: results; grad: gradient rules; perf: speed; bandwidth: element-wise ops compared to a copy; "
         "support: refusals")
      ->check(CLI::IsMember({"test", "grad", "perf", "bandwidth", "support"}));
  app.add_option("--precision", settings.precision)->check(CLI::IsMember({"fp32", "tf32", "bf16", "fp16"}));
  app.add_option("--threads", settings.threads, "CPU thread counts to test");
  app.add_flag("--verbose", settings.verbose, "print a line for every check");
  app.add_flag("--large", settings.large,
               "test: include samples with a slow reference; perf: include small samples");
  app.add_option("--megabytes", settings.megabytes, "bandwidth: total size of the operands of an op");
  CLI11_PARSE(app, argc, argv);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // so that the output shows where a crash or a hang occurred
  try {
    return tandem::conformance::run(settings);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}
