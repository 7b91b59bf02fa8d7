// One launch for dx, by groups, and one or two for dgamma and dbeta, by channels.
#include "core/ops/group_normalize_grad.h"

#include "gpu/channels.cuh"
#include "gpu/group_norm.cuh"

namespace tandem::cuda {
namespace {

using In = ops::GroupNormGradIn;
using Out = ops::GroupNormGradOut;

// Summands: dy and dy h
template <class T>
struct Products {
  using Element = T;
  static constexpr int kRows = 1;  // with two loads each
  const T *dy, *x;
  const float *invStd, *mean;  // mean: nullptr if nothing was subtracted
  int channels;
  std::uint32_t positions, groups, width;

  template <int V>
  struct Prepared {
    std::uint32_t group[V];
  };
  template <int V>
  struct Loaded {
    Packed<V, T> dy, x;
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
#pragma unroll
    for (int j = 0; j < V; ++j) prepared.group[j] = static_cast<std::uint32_t>(channel + j) / width;
    return prepared;
  }
  template <int V>
  __device__ Loaded<V> load(std::int64_t row, int channel) const {
    const std::int64_t at = row * channels + channel;
    return {loadPacked<V>(dy + at), loadPacked<V>(x + at)};
  }
  template <int V>
  __device__ void add(std::int64_t row, int, const Prepared<V>& prepared, const Loaded<V>& loaded,
                      float (*sums)[V]) const {
    float g[V], v[V];
    unpack(loaded.dy, g);
    unpack(loaded.x, v);
    const std::int64_t block = quotient(row, positions) * groups;
#pragma unroll
    for (int j = 0; j < V; ++j) {
      const std::int64_t at = block + prepared.group[j];
      const float center = mean ? mean[at] : 0.0f;
      sums[0][j] += g[j];
      sums[1][j] += g[j] * (v[j] - center) * invStd[at];
    }
  }
};

struct Store {
  float *dgamma, *dbeta;  // nullptr: not needed
  __device__ void operator()(int channel, const double* sums) const {
    if (dbeta) dbeta[channel] = static_cast<float>(sums[0]);
    if (dgamma) dgamma[channel] = static_cast<float>(sums[1]);
  }
};

template <class Group, class T>
__global__ void __launch_bounds__(kThreads)
    groupNormalizeGradKernel(NormGroups groups, const T* dy, const T* x, const float* gamma,
                             const float* invStd, const float* mean, T* dx) {
  const std::int64_t index = Group::row();
  if (index >= groups.rows) return;
  const NormGroups::Row row = groups.row(index);
  const float count = static_cast<float>(groups.count), inverse = invStd[index];
  const float center = mean ? mean[index] : 0.0f;
  float sum = 0, product = 0;
  for (std::int64_t i = Group::lane(); i < groups.count; i += Group::kSize) {
    const NormGroups::Row::Place at = row.at(i);
    const float a = gamma[at.channel] * toFloat(dy[at.index]);
    sum += a;
    product += a * (toFloat(x[at.index]) - center) * inverse;
  }
  sum = mean ? Group::sum(sum) / count : 0.0f;
  product = Group::sum(product) / count;
  for (std::int64_t i = Group::lane(); i < groups.count; i += Group::kSize) {
    const NormGroups::Row::Place at = row.at(i);
    const float h = (toFloat(x[at.index]) - center) * inverse;
    dx[at.index] = fromFloat<T>(inverse * (gamma[at.channel] * toFloat(dy[at.index]) - sum - h * product));
  }
}

template <class T>
std::unique_ptr<Kernel> build(const ops::GroupNormGeometry& g, const NormGroups& groups, bool centered) {
  const ChannelSplit split = splitChannels<T>(g.blocks * g.positions, g.channels());
  return makeKernel(
      [split, groups, centered](cudaStream_t stream, const Operands& o) -> Status {
        if (groups.rows == 0 || groups.count == 0) return success();
        const auto *dy = o.input<T>(In::kDy), *x = o.input<T>(In::kX);
        const auto *gamma = o.input<float>(In::kGamma), *invStd = o.input<float>(In::kInvStd);
        const float* mean = centered ? o.input<float>(In::kMean) : nullptr;
        float* dbeta = centered ? o.output<float>(Out::kDbeta) : nullptr;
        const Products<T> products{dy,
                                   x,
                                   invStd,
                                   mean,
                                   split.channels,
                                   static_cast<std::uint32_t>(groups.positions),
                                   groups.groups,
                                   groups.width};
        TANDEM_TRY(sumChannels<2>("group_normalize_grad sums", stream, split, aligned16(dy) && aligned16(x),
                                  products, Store{o.output<float>(Out::kDgamma), dbeta},
                                  static_cast<float*>(o.workspace)));
        auto* dx = o.output<T>(Out::kDx);
        if (!dx) return success();
        if (groups.count > kLongRow)
          return launch("group_normalize_grad", groupNormalizeGradKernel<BlockRow, T>,
                        blocksForRows<BlockRow>(groups.rows), kThreads, stream, groups, dy, x, gamma, invStd,
                        mean, dx);
        return launch("group_normalize_grad", groupNormalizeGradKernel<WarpRow, T>,
                      blocksForRows<WarpRow>(groups.rows), kThreads, stream, groups, dy, x, gamma, invStd,
                      mean, dx);
      },
      split.workspaceBytes(2));
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kX}));
  TANDEM_ASSIGN(const auto g, ops::GroupNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  TANDEM_ASSIGN(const NormGroups groups, normGroups(g));
  const bool centered = request.call.hasOperand(In::kMean);
  return withElement(request.in(In::kDy).dtype, [&]<class T>(T*) { return build<T>(g, groups, centered); });
}

}  // namespace

extern const KernelList group_normalize_grad;
const KernelList group_normalize_grad = {{"cuda", make}};

}  // namespace tandem::cuda
