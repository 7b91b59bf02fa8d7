#include "core/ops/add.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  return kernelOf([n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float *a = o.input<float>(0), *b = o.input<float>(1);
    float* y = o.output<float>(0);
    parallelFor(threads, n, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) y[i] = a[i] + b[i];
    });
  });
}

}  // namespace

extern const KernelList add;
const KernelList add = {{"simd", make}};

}  // namespace tandem::cpu
