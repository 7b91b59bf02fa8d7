#include "core/ops/combine.h"

#include "core/ops/broadcast.h"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

template <CombineKind kKind>
struct Combine {
  float factor;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    out[0] = factor * combined(kKind, in[0], in[1]);
  }
};

// One thread per element.
template <CombineKind kKind, class T>
__global__ void __launch_bounds__(kThreads)
    broadcastKernel(const T* a, const T* b, T* y, std::uint32_t n, ops::BroadcastAxes axes, float factor) {
  const std::uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= n) return;
  const ops::Offsets from = axes.at(i);
  y[i] = fromFloat<T>(factor * combined(kKind, toFloat(a[from.first]), toFloat(b[from.second])));
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0, 1}));
  TANDEM_ASSIGN(const auto attrs, ops::CombineAttrs::from(request.attrs()));
  const Shape &a = request.in(0).shape, &b = request.in(1).shape;
  const std::int64_t n = request.out(0).shape.elements();
  const bool alike = a == b;
  if (!alike && !fits32(n)) return refuse("more than 2^31 elements");
  const ops::BroadcastAxes axes = ops::broadcastAxes(request.out(0).shape, a, b);
  const auto factor = static_cast<float>(attrs.factor);
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return withCombineKind(attrs.kind, [&](auto kind) {
      return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
        if (n == 0) return success();
        if (alike) {
          const MapPointers<2, 1, T> p{{o.input<T>(0), o.input<T>(1)}, {o.output<T>(0)}};
          return map("combine", stream, p, n, Combine<kind()>{factor});
        }
        return launch("combine", broadcastKernel<kind(), T>, blocksFor(n), kThreads, stream, o.input<T>(0),
                      o.input<T>(1), o.output<T>(0), static_cast<std::uint32_t>(n), axes, factor);
      });
    });
  });
}

}  // namespace

extern const KernelList combine;
const KernelList combine = {{"cuda", make}};

}  // namespace tandem::cuda
