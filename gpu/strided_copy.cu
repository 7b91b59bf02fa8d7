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

Status stridedCopy(cudaStream_t stream, void* to, std::int64_t toStride, const void* from,
                   std::int64_t fromStride, std::int64_t width, std::int64_t rows) {
  const std::int64_t n = width * rows;
  if (n == 0) return success();
  if (width % 4 == 0 && toStride % 4 == 0 && fromStride % 4 == 0 && aligned16(to) && aligned16(from))
    return launch("strided copy", copyRuns<uint4>, blocksFor(n / 4), kThreads, stream,
                  static_cast<uint4*>(to), toStride / 4, static_cast<const uint4*>(from), fromStride / 4,
                  width / 4, n / 4);
  return launch("strided copy", copyRuns<std::uint32_t>, blocksFor(n), kThreads, stream,
                static_cast<std::uint32_t*>(to), toStride, static_cast<const std::uint32_t*>(from),
                fromStride, width, n);
}

}  // namespace tandem::cuda
