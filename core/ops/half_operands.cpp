#include "core/ops/half_operands.h"

#include <algorithm>

namespace tandem {

bool HalfOperands::acceptsHalf(std::size_t input, bool inF32) const {
  if (inF32 && static_cast<int>(input) == asResult) return false;
  return allInputs || std::ranges::find(inputs, static_cast<int>(input)) != inputs.end();
}

std::span<const HalfOperands> allHalfOperands() {
  // Sums are always computed in f32; `why` explains f32 results and operands.
  static const std::vector<HalfOperands> table = {
      {.op = "activation", .inputs = {0}},
      {.op = "activation_grad", .inputs = {0, 1, 2}},
      {.op = "adam_update", .why = "updates would be lost to rounding in half precision"},
      {.op = "add", .inputs = {0, 1}},
      {.op = "batch_norm", .inputs = {0, 5}, .why = "statistics, scale and shift in fp32"},
      {.op = "batch_norm_grad", .inputs = {0, 1, 5}, .why = "statistics, scale and their gradients in fp32"},
      {.op = "batch_norm_inference", .inputs = {0, 5}, .why = "statistics, scale and shift in fp32"},
      {.op = "bias_add", .inputs = {0, 1}},
      {.op = "bias_grad", .inputs = {0}, .why = "the gradient in fp32"},
      {.op = "binary_accuracy", .why = "a metric"},
      {.op = "cast", .why = "changes the type"},
      {.op = "clip_gradient", .why = "weight gradients stay in fp32"},
      {.op = "concat", .allInputs = true},
      {.op = "conv2d", .inputs = {0, 1, 2}},
      {.op = "conv2d_dgrad", .inputs = {0, 1}},
      {.op = "conv2d_wgrad", .inputs = {0, 1}, .why = "the gradient in fp32"},
      {.op = "copy", .inputs = {0}},
      {.op = "dropout", .inputs = {0}},
      {.op = "loss_scale", .why = "scalars"},
      {.op = "loss_scale_update", .why = "scalars"},
      {.op = "matmul", .inputs = {0, 1, 2}, .f32Result = true, .asResult = 2},
      {.op = "normalize", .halfResult = true, .why = "its consumers expect fp32"},
      {.op = "pool2d", .inputs = {0}},
      {.op = "pool2d_grad", .inputs = {0, 1, 2}},
      {.op = "regression_error", .why = "a metric"},
      {.op = "regression_loss", .why = "the loss"},
      {.op = "regression_loss_grad", .why = "the loss"},
      {.op = "regularize", .why = "weight gradients stay in fp32"},
      {.op = "reshape", .why = "no kernel"},
      {.op = "rmsprop_update", .why = "updates would be lost to rounding in half precision"},
      {.op = "sgd_update", .why = "updates would be lost to rounding in half precision"},
      {.op = "slice", .inputs = {0}},
      {.op = "softmax", .why = "exponentials and their sums"},
      {.op = "softmax_cross_entropy", .why = "the loss"},
      {.op = "softmax_cross_entropy_grad", .why = "the loss"},
      {.op = "softmax_grad", .why = "exponentials and their sums"},
      {.op = "topk_accuracy", .why = "a metric"},
  };
  return table;
}

const HalfOperands& halfOperands(const OpDef& op) {
  const auto table = allHalfOperands();
  const auto line = std::ranges::find(table, op.name, &HalfOperands::op);
  TANDEM_CHECK(line != table.end(), "no entry in the table of half operands for " + std::string(op.name));
  return *line;
}

}  // namespace tandem
