#include "core/ops/affine.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::AffineAttrs::from(request.attrs(), request.in(0).shape));
  const std::vector<float> scale(a.scale.begin(), a.scale.end()), offset(a.offset.begin(), a.offset.end());
  const std::int64_t n = request.in(0).shape.elements();
  return kernelOf([scale, offset, n, threads = request.threads](const Operands& o) {
    const float* x = o.input<float>(0);
    float* y = o.output<float>(0);
    if (scale.size() == 1) {
      parallelFor(threads, n, kCheapGrain,
                  [=, s = scale[0], t = offset[0]](std::int64_t begin, std::int64_t end) {
#pragma omp simd
                    for (std::int64_t i = begin; i < end; ++i) y[i] = x[i] * s + t;
                  });
      return;
    }
    const auto c = static_cast<std::int64_t>(scale.size());
    const float *s = scale.data(), *t = offset.data();
    parallelFor(threads, n / c, kCheapGrain / c + 1, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t at = begin * c; at < end * c; at += c) {
#pragma omp simd
        for (std::int64_t j = 0; j < c; ++j) y[at + j] = x[at + j] * s[j] + t[j];
      }
    });
  });
}

}  // namespace

extern const KernelList affine;
const KernelList affine = {{"simd", make}};

}  // namespace tandem::cpu
