#include "core/ops/activation_grad.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

// in: dy, and y or x, whichever the kind's derivative reads.
template <bool kFromOutput>
struct Backward {
  ActivationKind kind;
  float alpha;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    out[0] = in[0] * activateDerivative(kind, alpha, kFromOutput ? 0.0f : in[1], kFromOutput ? in[1] : 0.0f);
  }
};

template <bool kFromOutput, class T>
std::unique_ptr<Kernel> build(const ops::ActivationAttrs& a, std::int64_t n) {
  const Backward<kFromOutput> f{a.kind, static_cast<float>(a.alpha)};
  return makeKernel([n, f](cudaStream_t stream, const Operands& o) {
    const MapPointers<2, 1, T> p{{o.input<T>(0), o.input<T>(kFromOutput ? 2 : 1)}, {o.output<T>(0)}};
    return map("activation gradient", stream, p, n, f);
  });
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(wantOneType(request, {0, 1, 2}));
  TANDEM_ASSIGN(const auto a, ops::ActivationAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return derivativeFromOutput(a.kind) ? build<true, T>(a, n) : build<false, T>(a, n);
  });
}

}  // namespace

extern const KernelList activation_grad;
const KernelList activation_grad = {{"cuda", make}};

}  // namespace tandem::cuda
