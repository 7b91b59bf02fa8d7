#include "tests/conformance/gaps.h"

#include <algorithm>
#include <array>

namespace tandem::conformance {
namespace {

struct Gap {
  std::string_view backend, op;
  std::string_view sample;  // empty: all
  std::string_view reason;
};

// None today. An entry: {"cpu", "copy", "labels", "why the reference is sufficient"}.
constexpr std::array<Gap, 0> kGaps{};

}  // namespace

bool roundsToHalf(std::string_view backend, std::string_view op) {
  return backend == "cuda" && op == "conv2d_wgrad";  // cuDNN's filter gradient has the type of its operands
}

bool dropsNan(std::string_view backend, std::string_view op, const Attrs& attrs) {
  return backend == "cuda" && (op == "matmul" || op == "conv2d") &&
         attrs.text("activation", "none") == "relu";
}

bool knownGap(std::string_view backend, std::string_view op, std::string_view sample) {
  return std::ranges::any_of(kGaps, [&](const Gap& gap) {
    return gap.backend == backend && gap.op == op && (gap.sample.empty() || gap.sample == sample);
  });
}

}  // namespace tandem::conformance
