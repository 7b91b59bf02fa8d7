// Initial weights from (seed, number of the weight): the same on every device.
// Glorot & Bengio 2010; He et al. 2015; LeCun et al. 1998; Saxe et al. 2014 (orthogonal).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancelled.h"
#include "core/ops/program.h"

namespace tandem {

// "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
// "orthogonal", "zeros", "ones".
std::span<const std::string_view> initializerNames();
// Of the bias of an LSTM, gates i f c o: ones for the forget gate, so that it remembers at first (Jozefowicz et al. 2015).
inline constexpr std::string_view kForgetOnes = "forget_ones";

// The name of the initializer that writes this number everywhere.
std::string constantInitializer(double value);

// Fills `values` (info.shape.elements()). `index` is info.stream. Besides those names: "uniform" in [-0.05, 0.05),
// "sinusoidal", of positions (steps, features), and those of constantInitializer().
Status initialize(const ParameterInfo& info, std::uint64_t seed, std::uint64_t index, std::span<float> values,
                  const Cancelled& cancelled = {});

}  // namespace tandem
