#include "core/ops/activation_grad.h"

#include "core/base/parallel.h"
#include "core/cpu/activate_range.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::ActivationGradIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::ActivationAttrs::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* dy = o.input<float>(In::kDy);
    const float* point = o.input<float>(derivativeFromOutput(a.kind) ? In::kY : In::kX);
    float* dx = o.output<float>(0);
    parallelFor(threads, n, a.kind == ActivationKind::Relu ? kCheapGrain : kCostlyGrain,
                [&](std::int64_t begin, std::int64_t end) {
                  activateGradRange(a.kind, static_cast<float>(a.alpha), dy + begin, point + begin,
                                    dx + begin, end - begin);
                });
  });
}

}  // namespace

extern const KernelList activation_grad;
const KernelList activation_grad = {{"simd", make}};

}  // namespace tandem::cpu
