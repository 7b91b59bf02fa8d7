// libtandem_cuda.so: the only part of the CUDA backend loaded on a machine without NVIDIA's driver. cuBLASLt
// and cuDNN take 0.1 s and 210 MB to load, so the code that needs them is a separate library
// (tandem_cuda_kernels.so), which is opened only if there is a driver. It uses the cuBLASLt and cuDNN that are opened here.
#include <cudnn_version.h>
#include <dlfcn.h>

#include <cstddef>
#include <mutex>

#include "core/runtime/backend.h"
#include "gpu/host/driver_state.h"
#include "gpu/host/layout.h"
#include "gpu/host/libraries.h"

namespace tandem::cuda {
namespace {

constexpr const char* kKernels = "tandem_cuda_kernels.so";  // next to this library

// A version number that the library returns; 0 if it has no such function.
std::size_t versionBy(void* library, const char* function) {
  const auto get = reinterpret_cast<std::size_t (*)()>(dlsym(library, function));
  return get ? get() : 0;
}

// The libraries of CUDA 12 and 13 have the same name for cuDNN 9, but need another runtime.
std::string builtForAnotherCuda(std::size_t version) {
  if (version == 0 || version / 1000 == TANDEM_CUDA_VERSION / 1000) return {};
  return "it is for CUDA " + versionText(static_cast<int>(version)) + ", but this build needs CUDA " +
         versionText(TANDEM_CUDA_VERSION);
}

std::string cudnnText(std::size_t version) {
  return std::to_string(version / 10000) + "." + std::to_string(version % 10000 / 100) + "." +
         std::to_string(version % 100);
}

std::string cudnnProblem(void* library) {
  const std::size_t version = versionBy(library, "cudnnGetVersion");
  if (version == 0) return "it is not cuDNN";
  if (std::string why = builtForAnotherCuda(versionBy(library, "cudnnGetCudartVersion")); !why.empty())
    return why;
  if (version / 10000 == CUDNN_MAJOR && version / 100 >= CUDNN_VERSION / 100) return {};
  return "it is version " + cudnnText(version) + ", but this build needs " + cudnnText(CUDNN_VERSION) +
         " or a later " + std::to_string(CUDNN_MAJOR);
}

std::string cublasLtProblem(void* library) {
  if (versionBy(library, "cublasLtGetVersion") == 0) return "it is not cuBLASLt";
  return builtForAnotherCuda(versionBy(library, "cublasLtGetCudartVersion"));
}

class Loader : public Backend {
 public:
  std::string_view name() const override { return "cuda"; }

  std::vector<std::pair<std::string, std::string>> facts() override {
    Backend* backend = kernelsLibrary();
    auto list =
        backend ? backend->facts() : std::vector<std::pair<std::string, std::string>>{{"Problem", problem_}};
    const std::lock_guard lock(mutex_);
    for (const auto& [label, library] : {std::pair("cuDNN", &cudnn_), std::pair("cuBLASLt", &cublasLt_)}) {
      list.emplace_back(std::string(label) + " from",
                        library->file.empty() ? "the search path of the dynamic linker" : library->file);
      for (const RefusedLibrary& refused : library->refused)
        list.emplace_back(std::string(label) + " not from", refused.file + ": " + refused.reason);
    }
    return list;
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
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    const auto folders = libraryFolders(LibrarySearch::ofThisProcess(folder, TANDEM_CUDA_LIBRARIES));
    // By the names that kKernels is linked with.
    cublasLt_ =
        findLibrary("libcublasLt.so." + std::to_string(TANDEM_CUDA_VERSION / 1000), folders, cublasLtProblem);
    cudnn_ = findLibrary("libcudnn.so." + std::to_string(CUDNN_MAJOR), folders, cudnnProblem);
    void* library = dlopen((folder + kKernels).c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto entry =
        library ? reinterpret_cast<BackendEntry>(dlsym(library, "tandemBackend")) : BackendEntry{};
    if (entry) backend_ = entry(kBackendAbi);
    if (!backend_)
      problem_ =
          "the GPU backend could not be loaded: " + std::string(library ? "version mismatch" : dlerror()) +
          ". It needs cuBLASLt and cuDNN 9 for CUDA " + versionText(TANDEM_CUDA_VERSION) +
          ". If they are installed, name their folder in LD_LIBRARY_PATH; `tandem doctor` says which files do not suit";
    return backend_;
  }

  std::mutex mutex_;
  void* driver_ = nullptr;
  Backend* backend_ = nullptr;
  std::string problem_;
  FoundLibrary cudnn_, cublasLt_;
};

}  // namespace
}  // namespace tandem::cuda

extern "C" __attribute__((visibility("default"))) tandem::Backend* tandemBackend(int abi) {
  // Not destroyed at exit, because the CUDA runtime may already be unloaded.
  static auto* const loader = new tandem::cuda::Loader;
  return abi == tandem::kBackendAbi ? loader : nullptr;
}
