// The entry point of the CPU plugin.
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <oneapi/dnnl/dnnl.hpp>
#include <thread>

#include "core/cpu/prepare.h"
#include "core/cpu/session.h"
#include "core/runtime/host_sensor.h"

namespace tandem::cpu {
namespace {

std::string processorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "CPU";
}

// Bytes in a line such as "MemAvailable:   16384 kB"; 0 if there is no such line.
std::size_t memoryInfo(std::string_view label) {
  std::ifstream info("/proc/meminfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with(label)) return std::strtoull(line.c_str() + label.size(), nullptr, 10) * 1024;
  return 0;
}

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

std::size_t numberIn(const char* path, std::size_t otherwise) {
  std::size_t number = 0;
  std::ifstream file(path);
  return file >> number ? number : otherwise;  // "max" is not a number
}

struct Allowance {
  std::size_t total = kUnlimited, free = kUnlimited;
};

// A container may allow less than the machine has. Cached files count as used, but are given up.
Allowance ofContainer() {
  Allowance allowance{numberIn("/sys/fs/cgroup/memory.max", kUnlimited)};
  if (allowance.total == kUnlimited) return allowance;
  std::size_t used = numberIn("/sys/fs/cgroup/memory.current", 0), cached = 0;
  std::ifstream statistics("/sys/fs/cgroup/memory.stat");
  std::string name;
  for (std::size_t bytes = 0; statistics >> name >> bytes;)
    if (name == "inactive_file" || name == "active_file") cached += bytes;
  used -= std::min(used, cached);
  allowance.free = allowance.total - std::min(used, allowance.total);
  return allowance;
}

// `ulimit -v` limits the address space of this process.
Allowance ofProcess() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  const std::size_t used =
      numberIn("/proc/self/statm", 0) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return {limit.rlim_cur, limit.rlim_cur - std::min<std::size_t>(used, limit.rlim_cur)};
}

class CpuBackend : public Backend {
 public:
  std::string_view name() const override { return "cpu"; }

  std::vector<std::pair<std::string, std::string>> facts() override {
    const dnnl_version_t* v = dnnl_version();
    return {{"Kernels built for", "x86-64-" TANDEM_CPU_LEVEL},
            {"oneDNN",
             std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch)}};
  }

  std::string unusable() override { return {}; }

  std::vector<DeviceInfo> devices() override {
    DeviceInfo cpu;
    cpu.id = "cpu";
    cpu.name = processorName();
    cpu.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const Allowance container = ofContainer(), process = ofProcess();
    cpu.totalBytes = std::min({memoryInfo("MemTotal:"), container.total, process.total});
    cpu.freeBytes = std::min({memoryInfo("MemAvailable:"), container.free, process.free});
    cpu.precisions = {{Precision::Fp32, {}},
                      {Precision::Bf16, "emulated: rounded to bf16, computed in fp32"},
                      {Precision::Fp16, "emulated: rounded to fp16, computed in fp32"}};
    cpu.facts = facts();
    return {cpu};
  }

  Result<std::unique_ptr<Sensor>> sensor(const std::string& device) override {
    if (device != "cpu")
      return Error{ErrorCode::NotFound, "no such device", device,
                   "`tandem devices` lists the available devices"};
    return openHostSensor();
  }

  // Nothing is copied here, and Fashion-MNIST epochs (mlp and lenet) take equally long either way. With
  // floats, the loader's thread normalizes while the team trains, and the batch needs no space in the arena.
  bool prefersBytes() const override { return false; }
  int depth() const override { return kSessionDepth; }

  Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) override {
    TANDEM_ASSIGN(Prepared prepared, prepare(options, call));
    return std::move(prepared.choice);
  }

  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& cancelled) override {
    return openSession(std::move(plan), cancelled);
  }

  Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                       std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                       int repeat) override {
    OpCall once = call;
    once.frozenWeights = false;  // there is no session whose writes a kernel could follow
    TANDEM_ASSIGN(Prepared prepared, prepare(options, once, kernel));
    omp_set_num_threads(teamSize(options));
    std::vector<void*> in, out;
    for (const Tensor* tensor : inputs)
      in.push_back(tensor ? const_cast<std::byte*>(tensor->bytes().data()) : nullptr);
    for (Tensor* tensor : outputs) out.push_back(tensor ? tensor->bytes().data() : nullptr);
    // In-place results require that their storage holds the operand's value when the kernel starts.
    for (const InPlace& pair : call.op->inPlace) {
      const auto from = static_cast<std::size_t>(pair.input), to = static_cast<std::size_t>(pair.output);
      if (!in[from] || !out[to]) continue;
      std::memcpy(out[to], in[from], call.outputs[to].bytes());
      in[from] = out[to];
    }
    AlignedBuffer workspace(prepared.choice.workspaceBytes);
    const Operands operands{in.data(), out.data(), workspace.data()};
    double best = 0;
    for (int i = 0; i < std::max(1, repeat); ++i) {
      const auto before = std::chrono::steady_clock::now();
      prepared.kernel->run(operands);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
      best = i == 0 ? seconds : std::min(best, seconds);
    }
    return best;
  }

  std::vector<std::string> kernels(const OpDef& op) override { return kernelNames(op); }
};

}  // namespace
}  // namespace tandem::cpu

extern "C" __attribute__((visibility("default"))) tandem::Backend* tandemBackend(int abi) {
  static tandem::cpu::CpuBackend backend;
  return abi == tandem::kBackendAbi ? &backend : nullptr;
}
