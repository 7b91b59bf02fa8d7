// What the ops that apply an optimizer (NAME_update) have in common. Each header defines
//   NameAttrs      the attributes: from(), attrs() and states(), the number of values that the state has per parameter
//   NameRule<T>    the update of one parameter. T: float on devices, double in the reference.
//     using Attributes = NameAttrs
//     using StateCounts = std::index_sequence<...>   the possible results of states()
//     NameRule(attributes, step block)               computes what is the same for all parameters
//     operator()(w, g, state...) const               replaces w and its states
// The reference below, core/cpu/update_kernel.h and gpu/update.cuh apply the rule to the parameter block, unless
// the step block's skip slot is not 0.
//
// Operands: 0 parameters w (P), 1 gradients g (P), 2 state (states() P): one array of P after the other, absent if
// there is none; all f32; 3 step block. Results: 0 replaces w, 1 replaces the state (none without state).
#pragma once

#include <utility>

#include "core/ops/rules.h"

namespace tandem::ops {

inline constexpr std::string_view kWhyUpdatesStayF32 = "updates would be lost to rounding in half precision";

// The result of visit(std::make_index_sequence<states>()), so that loops over the states are unrolled.
template <std::size_t kFirst, std::size_t... kOthers, class Visit>
auto withStates(int states, std::index_sequence<kFirst, kOthers...>, const Visit& visit) {
  if constexpr (sizeof...(kOthers) > 0)
    if (at(states) != kFirst) return withStates(states, std::index_sequence<kOthers...>(), visit);
  TANDEM_CHECK(at(states) == kFirst, "StateCounts lists the results of states()");
  return visit(std::make_index_sequence<kFirst>());
}

template <template <class> class Rule>
Types inferUpdate(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const auto a, Rule<double>::Attributes::from(attrs));
  TANDEM_TRY(requireSameShape(in[0], in[1]));
  TANDEM_TRY(requireStepBlock(in[3]));
  const std::int64_t state = present(in[2]) ? in[2].shape.elements() : 0;
  TANDEM_CHECK(state == a.states() * in[0].shape.elements(), "size of the optimizer's state");
  if (!present(in[2])) return std::vector{in[0]};
  return std::vector{in[0], in[2]};
}

template <template <class> class Rule>
void referenceUpdate(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const auto a = *Rule<double>::Attributes::from(attrs);
  const std::vector<float> block = stepOf(in[3]);
  const std::size_t n = in[0].data.size();
  out[0].data = in[0].data;
  if (a.states() > 0) out[1].data = in[2].data;
  if (block[kStepSkip] != 0) return;
  const Rule<double> rule(a, block.data());
  withStates(
      a.states(), typename Rule<double>::StateCounts(), [&]<std::size_t... k>(std::index_sequence<k...>) {
        for (std::size_t i = 0; i < n; ++i) rule(out[0].data[i], in[1].data[i], out[1].data[k * n + i]...);
      });
}

template <int kFlopsPerParameter>
Cost updateCost(const Attrs&, std::span<const TensorType> in, std::span<const TensorType> out) {
  return elementwiseCost(kFlopsPerParameter, in, out);
}

// A conformance case with n parameters.
template <class Attributes>
Sample updateSample(std::string_view name, const Attributes& a, std::int64_t n, Fill state = Fill::Positive) {
  return {.name = std::string(name),
          .attrs = a.attrs(),
          .inputs = {f32({n}), f32({n}), a.states() > 0 ? f32({a.states() * n}, state) : absent(), step()},
          .perf = n > 1000000};
}

}  // namespace tandem::ops
