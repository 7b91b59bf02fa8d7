// LossDef: what training minimizes. One file per loss: those of elements in core/ops/element_losses/NAME.h, those of rows
// in core/ops/row_losses/NAME.h, others in objectives/NAME.cpp, which defines `const LossDef NAME` in namespace
// tandem::objectives; the build lists them. The form in the lab, the project file, `tandem train --set`, the checks
// against the data, evaluation and reports follow from it.
#pragma once

#include <cstdint>
#include <span>

#include "core/ops/op.h"
#include "core/settings/typed.h"

namespace tandem {

enum class TargetKind : std::uint8_t {
  Classes,     // (N) i32: the index of the class; as many outputs as classes
  TwoClasses,  // (N) i32: class 0 or 1; one output
  Values,      // (N, targets) f32; one output per target
};

struct LossDef {
  std::string_view type;             // "huber"; equals the file's basename
  std::string_view label;            // "Huber"
  std::string_view summary;          // one sentence for tooltips and help
  LibraryNames names = {};           // in Keras and PyTorch
  std::vector<Property> properties;  // attributes of the op, with the same keys
  TargetKind target = TargetKind::Values;
  // Numbers as targets are not standardized: their zero or their sum has a meaning.
  bool fixedTargets = false;
  // Operands: output (N, width), targets as described by TargetKind (two classes as a column of f32 0 and 1), step
  // block. Result: the mean over the valid rows (1).
  const OpDef* op = nullptr;
  Attrs fixed = {};  // further attributes of the op
  // The loss takes the input of this activation ("softmax", "sigmoid") rather than its result, which is faster and
  // does not overflow. If the network does not end in it, its outputs are such inputs ("logits"). For values, the
  // network must end in it, so that its answers are comparable with the targets.
  std::string_view activation = {};
};

template <>
struct Catalog<LossDef> {
  static constexpr std::string_view noun = "loss";
  static std::span<const LossDef* const> all();
  static const LossDef& fallback();
};

using LossConfig = Typed<LossDef>;

// Of the loss's op: its properties, but for the class weights, which are operands.
Attrs lossAttributes(const LossConfig& loss);

// The mean loss of these outputs as its definition computes it in double precision. shape: of the outputs, (rows, ...),
// before the activation, if any; targets: one per row for classes, otherwise of the same shape.
double lossOf(const LossConfig& loss, const Shape& shape, std::span<const double> outputs,
              std::span<const double> targets);

}  // namespace tandem
