// The entry point of the CUDA plugin.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string_view>

#include "core/runtime/precisions.h"
#include "gpu/host/budget.h"
#include "gpu/host/driver_state.h"
#include "gpu/host/failure.h"
#include "gpu/host/layout.h"
#include "gpu/host/nvml_sensor.h"
#include "gpu/prepare.h"
#include "gpu/run_op.h"
#include "gpu/session.h"

namespace tandem::cuda {
namespace {

#ifdef TANDEM_CUDA_CODE
constexpr const char* kCode = TANDEM_CUDA_CODE;  // the architectures, as CMake writes them
#else
constexpr const char* kCode = "";  // the stand-in runs everything
#endif

std::string fixed(double value, int digits, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof(text), "%.*f %s", digits, value, unit);
  return text;
}

std::string uuidText(const cudaUUID_t& uuid) {
  std::string text = "GPU-";
  char part[4];
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    std::snprintf(part, sizeof(part), "%02x", static_cast<unsigned char>(uuid.bytes[i]));
    text += part;
  }
  return text;
}

int attribute(cudaDeviceAttr name, int ordinal) {
  int value = 0;
  static_cast<void>(cudaDeviceGetAttribute(&value, name, ordinal));
  return value;
}

class CudaBackend : public Backend {
 public:
  std::string_view name() const override { return "cuda"; }

  std::vector<std::pair<std::string, std::string>> facts() override {
    const std::lock_guard lock(mutex_);
    const DriverState state = probe();
    std::vector<std::pair<std::string, std::string>> list;
    list.emplace_back(
        "Driver", state.driverVersion == 0
                      ? "none found"
                      : (state.driverRelease.empty() ? "release unknown" : state.driverRelease) + ", CUDA " +
                            versionText(state.driverVersion));
    list.emplace_back("Required driver",
                      neededDriver(CUDART_VERSION) + " or newer, CUDA " + versionText(CUDART_VERSION));
    list.emplace_back("CUDA runtime", versionText(CUDART_VERSION) + " (built in)");
    if (kCode[0] != '\0') list.emplace_back("GPU code", kCode);
    const auto cudnn = cudnnGetVersion();
    list.emplace_back("cuDNN", std::to_string(cudnn / 10000) + "." + std::to_string(cudnn % 10000 / 100) +
                                   "." + std::to_string(cudnn % 100));
    const auto lt = cublasLtGetVersion();
    list.emplace_back("cuBLASLt", std::to_string(lt / 10000) + "." + std::to_string(lt % 10000 / 100) + "." +
                                      std::to_string(lt % 100));
    if (state.visibleSet) list.emplace_back("CUDA_VISIBLE_DEVICES", state.visible);
    return list;
  }

  std::string unusable() override {
    const std::lock_guard lock(mutex_);
    return unusableText(probe());
  }

  std::vector<DeviceInfo> devices() override {
    const std::lock_guard lock(mutex_);
    const DriverState state = probe();
    std::vector<DeviceInfo> list;
    if (!unusableText(state).empty()) return list;
    for (int ordinal = 0; ordinal < state.devices; ++ordinal) list.push_back(describe(ordinal));
    return list;
  }

  Result<std::unique_ptr<Sensor>> sensor(const std::string& device) override {
    const std::lock_guard lock(mutex_);
    TANDEM_ASSIGN(const int ordinal, ordinalOf(device));
    char address[32] = {};
    TANDEM_CUDA(cudaDeviceGetPCIBusId(address, sizeof(address), ordinal));
    return openNvmlSensor(nvml(), address);
  }

  bool prefersBytes() const override { return true; }
  int depth() const override { return kSessionDepth; }

