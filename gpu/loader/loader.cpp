// libtandem_cuda.so: the only part of the CUDA backend loaded on a machine without NVIDIA's driver. cuBLASLt
// and cuDNN take 0.1 s and 210 MB to load, so the code that needs them is a separate library
// (tandem_cuda_kernels.so), which is opened only if there is a driver.
#include <dlfcn.h>

#include <mutex>

#include "core/runtime/backend.h"
#include "gpu/host/driver_state.h"
#include "gpu/host/layout.h"

namespace tandem::cuda {
namespace {

constexpr const char* kKernels = "tandem_cuda_kernels.so";  // next to this library

class Loader : public Backend {
 public:
  std::string_view name() const override { return "cuda"; }

  std::vector<std::pair<std::string, std::string>> facts() override {
    if (Backend* backend = kernelsLibrary()) return backend->facts();
    return {{"Problem", problem_}};
  }
  std::string unusable() override {
    if (!driver()) return unusableText({.runtimeVersion = TANDEM_CUDA_VERSION});
    Backend* backend = kernelsLibrary();
    return backend ? backend->unusable() : problem_;
  }
  std::vector<DeviceInfo> devices() override {
    Backend* backend = usable();
    return backend ? backend->devices() : std::vector<DeviceInfo>();
  }
  Result<std::unique_ptr<Sensor>> sensor(const std::string& device) override {
    Backend* backend = usable();
    if (!backend) return refusal(device);
    return backend->sensor(device);
  }
  bool prefersBytes() const override { return true; }
  int depth() const override { return kSessionDepth; }
  std::size_t contextBytes(const std::string& device) override {
    Backend* backend = usable();
    return backend ? backend->contextBytes(device) : 0;
  }
  Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) override {
    Backend* backend = usable();
    return backend ? backend->choose(options, call) : Result<KernelChoice>(refusal(options.device));
  }
  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& cancelled) override {
    Backend* backend = usable();
    if (!backend) return refusal(plan->options.device);
    return backend->open(std::move(plan), cancelled);
  }
  Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                       std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                       int repeat) override {
    Backend* backend = usable();
    if (!backend) return refusal(options.device);
    return backend->runOp(options, call, kernel, inputs, outputs, repeat);
  }
  std::vector<std::string> kernels(const OpDef& op) override {
    Backend* backend = kernelsLibrary();
    return backend ? backend->kernels(op) : std::vector<std::string>();
  }

 private:
  bool driver() {
    const std::lock_guard lock(mutex_);
    if (!driver_) driver_ = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
    return driver_ != nullptr;
  }

  Backend* usable() { return driver() ? kernelsLibrary() : nullptr; }

  Error refusal(const std::string& device) {
    return {ErrorCode::Unsupported, unusable(), device, "Run `tandem doctor` for details"};
  }

  // Tried once; never unloaded.
  Backend* kernelsLibrary() {
    const std::lock_guard lock(mutex_);
    if (backend_ || !problem_.empty()) return backend_;
    Dl_info self{};
    static const char kHere = 0;
    dladdr(&kHere, &self);
    const std::string path = self.dli_fname ? self.dli_fname : "";
    void* library = dlopen((path.substr(0, path.rfind('/') + 1) + kKernels).c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto entry =
        library ? reinterpret_cast<BackendEntry>(dlsym(library, "tandemBackend")) : BackendEntry{};
    if (entry) backend_ = entry(kBackendAbi);
    if (!backend_)
      problem_ =
          "the GPU backend could not be loaded: " + std::string(library ? "version mismatch" : dlerror()) +
          ". It needs cuBLASLt and cuDNN 9 for CUDA " + versionText(TANDEM_CUDA_VERSION) +
          " in the library search path or in LD_LIBRARY_PATH";
    return backend_;
  }

  std::mutex mutex_;
  void* driver_ = nullptr;
  Backend* backend_ = nullptr;
  std::string problem_;
};

}  // namespace
}  // namespace tandem::cuda

extern "C" __attribute__((visibility("default"))) tandem::Backend* tandemBackend(int abi) {
  // Not destroyed at exit, because the CUDA runtime may already be unloaded.
  static auto* const loader = new tandem::cuda::Loader;
  return abi == tandem::kBackendAbi ? loader : nullptr;
}
