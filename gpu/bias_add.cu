#include "core/ops/bias_add.h"

#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

struct AddBias {
  const float* bias;
  __device__ void operator()(const float* in, float* out, std::uint32_t channel) const {
    out[0] = in[0] + bias[channel];
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  const std::int64_t channels = request.in(1).shape[0];
  const std::int64_t rows = channels == 0 ? 0 : request.in(0).shape.elements() / channels;
  return makeKernel([rows, channels](cudaStream_t stream, const Operands& o) {
    const MapPointers<1, 1> p{{o.input<float>(0)}, {o.output<float>(0)}};
    return mapChannels("bias_add", stream, p, rows, channels, AddBias{o.input<float>(1)});
  });
}

}  // namespace

extern const KernelList bias_add;
const KernelList bias_add = {{"cuda", make}};

}  // namespace tandem::cuda
