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

constexpr std::array<Gap, 1> kGaps{{
    {"cpu", "copy", "labels", "labels are never copied on the CPU; the fast kernel is for f32"},
}};

}  // namespace

bool knownGap(std::string_view backend, std::string_view op, std::string_view sample) {
  return std::ranges::any_of(kGaps, [&](const Gap& gap) {
    return gap.backend == backend && gap.op == op && (gap.sample.empty() || gap.sample == sample);
  });
}

}  // namespace tandem::conformance
