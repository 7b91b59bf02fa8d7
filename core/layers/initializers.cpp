#include "core/layers/initializers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "core/base/philox.h"

namespace tandem {
namespace {

constexpr std::array<std::string_view, 9> kNames{
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform",
    "lecun_normal",   "orthogonal",    "zeros",      "ones",
};

// Variance of the weights: 2 / (in + out) for Glorot, 2 / in for He, 1 / in for LeCun. As in Keras,
// both shapes have this variance. Keras draws normals truncated at two deviations and rescales them to
// it; ours are not truncated.
double variance(std::string_view initializer, std::int64_t fanIn, std::int64_t fanOut) {
  const double in = static_cast<double>(std::max<std::int64_t>(1, fanIn));
  const double out = static_cast<double>(std::max<std::int64_t>(1, fanOut));
  if (initializer.starts_with("glorot")) return 2.0 / (in + out);
  return (initializer.starts_with("he") ? 2.0 : 1.0) / in;
}

// A matrix (first dimension, rest) with orthonormal rows or columns, whichever are fewer: a normal matrix
// through Gram-Schmidt. That gives R a positive diagonal, so Q is uniform (Haar), like Keras' QR with
// corrected signs. Each vector is projected twice, which keeps the vectors orthogonal to rounding error.
Status orthogonal(const Shape& shape, PhiloxSequence& random, std::span<float> values,
                  const Cancelled& cancelled) {
  const std::size_t rows = static_cast<std::size_t>(shape[0]), columns = values.size() / rows;
  const bool wide = rows < columns;
  const std::size_t count = std::min(rows, columns), length = std::max(rows, columns);
  std::vector<double> q(count * length);
  for (std::size_t i = 0; i < count; ++i) {
    TANDEM_TRY(checkCancelled(cancelled));
    double* const vector = q.data() + i * length;
    double norm = 0;
    while (norm < 1e-8) {  // a draw inside the span of those before it has probability 0
      for (std::size_t k = 0; k < length; ++k) vector[k] = random.normal();
      for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t j = 0; j < i; ++j) {
          const double* const other = q.data() + j * length;
          double dot = 0;
          for (std::size_t k = 0; k < length; ++k) dot += vector[k] * other[k];
          for (std::size_t k = 0; k < length; ++k) vector[k] -= dot * other[k];
        }
      }
      norm = 0;
      for (std::size_t k = 0; k < length; ++k) norm += vector[k] * vector[k];
      norm = std::sqrt(norm);
    }
    for (std::size_t k = 0; k < length; ++k) vector[k] /= norm;
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      values[r * columns + c] = static_cast<float>(wide ? q[r * length + c] : q[c * length + r]);
  return success();
}

// The initializers of layers that offer no choice: "uniform" as in Keras' Embedding, and the sines and cosines of
// Vaswani et al. 2017: feature 2 i of step t is sin(t / 10000^(2 i / features)), feature 2 i + 1 the cosine.
constexpr double kUniformLimit = 0.05;

void sinusoidal(const Shape& shape, std::span<float> values) {
  const auto features = static_cast<std::size_t>(shape[-1]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t step = i / features, feature = i % features;
    const std::size_t even = feature - feature % 2;
    const double exponent = static_cast<double>(even) / static_cast<double>(features);
    const double angle = static_cast<double>(step) / std::pow(10000.0, exponent);
    values[i] = static_cast<float>(feature % 2 == 0 ? std::sin(angle) : std::cos(angle));
  }
}

constexpr std::string_view kConstant = "constant ";

// Calls draw() for each value.
template <class Draw>
Status fill(std::span<float> values, const Cancelled& cancelled, const Draw& draw) {
  constexpr std::size_t kSlice = 1 << 20;
  for (std::size_t at = 0; at < values.size(); at += kSlice) {
    TANDEM_TRY(checkCancelled(cancelled));
    for (float& value : values.subspan(at, std::min(kSlice, values.size() - at)))
      value = static_cast<float>(draw());
  }
  return success();
}

}  // namespace

std::span<const std::string_view> initializerNames() {
  return kNames;
}

std::string constantInitializer(double value) {
  return fmt::format("{}{}", kConstant, value);
}

Status initialize(const ParameterInfo& info, std::uint64_t seed, std::uint64_t index, std::span<float> values,
                  const Cancelled& cancelled) {
  TANDEM_CHECK(static_cast<std::int64_t>(values.size()) == info.shape.elements(), info.name);
  const std::string_view initializer = info.initializer;
  if (initializer == kForgetOnes) {  // not offered to users: it suits the bias of an LSTM only
    const auto units = static_cast<std::ptrdiff_t>(values.size() / 4);
    std::ranges::fill(values, 0.0f);
    std::fill_n(values.begin() + units, units, 1.0f);
    return success();
  }
  if (initializer.starts_with(kConstant)) {
    double value = 0;
    std::from_chars(initializer.data() + kConstant.size(), initializer.data() + initializer.size(), value);
    std::ranges::fill(values, static_cast<float>(value));
    return success();
  }
  PhiloxSequence random(seed, stream(RandomStream::Weights, index));
  if (initializer == "uniform")
    return fill(values, cancelled, [&] { return (2.0 * random.uniform() - 1.0) * kUniformLimit; });
  if (initializer == "sinusoidal") {
    sinusoidal(info.shape, values);
    return success();
  }
  if (std::ranges::find(kNames, initializer) == kNames.end())
    return invalid("unknown initializer '" + info.initializer + "'", info.name);
  if (initializer == "zeros" || initializer == "ones") {
    std::ranges::fill(values, initializer == "ones" ? 1.0f : 0.0f);
  } else if (initializer == "orthogonal") {
    if (info.shape.rank() < 2)
      return invalid("orthogonal needs a weight with at least two dimensions, not " + info.shape.text(),
                     info.name, "Choose another initializer");
    return orthogonal(info.shape, random, values, cancelled);
  } else if (initializer.ends_with("uniform")) {
    const double limit = std::sqrt(3.0 * variance(initializer, info.fanIn, info.fanOut));
    return fill(values, cancelled, [&] { return (2.0 * random.uniform() - 1.0) * limit; });
  } else {
    const double deviation = std::sqrt(variance(initializer, info.fanIn, info.fanOut));
    return fill(values, cancelled, [&] { return random.normal() * deviation; });
  }
  return success();
}

}  // namespace tandem
