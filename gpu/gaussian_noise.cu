#include "core/ops/gaussian_noise.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct GaussianNoise {
  ops::DropoutAttrs source;
  float deviation;
  const float* step;

  __device__ void operator()(const float* in, float* out, std::int64_t i) const {
    const Philox4 bits = ops::dropoutBits(source, stepNumber(step), static_cast<std::uint64_t>(i / 4));
    out[0] = in[0] + deviation * ops::normalOf<float>(bits, static_cast<int>(i % 4));
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto a, ops::GaussianNoiseAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([a, n](cudaStream_t stream, const Operands& o) {
      const MapPointers<1, 1, T> p{{o.input<T>(0)}, {o.output<T>(0)}};
      return map("gaussian_noise", stream, p, n,
                 GaussianNoise{a.bits(), static_cast<float>(a.deviation), o.input<float>(1)});
    });
  });
}

}  // namespace

extern const KernelList gaussian_noise;
const KernelList gaussian_noise = {{"cuda", make}};

}  // namespace tandem::cuda
