// The choice of a rule among those of a folder, such as core/ops/element_losses, and of its parameters.
#pragma once

#include <array>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "core/ops/loss_rule.h"
#include "core/ops/op.h"

namespace tandem::ops {

template <class... Rule>
constexpr std::array<const LossInfo*, sizeof...(Rule)> infosOf(const std::tuple<Rule...>*) {
  return {&Rule::info...};
}

// As attributes of an op: "kind", the type of the loss, and its parameters.
struct LossKind {
  std::size_t kind = 0;  // index of the rule
  std::array<double, kLossParameters> parameters{};

  static Result<LossKind> from(const Attrs& attrs, std::span<const LossInfo* const> infos);
  LossValues values() const;
};

// Rules: the std::tuple of all of them.
template <class Rules>
struct LossAttrs : LossKind {
  static constexpr auto kInfos = infosOf(static_cast<const Rules*>(nullptr));

  static Result<LossAttrs> from(const Attrs& attrs) {
    TANDEM_ASSIGN(const LossKind chosen, LossKind::from(attrs, kInfos));
    return LossAttrs{chosen};
  }
  const LossInfo& info() const { return *kInfos[kind]; }
};

// Calls f.template operator()<Rule>() with the rule number `kind`, and returns its result, if any.
template <class Rules, class F>
decltype(auto) withLoss(std::size_t kind, F&& f) {
  using R = decltype(f.template operator()<std::tuple_element_t<0, Rules>>());
  return [&]<std::size_t... I>(std::index_sequence<I...>)->R {
    R(*const table[])
    (F&) = {[](F& g) -> R { return g.template operator()<std::tuple_element_t<I, Rules>>(); }...};
    return table[kind](f);
  }
  (std::make_index_sequence<std::tuple_size_v<Rules>>());
}

// For conformance samples: this loss, with parameters that are not the defaults.
Attrs sampleAttrs(const LossInfo& info);

}  // namespace tandem::ops
