// Two passes over x, the fewest there can be: statistics, then the normalized result.
#include "core/ops/batch_norm.h"

#include "gpu/channels.cuh"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

// Sums are taken of x - shift with a shift near the mean, so that the variance, a difference of two
// sums, keeps its digits: the mean of the channel's first rows.
template <class T>
__device__ float shiftOf(const T* x, std::int64_t rows, int channels, int channel) {
  const int count = rows < 8 ? static_cast<int>(rows) : 8;
  float sum = 0;
  for (int row = 0; row < count; ++row)
    sum += toFloat(x[static_cast<std::int64_t>(row) * channels + channel]);
  return sum / static_cast<float>(count);
}

template <class T>
struct Moments {
  using Element = T;
  const T* x;
  std::int64_t rows;
  int channels;

  template <int V>
  struct Prepared {
    float shift[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
#pragma unroll
    for (int j = 0; j < V; ++j) prepared.shift[j] = shiftOf(x, rows, channels, channel + j);
    return prepared;
  }
  template <int V>
  __device__ void addends(std::int64_t row, int channel, const Prepared<V>& prepared, Addends<2>* a) const {
    float v[V];
    loadVector<V>(x + row * channels + channel, v);
#pragma unroll
    for (int j = 0; j < V; ++j) {
      const float d = v[j] - prepared.shift[j];
      a[j].v[0] = d;
      a[j].v[1] = d * d;
    }
  }
};

template <class T>
struct Statistics {
  const T* x;
  std::int64_t rows;
  int channels;
  double epsilon, momentum;
  const float *runningMean, *runningVar;
  float *mean, *invStd, *newMean, *newVar;

  __device__ void operator()(int channel, const double* sums) const {
    const double count = static_cast<double>(rows), d = sums[0] / count;
    const double batchMean = shiftOf(x, rows, channels, channel) + d;
    const double spread = sums[1] / count - d * d, variance = spread < 0 ? 0 : spread;  // NaN stays
    mean[channel] = static_cast<float>(batchMean);
    invStd[channel] = static_cast<float>(1.0 / sqrt(variance + epsilon));
    if (newMean)
      newMean[channel] = static_cast<float>(momentum * runningMean[channel] + (1 - momentum) * batchMean);
    if (newVar)
      newVar[channel] = static_cast<float>(momentum * runningVar[channel] + (1 - momentum) * variance);
  }
};

template <bool kAddend>
struct Normalize {
  const float *gamma, *beta, *mean, *invStd;
  bool relu;
  __device__ void operator()(const float* in, float* out, std::uint32_t channel) const {  // in: x, z
    float y = (in[0] - mean[channel]) * (invStd[channel] * gamma[channel]) + beta[channel];
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
        const auto* x = o.input<T>(0);
        auto* partials = static_cast<float*>(o.workspace);
        float* spare = partials + partialBytes / sizeof(float);  // for statistics that nobody wants
        float* mean = o.out[1] ? o.output<float>(1) : spare;
        float* invStd = o.out[2] ? o.output<float>(2) : spare + vector;
        const int channels = split.channels;
        const Statistics<T> finish{x,
                                   g.rows,
                                   channels,
                                   g.epsilon,
                                   g.momentum,
                                   o.input<float>(3),
                                   o.input<float>(4),
                                   mean,
                                   invStd,
                                   o.output<float>(3),
                                   o.output<float>(4)};
        TANDEM_TRY(sumChannels<2>("batch_norm statistics", stream, split, aligned16(x),
                                  Moments<T>{x, g.rows, channels}, finish, partials));
        const float *gamma = o.input<float>(1), *beta = o.input<float>(2);
        if (addend)
          return mapChannels("batch_norm", stream, MapPointers<2, 1, T>{{x, o.input<T>(5)}, {o.output<T>(0)}},
                             g.rows, g.channels, Normalize<true>{gamma, beta, mean, invStd, g.relu});
        return mapChannels("batch_norm", stream, MapPointers<1, 1, T>{{x}, {o.output<T>(0)}}, g.rows,
                           g.channels, Normalize<false>{gamma, beta, mean, invStd, g.relu});
      },
      partialBytes + 2 * vector * sizeof(float));
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(wantOneType(request, {0, 5}));
  TANDEM_ASSIGN(const auto g, ops::BatchNormGeometry::from(request.attrs(), request.in(0).shape, {}));
  return withElement(request.in(0).dtype,
                     [&]<class T>(T*) { return build<T>(g, ops::hasAddend(request.call.inputs)); });
}

}  // namespace

extern const KernelList batch_norm;
const KernelList batch_norm = {{"cuda", make}};

}  // namespace tandem::cuda
