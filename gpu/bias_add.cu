#include "core/ops/bias_add.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

using In = ops::BiasAddIn;

template <class T>
struct AddBias {
  const T* bias;

  bool aligned() const { return aligned16(bias); }
  template <int V>
  struct Prepared {
    float bias[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    loadVector<V>(bias + channel, prepared.bias);
    return prepared;
  }
  template <class P>
  __device__ void operator()(const float* in, float* out, const P& prepared, int j) const {
    out[0] = in[0] + prepared.bias[j];
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX, In::kBias}));
  const std::int64_t channels = request.in(In::kBias).shape[0];
  const std::int64_t rows = channels == 0 ? 0 : request.in(In::kX).shape.elements() / channels;
  return withElement(request.in(In::kX).dtype, [&]<class T>(T*) {
    return makeKernel([rows, channels](cudaStream_t stream, const Operands& o) {
      const MapPointers<1, 1, T> p{{o.input<T>(In::kX)}, {o.output<T>(0)}};
      return mapChannels("bias_add", stream, p, rows, channels, AddBias<T>{o.input<T>(In::kBias)});
    });
  });
}

}  // namespace

extern const KernelList bias_add;
const KernelList bias_add = {{"cuda", make}};

}  // namespace tandem::cuda
