#include "core/ops/prelu_grad.h"

#include "core/ops/rules.h"
#include "gpu/channels.cuh"
#include "gpu/kernel.h"
#include "gpu/map.cuh"
#include "gpu/slopes.cuh"

namespace tandem::cuda {
namespace {

using In = ops::PreluGradIn;
using Out = ops::PreluGradOut;

// Summands: dy x where x <= 0
template <class T>
struct Products {
  using Element = T;
  static constexpr int kRows = 1;  // with two loads each
  const T *dy, *x;
  std::int64_t channels;

  template <int V>
  struct Loaded {
    Packed<V, T> dy, x;
  };
  template <int V>
  __device__ char prepare(int) const {
    return 0;
  }
  template <int V>
  __device__ Loaded<V> load(std::int64_t row, int channel) const {
    const std::int64_t at = row * channels + channel;
    return {loadPacked<V>(dy + at), loadPacked<V>(x + at)};
  }
  template <int V>
  __device__ void add(std::int64_t, int, char, const Loaded<V>& loaded, float (*sums)[V]) const {
    float g[V], v[V];
    unpack(loaded.dy, g);
    unpack(loaded.x, v);
#pragma unroll
    for (int j = 0; j < V; ++j) sums[0][j] += v[j] > 0 ? 0.0f : g[j] * v[j];
  }
};

struct Store {
  float* dalpha;  // nullptr: not needed
  __device__ void operator()(int channel, const double* sums) const {
    if (dalpha) dalpha[channel] = static_cast<float>(sums[0]);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kX}));
  const auto shape = ops::LastAxis::of(request.in(In::kX).shape);
  return withElement(request.in(In::kDy).dtype, [&]<class T>(T*) {
    const ChannelSplit split = splitChannels<T>(shape.rows, shape.columns);
    return makeKernel(
        [shape, split](cudaStream_t stream, const Operands& o) -> Status {
          if (shape.rows == 0) return success();
          const auto *dy = o.input<T>(In::kDy), *x = o.input<T>(In::kX);
          TANDEM_TRY(sumChannels<1>("prelu_grad sums", stream, split, aligned16(dy) && aligned16(x),
                                    Products<T>{dy, x, shape.columns}, Store{o.output<float>(Out::kDalpha)},
                                    static_cast<float*>(o.workspace)));
          auto* dx = o.output<T>(Out::kDx);
          if (!dx) return success();
          return mapChannels("prelu_grad", stream, MapPointers<2, 1, T>{{dy, x}, {dx}}, shape.rows,
                             shape.columns, Slopes<1>{o.input<float>(In::kAlpha)});
        },
        split.workspaceBytes(1));
  });
}

}  // namespace

extern const KernelList prelu_grad;
const KernelList prelu_grad = {{"cuda", make}};

}  // namespace tandem::cuda
