// What of a training step can be looked at, by names that are the same on every side.
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
  std::int32_t node = -1;    // that makes it; -1 for Update
  std::size_t output = 0;    // as which of its results
  TensorType type;
};

// In the order in which a step makes them: forward, backward, update. Of a plan made with
// CompileOptions::planMemory off, whose values all stay readable to the end of the step.
std::vector<Probe> probesOf(const Plan& plan);

// Reads what the last training pass left, as floats.
Result<std::vector<float>> readProbe(Session& session, const Probe& probe);

// The numbers of a tensor, whatever its type, and a tensor of numbers, rounded to its type.
std::vector<double> numbersOf(const TensorType& type, std::span<const std::byte> bytes);
Tensor tensorOf(const TensorType& type, std::span<const double> numbers);

}  // namespace tandem
