// gaussian_noise: y = x + deviation * a standard normal number. The numbers are a function of (seed, stream, step, element)
// alone, as those of dropout are; their last digits depend on the logarithm and the cosine of the device.
#pragma once

#include <cmath>

#include "core/ops/dropout.h"

namespace tandem::ops {

// Operands: 0 x, 1 step block. Result: same type as x. Its gradient is dy.
extern const OpDef gaussian_noise;

struct GaussianNoiseAttrs {
  double deviation = 0;  // at least 0
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;  // index of the layer in the network

  static Result<GaussianNoiseAttrs> from(const Attrs& attrs);  // keys "deviation", "seed", "stream"
  Attrs attrs() const;
  DropoutAttrs bits() const { return {0.0f, seed, stream}; }  // for dropoutBits()
};

// The number of element `lane` of the four that share these bits (Box & Muller 1958).
template <class T>
TANDEM_HD inline T normalOf(const Philox4& bits, int lane) {
  using std::cos, std::log, std::sin, std::sqrt;
  const bool second = lane >= 2;
  const T u = T(1) - static_cast<T>(uniform01(second ? bits.v[2] : bits.v[0]));  // in (0, 1]
  const T angle = T(6.283185307179586477) * static_cast<T>(uniform01(second ? bits.v[3] : bits.v[1]));
  const T radius = sqrt(T(-2) * log(u));
  return radius * (lane % 2 == 0 ? cos(angle) : sin(angle));
}

}  // namespace tandem::ops
