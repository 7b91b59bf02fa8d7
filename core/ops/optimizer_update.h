// What the ops that apply an optimizer (NAME_update) have in common. Each header defines
//   NameAttrs      the attributes: from(), attrs() and states(), the number of values that the state has per parameter
//   NameRule<T>    the update of one parameter. T: float on devices, double in the reference.
//     using Attributes = NameAttrs
//     using StateCounts = std::index_sequence<...>   the possible results of states()
//     NameRule(attributes, step block)               computes what is the same for all parameters
//     operator()(w, g, state...) const               replaces w and its states
// The reference below, core/cpu/update_kernel.h and gpu/update.cuh apply the rule to the parameter block, unless
// the step block's skip slot is not 0. They also look for numbers that are not finite (update_faults.h).
//
// Operands: parameters w (P), gradients g (P), state (states() P): one array of P after the other, absent if
// there is none; all f32; step block; faults (kUpdateFaults). Results: one replaces w, one the faults, one the state (none
// without state).
#pragma once

#include <utility>

#include "core/ops/rules.h"
#include "core/ops/update_faults.h"

namespace tandem::ops {

struct UpdateIn {
  enum : std::uint8_t { kWeights, kGradients, kState, kStep, kFaults };
};
struct UpdateOut {
  enum : std::uint8_t { kWeights, kFaults, kState };
};

inline std::vector<std::string_view> updateOperands() {
  return {"weights", "gradients", "state", "step", "faults"};
}
inline std::vector<std::string_view> updateResults() {
  return {"weights", "faults", "state"};
}
inline std::vector<InPlace> updatesInPlace() {
  return {{UpdateOut::kWeights, UpdateIn::kWeights},
          {UpdateOut::kFaults, UpdateIn::kFaults},
          {UpdateOut::kState, UpdateIn::kState}};
}

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
  TANDEM_TRY(requireSameShape(in[UpdateIn::kWeights], in[UpdateIn::kGradients]));
  TANDEM_TRY(requireStepBlock(in[UpdateIn::kStep]));
  const std::int64_t state = present(in[UpdateIn::kState]) ? in[UpdateIn::kState].shape.elements() : 0;
  TANDEM_CHECK(state == a.states() * in[UpdateIn::kWeights].shape.elements(),
               "size of the optimizer's state");
  TANDEM_CHECK(in[UpdateIn::kFaults] == (TensorType{DType::F32, Shape{kUpdateFaults}}),
               "operand is not faults");
  if (!present(in[UpdateIn::kState])) return std::vector{in[UpdateIn::kWeights], in[UpdateIn::kFaults]};
  return std::vector{in[UpdateIn::kWeights], in[UpdateIn::kFaults], in[UpdateIn::kState]};
}

// Of the results, whose weights are updated. On a device, weights are floats.
inline void referenceFaults(std::span<const RefTensor> in, std::span<RefTensor> out) {
  const std::vector<double>&weights = out[UpdateOut::kWeights].data,
        &gradients = in[UpdateIn::kGradients].data;
  std::vector<double>& faults = out[UpdateOut::kFaults].data;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto place = static_cast<double>(faultPlace(static_cast<std::int64_t>(i)));
    if (notFinite(static_cast<float>(gradients[i])) && place > faults[kGradientFault])
      faults[kGradientFault] = place;
    if (notFinite(static_cast<float>(weights[i])) && place > faults[kWeightFault])
      faults[kWeightFault] = place;
  }
}

template <template <class> class Rule>
void referenceUpdate(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const auto a = *Rule<double>::Attributes::from(attrs);
  const std::vector<float> block = stepOf(in[UpdateIn::kStep]);
  const std::size_t n = in[UpdateIn::kWeights].data.size();
  out[UpdateOut::kWeights].data = in[UpdateIn::kWeights].data;
  out[UpdateOut::kFaults].data = in[UpdateIn::kFaults].data;
  if (a.states() > 0) out[UpdateOut::kState].data = in[UpdateIn::kState].data;
  if (block[kStepSkip] != 0) return;
  const Rule<double> rule(a, block.data());
  withStates(
      a.states(), typename Rule<double>::StateCounts(), [&]<std::size_t... k>(std::index_sequence<k...>) {
        for (std::size_t i = 0; i < n; ++i)
          rule(out[UpdateOut::kWeights].data[i], in[UpdateIn::kGradients].data[i],
               out[UpdateOut::kState].data[k * n + i]...);
      });
  referenceFaults(in, out);
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
          .inputs = {f32({n}), f32({n}), a.states() > 0 ? f32({a.states() * n}, state) : absent(), step(),
                     f32({kUpdateFaults}, Fill::Zeros)},
          .perf = n > 1000000};
}

}  // namespace tandem::ops
