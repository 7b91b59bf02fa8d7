#include "core/ops/bias_grad.h"

#include "gpu/channels.cuh"
#include "gpu/kernel.h"

namespace tandem::cuda {
namespace {

template <class T>
struct Sum {
  using Element = T;
  const T* dy;
  std::int64_t channels;

  static constexpr int kRows = 4;
  template <int V>
  using Loaded = Packed<V, T>;
  template <int V>
  __device__ char prepare(int) const {
    return 0;
  }
  template <int V>
  __device__ Loaded<V> load(std::int64_t row, int channel) const {
    return loadPacked<V>(dy + row * channels + channel);
  }
  template <int V>
  __device__ void add(std::int64_t, int, char, const Loaded<V>& loaded, float (*sums)[V]) const {
    float v[V];
    unpack(loaded, v);
#pragma unroll
    for (int j = 0; j < V; ++j) sums[0][j] += v[j];
  }
};

struct Store {
  float* bias;
  __device__ void operator()(int channel, const double* sums) const {
    bias[channel] = static_cast<float>(sums[0]);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  const std::int64_t channels = request.out(0).shape[0];
  const std::int64_t rows = channels == 0 ? 0 : request.in(0).shape.elements() / channels;
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    const ChannelSplit split = splitChannels<T>(rows, channels);
    return makeKernel(
        [split, channels](cudaStream_t stream, const Operands& o) {
          const auto* dy = o.input<T>(0);
          return sumChannels<1>("bias_grad", stream, split, aligned16(dy), Sum<T>{dy, channels},
                                Store{o.output<float>(0)}, static_cast<float*>(o.workspace));
        },
        split.workspaceBytes(1));
  });
}

}  // namespace

extern const KernelList bias_grad;
const KernelList bias_grad = {{"cuda", make}};

}  // namespace tandem::cuda
