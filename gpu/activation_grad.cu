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

template <bool kFromOutput>
std::unique_ptr<Kernel> build(const ops::ActivationAttrs& a, std::int64_t n) {
  return makeKernel([n, f = Backward<kFromOutput>{a.kind, static_cast<float>(a.alpha)}](cudaStream_t stream,
                                                                                        const Operands& o) {
    const MapPointers<2, 1> p{{o.input<float>(0), o.input<float>(kFromOutput ? 2 : 1)}, {o.output<float>(0)}};
    return map("activation gradient", stream, p, n, f);
  });
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto a, ops::ActivationAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  return derivativeFromOutput(a.kind) ? build<true>(a, n) : build<false>(a, n);
}

}  // namespace

extern const KernelList activation_grad;
const KernelList activation_grad = {{"cuda", make}};

}  // namespace tandem::cuda
