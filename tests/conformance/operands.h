// The operands of a sample: filled by Philox, as tensors for a device and as doubles for the reference.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ops/op.h"

namespace tandem::conformance {

// "matmul/bias_relu"
std::string nameOf(const OpDef& op, const Sample& sample);

// The sample's inputs, the same on every call. Absent operands have rank 0 and no data.
std::vector<RefTensor> fill(const OpDef& op, const Sample& sample);

// The sample with the operands in half precision for which the op supports it (OpDef::half); nullopt if
// there are none.
std::optional<Sample> inHalf(const OpDef& op, Sample sample, DType half);

std::vector<TensorType> typesOf(std::span<const RefTensor> tensors);

// The outputs of the op's definition.
std::vector<RefTensor> runReference(const OpDef& op, const Attrs& attrs, std::span<const RefTensor> inputs);

Tensor toTensor(const RefTensor& from);
std::vector<double> toDoubles(const TensorType& type, const Tensor& from);

}  // namespace tandem::conformance
