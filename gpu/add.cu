#include "core/ops/add.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct Add {
  __device__ void operator()(const float* in, float* out, std::int64_t) const { out[0] = in[0] + in[1]; }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0, 1}));
  const std::int64_t n = request.out(0).shape.elements();
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([n](cudaStream_t stream, const Operands& o) {
      const MapPointers<2, 1, T> p{{o.input<T>(0), o.input<T>(1)}, {o.output<T>(0)}};
      return map("add", stream, p, n, Add{});
    });
  });
}

}  // namespace

extern const KernelList add;
const KernelList add = {{"cuda", make}};

}  // namespace tandem::cuda
