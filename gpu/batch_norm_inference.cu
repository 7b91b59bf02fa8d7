#include "core/ops/batch_norm_inference.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct Normalize {
  const float *gamma, *beta, *mean, *variance;
  float epsilon;
  bool relu;
  __device__ void operator()(const float* in, float* out, std::uint32_t channel) const {
    const float y =
        (in[0] - mean[channel]) / sqrtf(variance[channel] + epsilon) * gamma[channel] + beta[channel];
    out[0] = relu && y < 0 ? 0.0f : y;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(wantOneType(request, {0}));
  TANDEM_ASSIGN(const auto g, ops::BatchNormGeometry::from(request.attrs(), request.in(0).shape, {}));
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([g](cudaStream_t stream, const Operands& o) {
      const Normalize f{o.input<float>(1),
                        o.input<float>(2),
                        o.input<float>(3),
                        o.input<float>(4),
                        static_cast<float>(g.epsilon),
                        g.relu};
      return mapChannels("batch_norm_inference", stream,
                         MapPointers<1, 1, T>{{o.input<T>(0)}, {o.output<T>(0)}}, g.rows, g.channels, f);
    });
  });
}

}  // namespace

extern const KernelList batch_norm_inference;
const KernelList batch_norm_inference = {{"cuda", make}};

}  // namespace tandem::cuda
