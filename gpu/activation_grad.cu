#include "core/ops/activation_grad.h"

#include "gpu/activation.cuh"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::ActivationGradIn;

// in: dy, and y or x, whichever the derivative of the kind needs.
template <ActivationKind kKind>
struct Backward {
  static constexpr bool kFromOutput = derivativeFromOutput(kKind);
  float alpha;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    const float x = kFromOutput ? 0.0f : in[1], y = kFromOutput ? in[1] : 0.0f;
    out[0] = in[0] * activateDerivative(kKind, alpha, x, y);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kX, In::kY}));
  TANDEM_ASSIGN(const auto a, ops::ActivationAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  const auto alpha = static_cast<float>(a.alpha);
  return withElement(request.in(In::kDy).dtype, [&]<class T>(T*) {
    return withActivation(a.kind, [&](auto kind) {
      return makeKernel([n, f = Backward<kind()>{alpha}](cudaStream_t stream, const Operands& o) {
        const MapPointers<2, 1, T> p{{o.input<T>(In::kDy), o.input<T>(f.kFromOutput ? In::kY : In::kX)},
                                     {o.output<T>(0)}};
        return map("activation gradient", stream, p, n, f);
      });
    });
  });
}

}  // namespace

extern const KernelList activation_grad;
const KernelList activation_grad = {{"cuda", make}};

}  // namespace tandem::cuda
