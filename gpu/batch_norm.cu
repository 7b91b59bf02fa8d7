// Two passes over x, the minimum: statistics, then the normalized result.
#include "core/ops/batch_norm.h"

#include "gpu/channels.cuh"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::BatchNormIn;
using Out = ops::BatchNormOut;

// Sums are of x - shift, so that the variance, a difference of two sums, does not lose digits. The shift is
// the mean of up to four rows spread over the batch, which is close to the mean. It does not depend on V.
template <int V, class T>
__device__ void shiftOf(const T* x, std::int64_t rows, int channels, int channel, float* shift) {
  const int count = rows < 4 ? static_cast<int>(rows) : 4;
  float v[4][V] = {};
#pragma unroll
  for (int i = 0; i < 4; ++i)
    if (i < count) loadVector<V>(x + i * (rows / count) * channels + channel, v[i]);
#pragma unroll
  for (int j = 0; j < V; ++j) shift[j] = (v[0][j] + v[1][j] + v[2][j] + v[3][j]) / static_cast<float>(count);
}

template <class T>
struct Moments {
  using Element = T;
  static constexpr int kRows = 4;
  const T* x;
  std::int64_t rows;
  int channels;

  template <int V>
  struct Prepared {
    float shift[V];
  };
  template <int V>
  using Loaded = Packed<V, T>;
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    shiftOf<V>(x, rows, channels, channel, prepared.shift);
    return prepared;
  }
  template <int V>
  __device__ Loaded<V> load(std::int64_t row, int channel) const {
    return loadPacked<V>(x + row * channels + channel);
  }
  template <int V>
  __device__ void add(std::int64_t, int, const Prepared<V>& prepared, const Loaded<V>& loaded,
                      float (*sums)[V]) const {
    float v[V];
    unpack(loaded, v);
#pragma unroll
    for (int j = 0; j < V; ++j) {
      const float d = v[j] - prepared.shift[j];
      sums[0][j] += d;
      sums[1][j] += d * d;
    }
  }
};

// y = x scale + shift, per channel. The shift is computed in double from the mean in double and the rounded
// scale, so its only error is one rounding, as large as that of rounding the mean.
struct Fold {
  float *scale, *shift;
};

template <class T>
struct Statistics {
  const T* x;
  std::int64_t rows;
  int channels;
  double epsilon, momentum;
  const float *gamma, *beta, *runningMean, *runningVar;
  float *mean, *invStd, *newMean, *newVar;  // nullptr: not needed
  Fold fold;

  __device__ void operator()(int channel, const double* sums) const {
    const double count = static_cast<double>(rows), d = sums[0] / count;
    float shift;
    shiftOf<1>(x, rows, channels, channel, &shift);
    const double batchMean = shift + d;
    const double spread = sums[1] / count - d * d, variance = spread < 0 ? 0 : spread;  // preserves NaN
    const auto inverse = static_cast<float>(1.0 / sqrt(variance + epsilon));
    const float scale = inverse * gamma[channel];
    fold.scale[channel] = scale;
    fold.shift[channel] = static_cast<float>(beta[channel] - batchMean * scale);
    if (mean) mean[channel] = static_cast<float>(batchMean);
    if (invStd) invStd[channel] = inverse;
    if (newMean)
      newMean[channel] = static_cast<float>(momentum * runningMean[channel] + (1 - momentum) * batchMean);
    if (newVar)
      newVar[channel] = static_cast<float>(momentum * runningVar[channel] + (1 - momentum) * variance);
  }
};

template <bool kAddend>
struct Normalize {
  Fold fold;
  bool relu;

  bool aligned() const { return aligned16(fold.scale) && aligned16(fold.shift); }
  template <int V>
  struct Prepared {
    float scale[V], shift[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    loadVector<V>(fold.scale + channel, prepared.scale);
    loadVector<V>(fold.shift + channel, prepared.shift);
    return prepared;
  }
  template <class P>
  __device__ void operator()(const float* in, float* out, const P& prepared, int j) const {  // in: x, z
    float y = in[0] * prepared.scale[j] + prepared.shift[j];
    if constexpr (kAddend) y += in[1];
    out[0] = relu && y < 0 ? 0.0f : y;
  }
};

template <class T>
std::unique_ptr<Kernel> build(const ops::BatchNormGeometry& g, bool addend) {
  const ChannelSplit split = splitChannels<T>(g.rows, g.channels);
  const std::size_t partialBytes = split.workspaceBytes(2);
  const auto vector = static_cast<std::size_t>(g.channels);
  return makeKernel(
      [g, addend, split, partialBytes, vector](cudaStream_t stream, const Operands& o) -> Status {
        if (g.rows == 0 || g.channels == 0) return success();
        const auto* x = o.input<T>(In::kX);
        auto* partials = static_cast<float*>(o.workspace);
        const std::size_t partialFloats = partialBytes / sizeof(float);
        float* scale = partials + partialFloats;
        const Fold fold{scale, scale + vector};
        const Statistics<T> finish{x,
                                   g.rows,
                                   split.channels,
                                   g.epsilon,
                                   g.momentum,
                                   o.input<float>(In::kGamma),
                                   o.input<float>(In::kBeta),
                                   o.input<float>(In::kMean),
                                   o.input<float>(In::kVariance),
                                   o.output<float>(Out::kSavedMean),
                                   o.output<float>(Out::kSavedInvStd),
                                   o.output<float>(Out::kMean),
                                   o.output<float>(Out::kVariance),
                                   fold};
        TANDEM_TRY(sumChannels<2>("batch_norm statistics", stream, split, aligned16(x),
                                  Moments<T>{x, g.rows, split.channels}, finish, partials));
        T* y = o.output<T>(Out::kY);
        if (addend)
          return mapChannels("batch_norm", stream, MapPointers<2, 1, T>{{x, o.input<T>(In::kAddend)}, {y}},
                             g.rows, g.channels, Normalize<true>{fold, g.relu});
        return mapChannels("batch_norm", stream, MapPointers<1, 1, T>{{x}, {y}}, g.rows, g.channels,
                           Normalize<false>{fold, g.relu});
      },
      partialBytes + 2 * vector * sizeof(float));
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kAddend}));
  TANDEM_ASSIGN(const auto g, ops::BatchNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  return withElement(request.in(In::kX).dtype,
                     [&]<class T>(T*) { return build<T>(g, ops::hasAddend(request.call.inputs)); });
}

}  // namespace

extern const KernelList batch_norm;
const KernelList batch_norm = {{"cuda", make}};

}  // namespace tandem::cuda
