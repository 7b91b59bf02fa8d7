#include "core/ops/rotary.h"

#include <cmath>
#include <vector>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, ops::RotaryGeometry::from(request.attrs(), request.in(0).shape));
  // For each step the cosines of all pairs, and then their sines. Angles of many turns need double precision.
  std::vector<float> table(static_cast<std::size_t>(g.steps * g.size));
  for (std::int64_t t = 0; t < g.steps; ++t)
    for (std::int64_t i = 0; i < g.pairs(); ++i) {
      const double angle = g.angle(t, i);
      table[static_cast<std::size_t>(t * g.size + i)] = static_cast<float>(std::cos(angle));
      table[static_cast<std::size_t>(t * g.size + g.pairs() + i)] = static_cast<float>(std::sin(angle));
    }
  const std::int64_t grain = kCheapGrain / (g.heads * g.size) + 1;
  return kernelOf([g, grain, table = std::move(table), threads = request.threads](const Operands& o) {
    const auto *x = o.input<float>(0), *turns = table.data();
    auto* y = o.output<float>(0);
    parallelFor(threads, g.batch * g.steps, grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const float *cosine = turns + row % g.steps * g.size, *sine = cosine + g.pairs();
        for (std::int64_t h = 0; h < g.heads; ++h) {
          const float *first = x + (row * g.heads + h) * g.size, *second = first + g.pairs();
          float *to = y + (row * g.heads + h) * g.size, *toSecond = to + g.pairs();
#pragma omp simd
          for (std::int64_t i = 0; i < g.pairs(); ++i) {
            to[i] = first[i] * cosine[i] - second[i] * sine[i];
            toSecond[i] = second[i] * cosine[i] + first[i] * sine[i];
          }
        }
      }
    });
  });
}

}  // namespace

extern const KernelList rotary;
const KernelList rotary = {{"simd", make}};

}  // namespace tandem::cpu
