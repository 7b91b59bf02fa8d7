#include "core/ops/activation.h"

#include "core/base/parallel.h"
#include "core/cpu/activate_range.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::ActivationAttrs::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* x = o.input<float>(0);
    float* y = o.output<float>(0);
    parallelFor(threads, n, a.kind == ActivationKind::Relu ? kCheapGrain : kCostlyGrain,
                [&](std::int64_t begin, std::int64_t end) {
                  activateRange(a.kind, static_cast<float>(a.alpha), x + begin, y + begin, end - begin);
                });
  });
}

}  // namespace

extern const KernelList activation;
const KernelList activation = {{"simd", make}};

}  // namespace tandem::cpu
