// Owners of CUDA, cuDNN and cuBLASLt objects. Move-only; created by functions that return a Result.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "gpu/check.h"

namespace tandem::cuda {

// destroy errors are ignored: they only repeat what an earlier call reported.
template <class Handle, auto destroy>
class Owner {
 public:
  Owner() = default;
  explicit Owner(Handle handle) : handle_(handle) {}
  Owner(Owner&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
  Owner& operator=(Owner&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owner() {
    if (handle_) static_cast<void>(destroy(handle_));
  }
  Handle get() const { return handle_; }
  explicit operator bool() const { return handle_ != Handle{}; }

 private:
  Handle handle_{};
};

using Stream = Owner<cudaStream_t, &cudaStreamDestroy>;
using Event = Owner<cudaEvent_t, &cudaEventDestroy>;
using Graph = Owner<cudaGraph_t, &cudaGraphDestroy>;
using GraphExec = Owner<cudaGraphExec_t, &cudaGraphExecDestroy>;
using CudnnHandle = Owner<cudnnHandle_t, &cudnnDestroy>;
using TensorDescriptor = Owner<cudnnTensorDescriptor_t, &cudnnDestroyTensorDescriptor>;
using FilterDescriptor = Owner<cudnnFilterDescriptor_t, &cudnnDestroyFilterDescriptor>;
using ConvolutionDescriptor = Owner<cudnnConvolutionDescriptor_t, &cudnnDestroyConvolutionDescriptor>;
using ActivationDescriptor = Owner<cudnnActivationDescriptor_t, &cudnnDestroyActivationDescriptor>;
using LtHandle = Owner<cublasLtHandle_t, &cublasLtDestroy>;
using LtMatmulDescriptor = Owner<cublasLtMatmulDesc_t, &cublasLtMatmulDescDestroy>;
using LtLayout = Owner<cublasLtMatrixLayout_t, &cublasLtMatrixLayoutDestroy>;
using LtPreference = Owner<cublasLtMatmulPreference_t, &cublasLtMatmulPreferenceDestroy>;

// Device memory. (nvcc's front end does not implicitly move a local into a Result.)
class DeviceBuffer {
 public:
  static Result<DeviceBuffer> make(std::size_t bytes) {
    DeviceBuffer buffer;
    if (bytes == 0) return Result<DeviceBuffer>(std::move(buffer));
    TANDEM_CUDA(cudaMalloc(&buffer.data_, bytes));
    buffer.size_ = bytes;
    return Result<DeviceBuffer>(std::move(buffer));
  }
  DeviceBuffer() = default;
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~DeviceBuffer() {
    if (data_) static_cast<void>(cudaFree(data_));
  }
  std::byte* data() const { return static_cast<std::byte*>(data_); }
  std::size_t size() const { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// Page-locked host memory, which the copy engine accesses directly.
class PinnedBuffer {
 public:
  static Result<PinnedBuffer> make(std::size_t bytes) {
    PinnedBuffer buffer;
    if (bytes == 0) return Result<PinnedBuffer>(std::move(buffer));
    void* data = nullptr;
    if (const Status made = check(cudaHostAlloc(&data, bytes, cudaHostAllocDefault), "cudaHostAlloc");
        !made.ok()) {
      Error error = made.error();
      if (error.code == ErrorCode::OutOfMemory)  // of the machine, not of the GPU
        error = {ErrorCode::OutOfMemory,
                 "the machine has no memory left that the GPU can copy from",
                 {},
                 "Use a smaller batch, or close other programs"};
      return error;
    }
    buffer.data_.reset(static_cast<std::byte*>(data));
    return Result<PinnedBuffer>(std::move(buffer));
  }
  std::byte* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(std::byte* p) const { static_cast<void>(cudaFreeHost(p)); }
  };
  std::unique_ptr<std::byte, Free> data_;
};

inline Result<Stream> makeStream() {
  cudaStream_t stream = nullptr;
  TANDEM_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return Stream(stream);
}

inline Result<Event> makeEvent(unsigned flags) {
  cudaEvent_t event = nullptr;
  TANDEM_CUDA(cudaEventCreateWithFlags(&event, flags));
  return Event(event);
}

// Makes the device current for the calling thread. Nothing is restored: every function of Session and Backend that
// calls CUDA selects its device first, and selecting GPU 0 again would create a context on it for users of another GPU,
// which takes hundreds of megabytes and fails if another process holds it exclusively.
inline Status useDevice(int ordinal) {
  return check(cudaSetDevice(ordinal), "cudaSetDevice");
}

}  // namespace tandem::cuda
