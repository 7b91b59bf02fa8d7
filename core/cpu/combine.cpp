#include "core/ops/combine.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/broadcast.h"

namespace tandem::cpu {
namespace {

// kA, kB: 1, or 0 if the operand is one number along the innermost axis.
template <CombineKind kKind, int kA, int kB>
void combineRow(const float* a, const float* b, float factor, float* y, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = factor * combined(kKind, a[i * kA], b[i * kB]);
}

template <CombineKind kKind, int kA, int kB>
KernelResult make(const ops::BroadcastAxes& axes, float factor, int threads) {
  const std::int64_t n = axes.elements(), width = axes.count > 0 ? axes.extent[axes.count - 1] : 1;
  return kernelOf([=, outer = axes.outer()](const Operands& o) {
    const float *a = o.input<float>(0), *b = o.input<float>(1);
    float* y = o.output<float>(0);
    parallelFor(threads, n, kCheapGrain, [&](std::int64_t begin, std::int64_t end) {
      std::int64_t row = begin / width, column = begin % width;
      for (std::int64_t i = begin; i < end; ++row, column = 0) {
        const std::int64_t count = std::min(width - column, end - i);
        const ops::Offsets from = outer.at(row);
        combineRow<kKind, kA, kB>(a + from.first + column * kA, b + from.second + column * kB, factor, y + i,
                                  count);
        i += count;
      }
    });
  });
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto attrs, ops::CombineAttrs::from(request.attrs()));
  const ops::BroadcastAxes axes =
      ops::broadcastAxes(request.out(0).shape, request.in(0).shape, request.in(1).shape);
  const auto factor = static_cast<float>(attrs.factor);
  const int last = axes.count - 1, threads = request.threads;
  return withCombineKind(attrs.kind, [&](auto kind) -> KernelResult {
    if (last >= 0 && axes.first[last] == 0) return make<kind(), 0, 1>(axes, factor, threads);
    if (last >= 0 && axes.second[last] == 0) return make<kind(), 1, 0>(axes, factor, threads);
    return make<kind(), 1, 1>(axes, factor, threads);
  });
}

}  // namespace

extern const KernelList combine;
const KernelList combine = {{"simd", make}};

}  // namespace tandem::cpu