  std::size_t contextBytes(const std::string& device) override {
    const std::lock_guard lock(mutex_);
    const auto ordinal = ordinalOf(device);
    if (!ordinal.ok()) return 0;
    const auto it = devices_.find(*ordinal);
    if (it != devices_.end() && it->second->withLibraries > 0) return it->second->withLibraries;
    const auto properties = propertiesOf(*ordinal);
    if (!properties.ok()) return 0;
    return std::max(takenInThisProcess(*ordinal), assumedContextBytes((*properties)->major));
  }

  Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) override {
    const std::lock_guard lock(work_);
    TANDEM_ASSIGN(Engine * engine, engineFor(options.device));
    TANDEM_TRY(useDevice(engine->ordinal()));
    auto prepared = prepare(*engine, options, call);
    if (!prepared.ok()) return seen(*engine, std::move(prepared).error());
    return std::move(prepared->choice);
  }

  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& cancelled) override {
    DeviceState* device = nullptr;
    {
      const std::lock_guard lock(mutex_);
      TANDEM_ASSIGN(device, deviceFor(plan->options.device));
    }
    return openSession(std::move(plan), *device, cancelled);
  }

  Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                       std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                       int repeat) override {
    const std::lock_guard lock(work_);
    TANDEM_ASSIGN(Engine * engine, engineFor(options.device));
    TANDEM_TRY(useDevice(engine->ordinal()));
    TANDEM_ASSIGN(Prepared prepared, prepare(*engine, options, call, kernel));
    auto seconds = cuda::runOp(*engine, prepared, call, inputs, outputs, repeat);
    if (!seconds.ok()) return seen(*engine, std::move(seconds).error());
    return seconds;
  }

  std::vector<std::string> kernels(const OpDef& op) override {
    std::vector<std::string> names;
    if (const KernelList* list = kernelList(op))
      for (const KernelEntry& entry : *list) names.emplace_back(entry.name);
    return names;
  }

 private:
  Nvml* nvml() {
    if (!nvmlTried_) {
      nvmlTried_ = true;
      if (auto opened = openNvml(); opened.ok()) nvml_ = std::move(*opened);
    }
    return nvml_.get();
  }

  DriverState probe() {
    DriverState state;
    state.runtimeVersion = CUDART_VERSION;
    static_cast<void>(cudaDriverGetVersion(&state.driverVersion));
    // Queried until known: the count does not change within a process, and after a device failure even this
    // query is an error.
    if (count_ == 0) {
      const cudaError_t status = cudaGetDeviceCount(&count_);
      static_cast<void>(cudaGetLastError());
      state.error = static_cast<int>(status);
      if (status != cudaSuccess) {
        count_ = 0;
        state.errorText = cudaGetErrorString(status);
      }
    }
    state.devices = count_;
    if (Nvml* library = nvml()) state.driverRelease = library->driverRelease();
    if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
      state.visible = visible;
      state.visibleSet = true;
    }
    return state;
  }

  // What NVML does not count as free because this process has a context.
  std::size_t takenInThisProcess(int ordinal) const {
    const auto it = devices_.find(ordinal);
    return it == devices_.end() ? 0 : std::max(it->second->contextBytes, it->second->withLibraries.load());
  }

  NvmlReading readNvml(int ordinal) {
    char address[32] = {};
    Nvml* library = nvml();
    if (!library || cudaDeviceGetPCIBusId(address, sizeof(address), ordinal) != cudaSuccess) return {};
    auto reading = library->read(address);
    return reading.ok() ? std::move(*reading) : NvmlReading{};
  }

  // Read once, because a failed device does not return them again.
  Result<const cudaDeviceProp*> propertiesOf(int ordinal) {
    if (const auto it = properties_.find(ordinal); it != properties_.end()) return &it->second;
    cudaDeviceProp properties{};
    TANDEM_TRY(check(cudaGetDeviceProperties(&properties, ordinal), "reading the device properties"));
    return &(properties_[ordinal] = properties);
  }

  // Empty if the device can be used.
  std::string unusableReason(int ordinal, const cudaDeviceProp& properties) const {
    if (attribute(cudaDevAttrComputeMode, ordinal) == cudaComputeModeProhibited)
      return "the GPU is in compute mode 'prohibited'; an administrator can change this with nvidia-smi -c 0";
    if (properties.major * 10 + properties.minor < kOldestCapability)
      return "CUDA " + versionText(CUDART_VERSION) + " needs compute capability 7.5 (Turing) or higher";
    if (const int capability = properties.major * 10 + properties.minor; !hasCodeFor(kCode, capability))
      return "this build has code for compute capabilities " + std::string(kCode) + " only, not for " +
             std::to_string(capability) + "; rebuild it with -DTANDEM_CUDA_ARCHITECTURES=release";
    if (const auto it = devices_.find(ordinal); it != devices_.end() && it->second->lost)
      return lostDevice(it->second->id).text();
    return {};
  }

  DeviceInfo describe(int ordinal) {
    DeviceInfo info;
    info.id = "cuda:" + std::to_string(ordinal);
    const auto read = propertiesOf(ordinal);
    if (!read.ok()) {
      info.usable = false;
      info.reason = read.error().text();
      return info;
    }
    const cudaDeviceProp& properties = **read;
    info.name = properties.name;
    info.totalBytes = properties.totalGlobalMem;
    const NvmlReading now = readNvml(ordinal);
    info.freeBytes = std::min(now.freeBytes.value_or(properties.totalGlobalMem) + takenInThisProcess(ordinal),
                              static_cast<std::size_t>(properties.totalGlobalMem));
    char address[32] = {};
    static_cast<void>(cudaDeviceGetPCIBusId(address, sizeof(address), ordinal));
    info.precisions = gpuPrecisions(properties.major * 10 + properties.minor);
    auto& facts = info.facts;
    facts.emplace_back("Compute capability",
                       std::to_string(properties.major) + "." + std::to_string(properties.minor));
    facts.emplace_back("Multiprocessors", std::to_string(properties.multiProcessorCount));
    facts.emplace_back("Tensor cores", properties.major >= 8 ? "yes, with TF32 and bf16"
                                       : properties.major == 7 && (properties.minor != 5 ||
                                                                   turingHasTensorCores(properties.name))
                                           ? "yes, fp16 only"
                                           : "no");
    // Two transfers per clock cycle; the clock is in kHz, the bus width in bits.
    const double bandwidth = 2e3 * attribute(cudaDevAttrMemoryClockRate, ordinal) *
                             attribute(cudaDevAttrGlobalMemoryBusWidth, ordinal) / 8;
    if (bandwidth > 0) facts.emplace_back("Memory bandwidth", fixed(bandwidth * 1e-9, 0, "GB/s"));
    facts.emplace_back("PCI address", address);
    facts.emplace_back("UUID", uuidText(properties.uuid));
    if (now.powerLimitWatts) facts.emplace_back("Power limit", fixed(*now.powerLimitWatts, 0, "W"));
    info.reason = unusableReason(ordinal, properties);
    info.usable = info.reason.empty();
    return info;
  }

  // The ordinal of "cuda:1"; "cuda" is the first device.
  Result<int> ordinalOf(const std::string& id) {
    const DriverState state = probe();
    if (std::string why = unusableText(state); !why.empty())
      return Error{ErrorCode::Unsupported, std::move(why), id, "Run `tandem doctor` for details"};
    int ordinal = 0;
    constexpr std::string_view kPrefix = "cuda:";
    const char* end = id.data() + id.size();
    const auto number = id.starts_with(kPrefix) ? std::from_chars(id.data() + kPrefix.size(), end, ordinal)
                                                : std::from_chars_result{end, std::errc::invalid_argument};
    if (id != "cuda" &&
        (number.ec != std::errc() || number.ptr != end || ordinal < 0 || ordinal >= state.devices))
      return Error{ErrorCode::NotFound, "no such device", id, "`tandem devices` lists the available devices"};
    return ordinal;
  }

  Result<DeviceState*> deviceFor(const std::string& id) {
    TANDEM_ASSIGN(const int ordinal, ordinalOf(id));
    if (const auto it = devices_.find(ordinal); it != devices_.end()) {
      if (it->second->lost) return lostDevice(it->second->id);
      return it->second.get();
    }
    TANDEM_ASSIGN(const cudaDeviceProp* properties, propertiesOf(ordinal));
    if (std::string why = unusableReason(ordinal, *properties); !why.empty())
      return Error{ErrorCode::Unsupported, std::move(why), id, "`tandem devices` lists the usable devices"};
    auto device = std::make_unique<DeviceState>();
    device->ordinal = ordinal;
    device->id = "cuda:" + std::to_string(ordinal);
    // The size of the context: the difference in free memory before and after its creation.
    const std::size_t before = readNvml(ordinal).freeBytes.value_or(0);
    TANDEM_TRY(useDevice(ordinal));
    std::size_t after = 0, total = 0;
    TANDEM_CUDA(cudaMemGetInfo(&after, &total));
    if (before > after) device->contextBytes = before - after;
    return devices_.emplace(ordinal, std::move(device)).first->second.get();
  }

  // Records a sticky error, so that this device is not used again.
  Error seen(const Engine& engine, Error error) {
    const std::lock_guard lock(mutex_);
    if (error.code == ErrorCode::DeviceLost) devices_.at(engine.ordinal())->lost = true;
    return error;
  }

  // The caller holds work_.
  Result<Engine*> engineFor(const std::string& id) {
    DeviceState* device = nullptr;
    {
      const std::lock_guard lock(mutex_);
      TANDEM_ASSIGN(device, deviceFor(id));
    }
    auto& engine = engines_[device->ordinal];
    if (!engine) {
      auto created = Engine::make(device->ordinal);
      if (!created.ok()) return std::move(created).error();
      engine = std::move(*created);
    }
    return engine.get();
  }

  // work_ is for the engines, which a job of seconds may use; mutex_, which may be locked while work_ is, is for the
  // rest, so that the list of devices does not wait for the job.
  std::mutex work_, mutex_;
  bool nvmlTried_ = false;
  std::unique_ptr<Nvml> nvml_;
  std::map<int, std::unique_ptr<DeviceState>> devices_;
  int count_ = 0;  // of devices; 0: unknown
  std::map<int, cudaDeviceProp> properties_;
  std::map<int, std::unique_ptr<Engine>> engines_;  // for choose() and runOp(); each session has its own
};

}  // namespace
}  // namespace tandem::cuda

extern "C" __attribute__((visibility("default"))) tandem::Backend* tandemBackend(int abi) {
  // Not destroyed at exit, because the CUDA runtime may already be unloaded.
  static auto* const backend = new tandem::cuda::CudaBackend;
  return abi == tandem::kBackendAbi ? backend : nullptr;
}
