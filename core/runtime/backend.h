// Backend and Session: the interface of a device. The trainer and the lab use devices only through it.
// Backends are plugins (core/runtime/registry.h): CPU, built once per instruction set, and CUDA.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/cancelled.h"
#include "core/ops/op.h"
#include "core/runtime/plan.h"
#include "core/runtime/sensor.h"

namespace tandem {

// A precision that a device supports.
struct PrecisionOffer {
  Precision precision = Precision::Fp32;
  std::string note;  // "emulated: ..."; may be empty
};

struct DeviceInfo {
  std::string id;    // "cpu", "cuda:0"
  std::string name;  // "AMD EPYC 9354", "NVIDIA H200"
  bool usable = true;
  std::string reason;  // why the device is not usable, with a remedy
  std::size_t totalBytes = 0;
  std::size_t freeBytes = 0;
  int threads = 0;  // CPU cores; 0 for others
  std::vector<PrecisionOffer> precisions;
  std::vector<std::pair<std::string, std::string>> facts;  // label and value, in order of interest
};

// Whether the id names that device. "cuda" also names the first device of its backend, "cuda:0".
bool isDevice(const DeviceInfo& device, std::string_view id);

// An op on operands of known types, for which a kernel is chosen.
struct OpCall {
  const OpDef* op = nullptr;
  const Attrs* attrs = nullptr;
  std::vector<TensorType> inputs;  // absent operands: rank 0, see present()
  std::vector<TensorType> outputs;
  // Operand 1 is a weight that only Session::write() changes, so that a kernel may convert it once.
  bool frozenWeights = false;

  // Whether an optional operand at the end of the list is there.
  bool hasOperand(std::size_t index) const { return inputs.size() > index && present(inputs[index]); }
};
// The call of a program's node. It points to the node's attributes.
OpCall callOf(const Program& program, const Node& node);

// Device-side values of a step, sent along with the batch.
struct StepInputs {
  // Of each of the plan's inputs, in its order. The list and the tensors must stay valid until the ticket is done.
  std::span<const void* const> tensors;
  std::array<float, kStepSlots> step{};
};

using Ticket = std::uint64_t;

struct StepReport {
  std::span<const float> values;  // the report block of the phase; valid until the next submit()
};

inline constexpr std::int32_t kTransfer = -1;

struct NodeTime {
  std::int32_t node = 0;  // index in the program; kTransfer: the copy of the batch to the device
  double seconds = 0;
};

// A plan on its device with all memory allocated. Not thread-safe; one owner at a time.
class Session {
 public:
  virtual ~Session() = default;

  // Copies into or out of a persistent block (Parameter, Gradient, Optimizer, State). Synchronous.
  virtual Status write(Role block, std::size_t offset, std::span<const std::byte> bytes) = 0;
  virtual Status read(Role block, std::size_t offset, std::span<std::byte> bytes) = 0;
  // Reads a value of the last run of `phase` that is still live when the run ends (output, report, ...).
  virtual Status readValue(Phase phase, ValueId value, std::span<std::byte> bytes) = 0;

  // Starts one pass. At most depth() tickets may be open. The report block of a training step begins with zeros.
  virtual Result<Ticket> submit(Phase phase, const StepInputs& inputs) = 0;
  virtual Result<bool> finished(Ticket ticket) = 0;
  virtual Result<StepReport> wait(Ticket ticket) = 0;
  virtual int depth() const = 0;

  virtual MemoryUse memory() const = 0;
  // While on, each pass is timed per node, at some cost. profile() returns the last timed pass.
  virtual void setProfiling(bool on) = 0;
  virtual std::vector<NodeTime> profile() const = 0;
  // Why its steps are slower than those of other sessions of the backend; empty if they are not. For the user.
  virtual std::string limitation() const { return {}; }
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;  // "cpu", "cuda"
  // Versions and state as label and value, for `tandem doctor`.
  virtual std::vector<std::pair<std::string, std::string>> facts() = 0;
  // Why the backend as a whole cannot be used; empty when it can.
  virtual std::string unusable() = 0;
  virtual std::vector<DeviceInfo> devices() = 0;
  // Opens the sensor of device "cpu" or "cuda:0". An Error if there is no such device.
  virtual Result<std::unique_ptr<Sensor>> sensor(const std::string& device) = 0;
  // Whether images should be passed as bytes, a quarter of the data to copy, and normalized by the device
  // (op normalize), rather than as floats normalized by the loader's thread.
  virtual bool prefersBytes() const = 0;
  // Session::depth() of its sessions. The forecast counts a batch in the device's memory for each open pass.
  virtual int depth() const = 0;
  // What the driver and the libraries take of the device's memory beside the plan of a session; part of the forecast.
  // DeviceInfo::freeBytes contains what they have already taken in this process.
  virtual std::size_t contextBytes(const std::string& device) {
    static_cast<void>(device);
    return 0;
  }
  // The first kernel in the op's list that accepts the call; an Error if none does.
  virtual Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) = 0;
  virtual Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                                const Cancelled& cancelled = {}) = 0;
  // Runs one op once on host operands with the kernel of that name (conformance tests, diagnosis).
  // repeat > 1 repeats it on the same operands. Returns the seconds of the fastest run.
  virtual Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                               std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                               int repeat) = 0;
  // The names of the op's kernels, in order of preference.
  virtual std::vector<std::string> kernels(const OpDef& op) = 0;
};

// The entry point of a backend plugin: `extern "C" tandem::Backend* tandemBackend(int abi)`, which
// returns nullptr when abi differs from kBackendAbi. The object lives as long as the process.
inline constexpr int kBackendAbi = 13;
using BackendEntry = Backend* (*)(int abi);

}  // namespace tandem
