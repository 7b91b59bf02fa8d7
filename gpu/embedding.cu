#include "core/ops/embedding.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

// A row consists of `width` elements of type T, which only carry bits. A number whose bits are all set is a NaN in every
// floating-point type.
template <class T>
__device__ T allBits() {
  return static_cast<T>(~T{0});
}
template <>
__device__ uint4 allBits<uint4>() {
  return {0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu};
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    embeddingKernel(const std::int32_t* tokens, const T* table, T* y, std::int64_t n, std::int64_t width,
                    std::int64_t vocabulary) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= n) return;
  const std::int64_t row = i / width, column = i - row * width, token = tokens[row];
  y[i] = token >= 0 && token < vocabulary ? table[token * width + column] : allBits<T>();
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto g, ops::EmbeddingGeometry::from(request.in(0), request.in(1).shape));
  const auto unit = static_cast<std::int64_t>(sizeOf(request.in(1).dtype));
  if (unit != 2 && unit != 4) return refuse("supports 2-byte and 4-byte elements only");
  return makeKernel([g, unit](cudaStream_t stream, const Operands& o) -> Status {
    if (g.tokens == 0) return success();
    const auto run = [&]<class T>(T*) {
      const std::int64_t width = g.units * unit / static_cast<std::int64_t>(sizeof(T)), n = g.tokens * width;
      return launch("embedding", embeddingKernel<T>, blocksFor(n), kThreads, stream, o.input<std::int32_t>(0),
                    o.input<T>(1), o.output<T>(0), n, width, g.vocabulary);
    };
    if (g.units * unit % 16 == 0 && aligned16(o.in[1]) && aligned16(o.out[0]))
      return run(static_cast<uint4*>(nullptr));
    if (unit == 2) return run(static_cast<std::uint16_t*>(nullptr));
    return run(static_cast<std::uint32_t*>(nullptr));
  });
}

}  // namespace

extern const KernelList embedding;
const KernelList embedding = {{"cuda", make}};

}  // namespace tandem::cuda
