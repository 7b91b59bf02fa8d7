#include "core/ops/batch_norm_inference.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::BatchNormIn;

template <bool kAddend>
struct Normalize {
  const float *gamma, *beta, *mean, *variance;  // beta and mean: nullptr if absent
  float epsilon;
  bool relu;

  bool aligned() const {
    return aligned16(gamma) && aligned16(beta) && aligned16(mean) && aligned16(variance);
  }
  template <int V>
  struct Prepared {
    float scale[V], beta[V], mean[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared = {};
    float spread[V];
    loadVector<V>(gamma + channel, prepared.scale);
    if (beta) loadVector<V>(beta + channel, prepared.beta);
    if (mean) loadVector<V>(mean + channel, prepared.mean);
    loadVector<V>(variance + channel, spread);
#pragma unroll
    for (int j = 0; j < V; ++j) prepared.scale[j] *= rsqrtf(spread[j] + epsilon);
    return prepared;
  }
  template <class P>
  __device__ void operator()(const float* in, float* out, const P& prepared, int j) const {  // in: x, z
    float y = (in[0] - prepared.mean[j]) * prepared.scale[j] + prepared.beta[j];
    if constexpr (kAddend) y += in[1];
    out[0] = relu && y < 0 ? 0.0f : y;
  }
};

template <bool kAddend, int kIn, class T>
Status run(cudaStream_t stream, const MapPointers<kIn, 1, T>& pointers, const ops::BatchNormGeometry& g,
           const Operands& o) {
  const Normalize<kAddend> f{o.input<float>(In::kGamma),    o.input<float>(In::kBeta),
                             o.input<float>(In::kMean),     o.input<float>(In::kVariance),
                             static_cast<float>(g.epsilon), g.relu};
  return mapChannels("batch_norm_inference", stream, pointers, g.rows, g.channels, f);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kAddend}));
  TANDEM_ASSIGN(const auto g, ops::BatchNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  const bool addend = ops::hasAddend(request.call.inputs);
  return withElement(request.in(In::kX).dtype, [&]<class T>(T*) {
    return makeKernel([g, addend](cudaStream_t stream, const Operands& o) {
      const T* x = o.input<T>(In::kX);
      T* y = o.output<T>(0);
      if (addend) return run<true>(stream, MapPointers<2, 1, T>{{x, o.input<T>(In::kAddend)}, {y}}, g, o);
      return run<false>(stream, MapPointers<1, 1, T>{{x}, {y}}, g, o);
    });
  });
}

}  // namespace

extern const KernelList batch_norm_inference;
const KernelList batch_norm_inference = {{"cuda", make}};

}  // namespace tandem::cuda
