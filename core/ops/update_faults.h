// What the ops that apply an optimizer report of gradients and weights that are NaN or infinite. These would otherwise
// remain unnoticed if a relu turns NaN into 0, as it does in the libraries' products, because they then never reach the
// loss.
//
// The report block has kUpdateFaults values, which are 0 when a step begins (Session::submit). An op only ever raises them:
// to the place of the last parameter that is not finite, because backpropagation begins with the last layer.
#pragma once

#include <cstdint>

#include "core/base/philox.h"

namespace tandem {

enum UpdateFault : int {
  kGradientFault = 0,
  kWeightFault = 1,  // after the update
  kUpdateFaults = 2,
};

// Parameters begin at multiples of this many elements of their block (core/compile/lower.cpp), so a place belongs to one
// of them. Places are exact up to 2^28 elements.
inline constexpr std::int64_t kFaultGrain = 16;

TANDEM_HD inline float faultPlace(std::int64_t element) {
  const std::int64_t place = element / kFaultGrain + 1;
  return static_cast<float>(place);
}
// The first element at that place.
inline std::int64_t elementOfFault(float place) {
  return (static_cast<std::int64_t>(place) - 1) * kFaultGrain;
}

template <class T>
TANDEM_HD inline bool notFinite(T x) {
  return !(x - x == T(0));
}

}  // namespace tandem
