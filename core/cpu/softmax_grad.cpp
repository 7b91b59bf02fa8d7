#include "core/ops/softmax_grad.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  const auto shape = ops::LastAxis::of(request.out(0).shape);
  return kernelOf([shape, threads = request.threads](const Operands& o) {
    const float *dy = o.input<float>(0), *y = o.input<float>(1);
    float* dx = o.output<float>(0);
    const std::int64_t c = shape.columns;
    parallelFor(threads, shape.rows, kCheapGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t at = begin * c; at < end * c; at += c) {
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (std::int64_t j = at; j < at + c; ++j) dot += dy[j] * y[j];
#pragma omp simd
        for (std::int64_t j = at; j < at + c; ++j) dx[j] = y[j] * (dy[j] - dot);
      }
    });
  });
}

}  // namespace

extern const KernelList softmax_grad;
const KernelList softmax_grad = {{"simd", make}};

}  // namespace tandem::cpu
