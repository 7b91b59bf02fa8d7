#include "core/ops/prelu.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct Slopes {
  const float* alpha;

  bool aligned() const { return aligned16(alpha); }
  template <int V>
  struct Prepared {
    float alpha[V];
  };
  template <int V>
  __device__ Prepared<V> prepare(int channel) const {
    Prepared<V> prepared;
    loadVector<V>(alpha + channel, prepared.alpha);
    return prepared;
  }
  template <class P>
  __device__ void operator()(const float* in, float* out, const P& prepared, int j) const {
    out[0] = in[0] > 0 ? in[0] : prepared.alpha[j] * in[0];
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  const auto shape = ops::LastAxis::of(request.in(0).shape);
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([shape](cudaStream_t stream, const Operands& o) {
      return mapChannels("prelu", stream, MapPointers<1, 1, T>{{o.input<T>(0)}, {o.output<T>(0)}}, shape.rows,
                         shape.columns, Slopes{o.input<float>(1)});
    });
  });
}

}  // namespace

extern const KernelList prelu;
const KernelList prelu = {{"cuda", make}};

}  // namespace tandem::cuda
