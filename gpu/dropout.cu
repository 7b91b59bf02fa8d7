#include "core/ops/dropout.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// One Philox block gives the bits of four consecutive elements, which one thread takes.
__global__ void __launch_bounds__(kThreads)
    dropoutKernel(ops::DropoutAttrs a, float scale, const float* x, const float* step, float* y,
                  std::int64_t n, bool vectors) {
  const std::int64_t block = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x,
                     first = 4 * block;
  if (first >= n) return;
  const Philox4 bits = ops::dropoutBits(a, stepNumber(step), static_cast<std::uint64_t>(block));
  const auto drop = [&](float v, std::uint32_t b) { return ops::dropoutKeeps(a, b) ? v * scale : 0.0f; };
  if (vectors && first + 4 <= n) {
    const float4 v = *reinterpret_cast<const float4*>(x + first);
    *reinterpret_cast<float4*>(y + first) =
        make_float4(drop(v.x, bits.v[0]), drop(v.y, bits.v[1]), drop(v.z, bits.v[2]), drop(v.w, bits.v[3]));
    return;
  }
#pragma unroll
  for (int c = 0; c < 4; ++c)
    if (first + c < n) y[first + c] = drop(x[first + c], bits.v[c]);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto a, ops::DropoutAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  const auto scale = static_cast<float>(1.0 / (1.0 - static_cast<double>(a.rate)));
  return makeKernel([a, n, scale](cudaStream_t stream, const Operands& o) -> Status {
    if (n == 0) return success();
    const auto* x = o.input<float>(0);
    auto* y = o.output<float>(0);
    return launch("dropout", dropoutKernel, blocksFor((n + 3) / 4), kThreads, stream, a, scale, x,
                  o.input<float>(1), y, n, aligned16(x) && aligned16(y));
  });
}

}  // namespace

extern const KernelList dropout;
const KernelList dropout = {{"cuda", make}};

}  // namespace tandem::cuda
