// element_loss: the mean over valid rows and all columns of an elementwise loss of prediction and target
// (element_loss_rule.h).
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/ops/element_loss_list.h"  // generated from the files of element_losses/
#include "core/ops/op.h"

namespace tandem::ops {

// Operands: 0 prediction (n, ...), 1 target f32 of the same shape, 2 step block.
// Result: loss f32 (1); 0 if there are no valid rows.
extern const OpDef element_loss;

// The description of each, in the order of ElementLosses.
std::span<const ElementLossInfo* const> elementLosses();

// The parameters as kernels take them.
struct LossValues {
  float p[kLossParameters] = {};
};

// Attributes of element_loss and element_loss_grad: "kind", the type of the loss, and its parameters.
struct ElementLossAttrs {
  std::size_t kind = 0;  // in ElementLosses
  std::array<double, kLossParameters> parameters{};

  static Result<ElementLossAttrs> from(const Attrs& attrs);
  const ElementLossInfo& info() const;

  LossValues values() const;
};

// Calls f.template operator()<Loss>() with the loss number `kind`, and returns its result, if any.
template <class F>
decltype(auto) withElementLoss(std::size_t kind, F&& f) {
  using First = std::tuple_element_t<0, ElementLosses>;
  using R = decltype(f.template operator()<First>());
  return [&]<std::size_t... I>(std::index_sequence<I...>)->R {
    R(*const table[])
    (F&) = {[](F& g) -> R { return g.template operator()<std::tuple_element_t<I, ElementLosses>>(); }...};
    return table[kind](f);
  }
  (std::make_index_sequence<std::tuple_size_v<ElementLosses>>());
}

}  // namespace tandem::ops
