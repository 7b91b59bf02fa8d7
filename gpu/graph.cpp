#include "gpu/graph.h"

namespace tandem::cuda {

cudnnDataType_t cudnnType(DType dtype) {
  return dtype == DType::F16    ? CUDNN_DATA_HALF
         : dtype == DType::BF16 ? CUDNN_DATA_BFLOAT16
                                : CUDNN_DATA_FLOAT;
}

cudnnBackendDescriptor_t GraphBuilder::make(cudnnBackendDescriptorType_t type) {
  if (!status_.ok()) return nullptr;
  cudnnBackendDescriptor_t descriptor = nullptr;
  status_ = check(cudnnBackendCreateDescriptor(type, &descriptor), "cudnnBackendCreateDescriptor");
  if (!status_.ok()) return nullptr;
  owned_.emplace_back(descriptor);
  return descriptor;
}

void GraphBuilder::finalize(cudnnBackendDescriptor_t descriptor) {
  if (status_.ok()) status_ = check(cudnnBackendFinalize(descriptor), "cudnnBackendFinalize");
}

void GraphBuilder::set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                       std::span<const std::int64_t> values) {
  setValues(to, name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), values.data());
}

void GraphBuilder::set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                       std::initializer_list<std::int64_t> values) {
  set(to, name, std::span(values.begin(), values.size()));
}

void GraphBuilder::set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                       cudnnBackendDescriptor_t value) {
  set(to, name, std::span(&value, 1));
}

void GraphBuilder::set(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                       std::span<const cudnnBackendDescriptor_t> values) {
  setValues(to, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(values.size()),
            static_cast<const void*>(values.data()));
}

void GraphBuilder::setAddresses(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                                std::span<const void* const> values) {
  setValues(to, name, CUDNN_TYPE_VOID_PTR, static_cast<std::int64_t>(values.size()),
            static_cast<const void*>(values.data()));
}

void GraphBuilder::setValues(cudnnBackendDescriptor_t to, cudnnBackendAttributeName_t name,
                             cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
  if (status_.ok())
    status_ = check(cudnnBackendSetAttribute(to, name, type, count, values), "cudnnBackendSetAttribute");
}

Result<GraphDescriptor> describedDevice(const std::string& json) {
  cudnnBackendDescriptor_t descriptor = nullptr;
  TANDEM_CUDA(cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &descriptor));
  GraphDescriptor device(descriptor);
  TANDEM_CUDA(cudnnBackendSetAttribute(descriptor, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                                       static_cast<std::int64_t>(json.size() + 1), json.c_str()));
  TANDEM_CUDA(cudnnBackendFinalize(descriptor));
  return Result<GraphDescriptor>(std::move(device));
}

}  // namespace tandem::cuda
