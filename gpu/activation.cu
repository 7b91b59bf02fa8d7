#include "core/ops/activation.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct Forward {
  ActivationKind kind;
  float alpha;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    out[0] = activate(kind, alpha, in[0]);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto a, ops::ActivationAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  return makeKernel(
      [n, f = Forward{a.kind, static_cast<float>(a.alpha)}](cudaStream_t stream, const Operands& o) {
        return map("activation", stream, MapPointers<1, 1>{{o.input<float>(0)}, {o.output<float>(0)}}, n, f);
      });
}

}  // namespace

extern const KernelList activation;
const KernelList activation = {{"cuda", make}};

}  // namespace tandem::cuda
