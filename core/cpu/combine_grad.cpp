#include "core/ops/combine_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/block_sum.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/broadcast.h"
#include "core/ops/combine.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

using In = ops::CombineGradIn;

template <CombineKind kKind>
float derivative(const float* x, const float* z) {
  if constexpr (derivativeReadsSelf(kKind))
    return combinedDerivative(kKind, *x, *z);
  else if constexpr (derivativeReadsOther(kKind))
    return *z;
  else
    return 1.0f;
}

struct Pointers {
  const float *dy, *x, *z;
  float* dx;

  // An absent operand is not read; dy, in its place, has an element at each offset.
  explicit Pointers(const Operands& o)
      : dy(o.input<float>(In::kDy)),
        x(o.input<float>(In::kX)),
        z(o.input<float>(In::kZ)),
        dx(o.output<float>(0)) {
    if (!x) x = dy;
    if (!z) z = dy;
  }
};

std::int64_t widthOf(const ops::BroadcastAxes& axes) {
  return axes.count > 0 ? axes.extent[axes.count - 1] : 1;
}

// Without sums. kZ: 1, or 0 if z is one number along the innermost axis.
template <CombineKind kKind, int kZ>
KernelResult ofElements(const ops::BroadcastAxes& axes, float factor, int threads) {
  const std::int64_t n = axes.elements(), width = widthOf(axes);
  return kernelOf([=, outer = axes.outer()](const Operands& o) {
    const Pointers p(o);
    parallelFor(threads, n, kCheapGrain, [&](std::int64_t begin, std::int64_t end) {
      std::int64_t row = begin / width, column = begin % width;
      for (std::int64_t at = begin; at < end; ++row, column = 0) {
        const std::int64_t count = std::min(width - column, end - at);
        const float *dy = p.dy + at, *x = p.x + at, *z = p.z + outer.at(row).second + column * kZ;
        float* dx = p.dx + at;
#pragma omp simd
        for (std::int64_t i = 0; i < count; ++i)
          dx[i] = factor * (dy[i] * derivative<kKind>(x + i, z + i * kZ));
        at += count;
      }
    });
  });
}

// Adjacent elements of the result, columns, belong to different sums, which are computed together. The partial sums of
// kRows rows bound the rounding errors of long sums.
constexpr std::int64_t kColumns = 64, kRows = 64;

template <CombineKind kKind, int kZ>
KernelResult ofColumns(const ops::SumAxes& axes, float factor, int threads) {
  const std::int64_t width = widthOf(axes.kept), blocks = (width + kColumns - 1) / kColumns;
  const std::int64_t items = axes.kept.outer().elements() * blocks, rows = axes.summed.elements();
  const std::int64_t grain = kCheapGrain / std::max<std::int64_t>(1, rows * std::min(width, kColumns)) + 1;
  return kernelOf([=, outer = axes.kept.outer(), summed = axes.summed](const Operands& o) {
    const Pointers p(o);
    parallelFor(threads, items, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t item = begin; item < end; ++item) {
        const std::int64_t first = item % blocks * kColumns, count = std::min(kColumns, width - first);
        const ops::Offsets base = outer.at(item / blocks);
        const std::int64_t to = item / blocks * width + first;
        const float* x = p.x + to;
        float totals[kColumns] = {};
        for (std::int64_t row = 0; row < rows;) {
          float sums[kColumns] = {};
          for (const std::int64_t last = std::min(rows, row + kRows); row < last; ++row) {
            const ops::Offsets from = summed.at(row);
            const float* dy = p.dy + base.first + first + from.first;
            const float* z = p.z + base.second + first * kZ + from.second;
#pragma omp simd
            for (std::int64_t i = 0; i < count; ++i) sums[i] += dy[i] * derivative<kKind>(x + i, z + i * kZ);
          }
#pragma omp simd
          for (std::int64_t i = 0; i < count; ++i) totals[i] += sums[i];
        }
        for (std::int64_t i = 0; i < count; ++i) p.dx[to + i] = factor * totals[i];
      }
    });
  });
}

// Adjacent elements of the result belong to the same sum.
template <CombineKind kKind>
KernelResult ofRows(const ops::SumAxes& axes, float factor, int threads) {
  const std::int64_t n = axes.kept.elements(), width = widthOf(axes.summed);
  const std::int64_t rows = axes.summed.outer().elements();
  const std::int64_t grain = kCheapGrain / std::max<std::int64_t>(1, rows * width) + 1;
  return kernelOf([=, kept = axes.kept, outer = axes.summed.outer()](const Operands& o) {
    const Pointers p(o);
    parallelFor(threads, n, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t to = begin; to < end; ++to) {
        const ops::Offsets base = kept.at(to);
        double total = 0;
        for (std::int64_t row = 0; row < rows; ++row) {
          const ops::Offsets from = outer.at(row);
          const float *dy = p.dy + base.first + from.first, *x = p.x + to,
                      *z = p.z + base.second + from.second;
          const auto term = [=](std::int64_t i) { return dy[i] * derivative<kKind>(x, z + i); };
          for (std::int64_t i = 0; i < width; i += kSumBlock)
            total += static_cast<double>(sumOfRange(i, std::min(width, i + kSumBlock), term));
        }
        p.dx[to] = static_cast<float>(total) * factor;
      }
    });
  });
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto attrs, ops::CombineAttrs::from(request.attrs()));
  const Shape& whole = request.in(In::kDy).shape;
  const Shape& other = ops::hasOperand(request.call.inputs, In::kZ) ? request.in(In::kZ).shape : whole;
  const ops::SumAxes axes = ops::sumAxes(whole, request.out(0).shape, other);
  const auto factor = static_cast<float>(attrs.factor);
  const int threads = request.threads, last = axes.kept.count - 1;
  const bool repeated = last >= 0 && axes.kept.second[last] == 0;
  return withCombineKind(attrs.kind, [&](auto kind) -> KernelResult {
    if (axes.summed.count == 0)
      return repeated ? ofElements<kind(), 0>(axes.kept, factor, threads)
                      : ofElements<kind(), 1>(axes.kept, factor, threads);
    if (axes.innermostSummed) return ofRows<kind()>(axes, factor, threads);
    return repeated ? ofColumns<kind(), 0>(axes, factor, threads)
                    : ofColumns<kind(), 1>(axes, factor, threads);
  });
}

}  // namespace

extern const KernelList combine_grad;
const KernelList combine_grad = {{"simd", make}};

}  // namespace tandem::cpu
