#include "core/ops/batch_norm_grad.h"

#include "gpu/channels.cuh"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::BatchNormGradIn;
using Out = ops::BatchNormGradOut;

// Summands: dy and dy (x - mean), with dy masked by y > 0 if there is a fused relu. The masked dy is stored
// to dz if batch_norm had an addend.
template <class T>
struct Products {
  using Element = T;
  static constexpr int kRows = 1;  // with two or three loads each
  const T *dy, *x, *y;             // y: nullptr without a relu
  T* dz;
  const float* mean;
  int channels;

  template <int V>
  struct Prepared {
    float mean[V];
  };
  template <int V>
  struct Loaded {
    Packed<V, T> dy, x, y;
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    loadVector<V>(mean + channel, prepared.mean);
    return prepared;
  }
  template <int V>
  __device__ Loaded<V> load(std::int64_t row, int channel) const {
    const std::int64_t at = row * channels + channel;
    Loaded<V> loaded{loadPacked<V>(dy + at), loadPacked<V>(x + at), {}};
    if (y) loaded.y = loadPacked<V>(y + at);
    return loaded;
  }
  template <int V>
  __device__ void add(std::int64_t row, int channel, const Prepared<V>& prepared, const Loaded<V>& loaded,
                      float (*sums)[V]) const {
    float g[V], v[V], mask[V];
    unpack(loaded.dy, g);
    unpack(loaded.x, v);
    unpack(loaded.y, mask);
#pragma unroll
    for (int j = 0; j < V; ++j) {
      if (y && !(mask[j] > 0)) g[j] = 0;
      sums[0][j] += g[j];
      sums[1][j] += g[j] * (v[j] - prepared.mean[j]);
    }
    if (dz) storeVector<V>(g, dz + row * channels + channel);
  }
};

// dx = gamma inv_std (dy - mean(dy) - h mean(dy h)) as dyScale dy + xScale x + shift, per channel.
struct Fold {
  float *dyScale, *xScale, *shift;
};

struct Finish {
  const float *gamma, *mean, *invStd;
  double rows;
  float *dgamma, *dbeta;
  Fold fold;
  __device__ void operator()(int channel, const double* sums) const {
    if (dbeta) dbeta[channel] = static_cast<float>(sums[0]);
    if (dgamma) dgamma[channel] = static_cast<float>(sums[1] * invStd[channel]);
    const float dyScale = gamma[channel] * invStd[channel];
    const auto xScale = static_cast<float>(-dyScale * (sums[1] / rows * invStd[channel] * invStd[channel]));
    fold.dyScale[channel] = dyScale;
    fold.xScale[channel] = xScale;
    fold.shift[channel] =
        static_cast<float>(-dyScale * (sums[0] / rows) - static_cast<double>(xScale) * mean[channel]);
  }
};

template <bool kMasked>
struct Backward {
  Fold fold;

  bool aligned() const { return aligned16(fold.dyScale) && aligned16(fold.xScale) && aligned16(fold.shift); }
  template <int V>
  struct Prepared {
    float dyScale[V], xScale[V], shift[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    loadVector<V>(fold.dyScale + channel, prepared.dyScale);
    loadVector<V>(fold.xScale + channel, prepared.xScale);
    loadVector<V>(fold.shift + channel, prepared.shift);
    return prepared;
  }
  template <class P>
  __device__ void operator()(const float* in, float* out, const P& prepared, int j) const {  // in: dy, x, y
    float dy = in[0];
    if constexpr (kMasked) dy = in[2] > 0 ? dy : 0.0f;
    out[0] = prepared.dyScale[j] * dy + (prepared.xScale[j] * in[1] + prepared.shift[j]);
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
        const auto *dy = o.input<T>(In::kDy), *x = o.input<T>(In::kX);
        const auto *mean = o.input<float>(In::kMean), *invStd = o.input<float>(In::kInvStd);
        const T* y = masked ? o.input<T>(In::kY) : nullptr;
        T* dz = addend ? o.output<T>(Out::kDz) : nullptr;
        auto* partials = static_cast<float*>(o.workspace);
        const std::size_t partialFloats = partialBytes / sizeof(float);
        float* dyScale = partials + partialFloats;
        const Fold fold{dyScale, dyScale + vector, dyScale + 2 * vector};
        const Finish finish{o.input<float>(In::kGamma),
                            mean,
                            invStd,
                            static_cast<double>(g.rows),
                            o.output<float>(Out::kDgamma),
                            o.output<float>(Out::kDbeta),
                            fold};
        const bool vectors = aligned16(dy) && aligned16(x) && (!y || aligned16(y)) &&
                             (!dz || aligned16(dz)) && aligned16(mean) && aligned16(invStd);
        TANDEM_TRY(sumChannels<2>("batch_norm_grad sums", stream, split, vectors,
                                  Products<T>{dy, x, y, dz, mean, split.channels}, finish, partials));
        auto* dx = o.output<T>(Out::kDx);
        if (!dx) return success();
        if (y && !dz)
          return mapChannels("batch_norm_grad", stream, MapPointers<3, 1, T>{{dy, x, y}, {dx}}, g.rows,
                             g.channels, Backward<true>{fold});
        return mapChannels("batch_norm_grad", stream, MapPointers<2, 1, T>{{dz ? dz : dy, x}, {dx}}, g.rows,
                           g.channels, Backward<false>{fold});
      },
      partialBytes + 3 * vector * sizeof(float));
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kX, In::kY}));
  TANDEM_ASSIGN(const auto g, ops::BatchNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  const bool masked = request.call.hasOperand(In::kY);
  return withElement(request.in(In::kDy).dtype, [&]<class T>(T*) {
    return build<T>(g, masked, ops::wantsAddendGradient(request.attrs()));
  });
}

}  // namespace

extern const KernelList batch_norm_grad;
const KernelList batch_norm_grad = {{"cuda", make}};

}  // namespace tandem::cuda
