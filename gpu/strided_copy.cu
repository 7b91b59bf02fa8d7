#include "gpu/strided_copy.h"

#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

template <class T>
__global__ void __launch_bounds__(kThreads)
    copyRuns(T* to, std::int64_t toStride, const T* from, std::int64_t fromStride, std::int64_t width,
             std::int64_t n) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= n) return;
  const std::int64_t row = n <= 0xFFFFFFFFll && width <= 0xFFFFFFFFll
                               ? static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(width)
                               : i / width;
  const std::int64_t column = i - row * width;
  to[row * toStride + column] = from[row * fromStride + column];
}

}  // namespace

Status stridedCopy(cudaStream_t stream, std::int64_t unit, void* to, std::int64_t toStride, const void* from,
                   std::int64_t fromStride, std::int64_t width, std::int64_t rows) {
  if (width * rows == 0) return success();
  const auto run = [&]<class T>(T*) {
    constexpr auto kSize = static_cast<std::int64_t>(sizeof(T));
    const std::int64_t n = width / kSize * rows;
    return launch("strided copy", copyRuns<T>, blocksFor(n), kThreads, stream, static_cast<T*>(to),
                  toStride / kSize, static_cast<const T*>(from), fromStride / kSize, width / kSize, n);
  };
  if (width % 16 == 0 && toStride % 16 == 0 && fromStride % 16 == 0 && aligned16(to) && aligned16(from))
    return run(static_cast<uint4*>(nullptr));
  if (unit == 2) return run(static_cast<std::uint16_t*>(nullptr));
  return run(static_cast<std::uint32_t*>(nullptr));
}

}  // namespace tandem::cuda
