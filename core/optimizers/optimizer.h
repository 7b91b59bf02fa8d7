// OptimizerDef: how gradients update the weights. One file per optimizer: optimizers/NAME.cpp defines
// `const OptimizerDef NAME` in namespace tandem::optimizers; the build lists the folder. The form in the lab, the
// project file, `tandem train --set` and reports follow from its properties.
#pragma once

#include <cstddef>

#include "core/ops/op.h"
#include "core/settings/typed.h"

namespace tandem {

struct OptimizerDef {
  std::string_view type;     // "adam"; equals the file's basename
  std::string_view label;    // "Adam"
  std::string_view summary;  // one sentence for tooltips and help
  LibraryNames names = {};   // in Keras and PyTorch
  // All but the learning rate are attributes of the op, with the same keys.
  std::vector<Property> properties;
  // Operands: parameters, gradients, state (absent without one), step block. Results replace parameters and state.
  const OpDef* op = nullptr;
  Attrs fixed = {};  // further attributes of the op
  // The op treats each parameter by itself: its attribute "starts" lists the first element of each in the block.
  bool byParameter = false;
  // Values of the state per parameter (f32), for these properties.
  int (*stateValues)(const Attrs& properties) = nullptr;
  // The step block has the corrections (core/ops/step_corrections.h) for the properties "beta1", "beta2" and, if there
  // is one, "momentum_decay".
  bool correctsBias = false;
};

template <>
struct Catalog<OptimizerDef> {
  static constexpr std::string_view noun = "optimizer";
  static std::span<const OptimizerDef* const> all();
  static const OptimizerDef& fallback();
};

using OptimizerConfig = Typed<OptimizerDef>;

inline constexpr std::string_view kLearningRate = "learning_rate";  // a property of every optimizer

// The attributes of its op.
Attrs updateAttrs(const OptimizerConfig& optimizer);
// The attributes of StepCorrections, for the step block and op loss_scale_update; none if it has no corrections.
Attrs biasAttrs(const OptimizerConfig& optimizer);
// Bytes of its state for parameters of this size.
std::size_t optimizerStateBytes(const OptimizerConfig& optimizer, std::size_t parameterBytes);

}  // namespace tandem
