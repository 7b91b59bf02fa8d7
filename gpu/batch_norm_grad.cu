#include "core/ops/batch_norm_grad.h"

#include "gpu/channels.cuh"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

// Addends: dy and dy h, dy counting only where y > 0 if there is a fused relu. What counts of it goes to dz,
// if batch_norm had an addend.
template <class T>
struct Products {
  using Element = T;
  const T *dy, *x, *y;
  T* dz;
  const float *mean, *invStd;
  int channels;

  template <int V>
  struct Prepared {
    float mean[V], invStd[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
#pragma unroll
    for (int j = 0; j < V; ++j) {
      prepared.mean[j] = mean[channel + j];
      prepared.invStd[j] = invStd[channel + j];
    }
    return prepared;
  }
  template <int V>
  __device__ void addends(std::int64_t row, int channel, const Prepared<V>& prepared, Addends<2>* a) const {
    const std::int64_t at = row * channels + channel;
    float g[V], v[V], mask[V];
    loadVector<V>(dy + at, g);
    loadVector<V>(x + at, v);
    if (y) loadVector<V>(y + at, mask);
#pragma unroll
    for (int j = 0; j < V; ++j) {
      if (y && !(mask[j] > 0)) g[j] = 0;
      a[j].v[0] = g[j];
      a[j].v[1] = g[j] * ((v[j] - prepared.mean[j]) * prepared.invStd[j]);
    }
    if (dz) storeVector<V>(g, dz + at);
  }
};

// dx = scale (dy - meanDy - (x - mean) slope), by channel.
struct Coefficients {
  float *scale, *meanDy, *slope;
};

struct Finish {
  const float *gamma, *invStd;
  double rows;
  float *dgamma, *dbeta;
  Coefficients c;
  __device__ void operator()(int channel, const double* sums) const {
    if (dbeta) dbeta[channel] = static_cast<float>(sums[0]);
    if (dgamma) dgamma[channel] = static_cast<float>(sums[1]);
    c.scale[channel] = gamma[channel] * invStd[channel];
    c.meanDy[channel] = static_cast<float>(sums[0] / rows);
    c.slope[channel] = static_cast<float>(sums[1] / rows * invStd[channel]);
  }
};

template <bool kMasked>
struct Backward {
  const float* mean;
  Coefficients c;
  __device__ void operator()(const float* in, float* out, std::uint32_t channel) const {  // in: dy, x, y
    float dy = in[0];
    if constexpr (kMasked) dy = in[2] > 0 ? dy : 0.0f;
    out[0] = c.scale[channel] * (dy - c.meanDy[channel] - (in[1] - mean[channel]) * c.slope[channel]);
  }
};

template <class T>
std::unique_ptr<Kernel> build(const ops::BatchNormGeometry& g, bool masked, bool addend) {
  const ChannelSplit split = splitChannels<T>(g.rows, g.channels);
  const std::size_t partialBytes = split.workspaceBytes(2);
  const auto vector = static_cast<std::size_t>(g.channels);
  return makeKernel(
      [=](cudaStream_t stream, const Operands& o) -> Status {
        if (g.rows == 0 || g.channels == 0) return success();
        const auto *dy = o.input<T>(0), *x = o.input<T>(1);
        const auto* mean = o.input<float>(3);
        const T* y = masked ? o.input<T>(5) : nullptr;
        T* dz = addend ? o.output<T>(3) : nullptr;
        auto* partials = static_cast<float*>(o.workspace);
        float* spare = partials + partialBytes / sizeof(float);
        const Coefficients c{spare, spare + vector, spare + 2 * vector};
        const Finish finish{o.input<float>(2),  o.input<float>(4),  static_cast<double>(g.rows),
                            o.output<float>(1), o.output<float>(2), c};
        TANDEM_TRY(sumChannels<2>(
            "batch_norm_grad sums", stream, split,
            aligned16(dy) && aligned16(x) && (!y || aligned16(y)) && (!dz || aligned16(dz)),
            Products<T>{dy, x, y, dz, mean, o.input<float>(4), split.channels}, finish, partials));
        auto* dx = o.output<T>(0);
        if (!dx) return success();
        if (y && !dz)
          return mapChannels("batch_norm_grad", stream, MapPointers<3, 1, T>{{dy, x, y}, {dx}}, g.rows,
                             g.channels, Backward<true>{mean, c});
        return mapChannels("batch_norm_grad", stream, MapPointers<2, 1, T>{{dz ? dz : dy, x}, {dx}}, g.rows,
                           g.channels, Backward<false>{mean, c});
      },
      partialBytes + 3 * vector * sizeof(float));
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(wantOneType(request, {0, 1, 5}));
  TANDEM_ASSIGN(const auto g, ops::BatchNormGeometry::from(request.attrs(), request.in(1).shape, {}));
  const bool masked = request.call.inputs.size() > 5 && present(request.in(5));
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return build<T>(g, masked, ops::wantsAddendGradient(request.attrs()));
  });
}

}  // namespace

extern const KernelList batch_norm_grad;
const KernelList batch_norm_grad = {{"cuda", make}};

}  // namespace tandem::cuda
