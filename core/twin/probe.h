// The values of a training step that can be inspected, under names that are the same on every side.
#pragma once

#include <string>
#include <vector>

#include "core/runtime/backend.h"

namespace tandem {

enum class TensorKind : std::uint8_t { Activation, InputGradient, WeightGradient, Update };
std::string_view nameOf(TensorKind kind);  // "activation", ...

struct Probe {
  TensorKind kind = TensorKind::Activation;
  std::string layer;
  std::string tensor;        // "output", "matmul", "input gradient", "conv1/kernel gradient"
  ValueId value = kNoValue;  // in plan.train.program; a parameter for Update
  std::int32_t node = -1;    // that computes it; -1 for Update
  std::size_t output = 0;    // index among its results
  TensorType type;
};

// In the order of the step: forward, backward, update. Needs a plan compiled with CompileOptions::planMemory
// off, whose values all remain readable until the end of the step.
std::vector<Probe> probesOf(const Plan& plan);

// Reads the values of the last training pass as floats.
Result<std::vector<float>> readProbe(Session& session, const Probe& probe);

// Converts a tensor of any type to doubles, and doubles to a tensor, rounded to its type.
std::vector<double> numbersOf(const TensorType& type, std::span<const std::byte> bytes);
Tensor tensorOf(const TensorType& type, std::span<const double> numbers);

}  // namespace tandem
