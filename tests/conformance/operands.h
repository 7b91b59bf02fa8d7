// Operands of a sample: filled from Philox, as tensors for a device and as doubles for the reference.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ops/op.h"

namespace tandem::conformance {

// "matmul/bias_relu"
std::string nameOf(const OpDef& op, const Sample& sample);

// The sample's inputs, the same ones on every call. Absent operands have rank 0 and no data.
std::vector<RefTensor> fill(const OpDef& op, const Sample& sample);

// The sample with those operands in half precision that the op takes so (half_operands.h); nothing if it
// takes none.
std::optional<Sample> inHalf(const OpDef& op, Sample sample, DType half);

std::vector<TensorType> typesOf(std::span<const RefTensor> tensors);

// What the op's definition makes of the inputs.
std::vector<RefTensor> runReference(const OpDef& op, const Attrs& attrs, std::span<const RefTensor> inputs);

Tensor toTensor(const RefTensor& from);
std::vector<double> toDoubles(const TensorType& type, const Tensor& from);

}  // namespace tandem::conformance
