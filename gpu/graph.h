// Descriptors of cuDNN's graph interface (cudnn_graph.h, "backend API" in NVIDIA's documentation): objects with typed
// attributes that refer to each other.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "gpu/raii.h"

namespace tandem::cuda {

cudnnDataType_t cudnnType(DType dtype);  // f32, f16, bf16

using GraphDescriptor = Owner<cudnnBackendDescriptor_t, &cudnnBackendDestroyDescriptor>;

// Makes descriptors and owns them, as those that refer to others need them as long as they are used. The first error
// remains, and everything after it does nothing, so that a graph can be described without a test of each call.
class GraphBuilder {
 public:
  // nullptr after an error.
  cudnnBackendDescriptor_t make(cudnnBackendDescriptorType_t type);
  void finalize(cudnnBackendDescriptor_t descriptor);

  void set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
           std::span<const std::int64_t> values);
  void set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
           std::initializer_list<std::int64_t> values);
  void set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name, cudnnBackendDescriptor_t value);
  void set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
           std::span<const cudnnBackendDescriptor_t> values);
  // An enumeration, a handle or another single value of that attribute type.
  template <class T>
  void set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
           const T& value) {
    setValues(to, name, type, 1, static_cast<const void*>(&value));
  }

  // Addresses on the device.
  void setAddresses(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                    std::span<const void* const> values);

  const Status& status() const { return status_; }
  std::vector<GraphDescriptor> take() { return std::move(owned_); }

 private:
  void setValues(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                 cudnnBackendAttributeType_t type, std::int64_t count, const void* values);

  Status status_ = success();
  std::vector<GraphDescriptor> owned_;
};

// A device that need not be in this machine, from cuDNN's JSON description of it: for questions about plans.
Result<GraphDescriptor> describedDevice(const std::string& json);

}  // namespace tandem::cuda
