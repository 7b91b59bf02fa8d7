#include "core/ops/add.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct Add {
  __device__ void operator()(const float* in, float* out, std::int64_t) const { out[0] = in[0] + in[1]; }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  const std::int64_t n = request.out(0).shape.elements();
  return makeKernel([n](cudaStream_t stream, const Operands& o) {
    const MapPointers<2, 1> p{{o.input<float>(0), o.input<float>(1)}, {o.output<float>(0)}};
    return map("add", stream, p, n, Add{});
  });
}

}  // namespace

extern const KernelList add;
const KernelList add = {{"cuda", make}};

}  // namespace tandem::cuda
