// Shared by the kernels of one stream: the device properties, the stream and the library handles.
#pragma once

#include <memory>

#include "gpu/raii.h"

namespace tandem::cuda {

class Engine {
 public:
  // Creates the device's context on first use, which takes a sizable fraction of a second.
  static Result<std::unique_ptr<Engine>> make(int ordinal);

  int ordinal() const { return ordinal_; }
  const cudaDeviceProp& properties() const { return properties_; }
  cudaStream_t stream() const { return stream_.get(); }
  cudnnHandle_t cudnn() const { return cudnn_.get(); }  // bound to stream()
  cublasLtHandle_t lt() const { return lt_.get(); }

 private:
  int ordinal_ = 0;
  cudaDeviceProp properties_{};
  Stream stream_;
  CudnnHandle cudnn_;
  LtHandle lt_;
};

}  // namespace tandem::cuda
