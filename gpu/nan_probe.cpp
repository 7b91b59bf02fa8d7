#include "gpu/nan_probe.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace tandem::cuda {

Result<bool> firstIsNan(cudaStream_t stream, DType dtype, const void* y) {
  std::uint32_t bits = 0;
  TANDEM_CUDA(cudaMemcpyAsync(&bits, y, sizeOf(dtype), cudaMemcpyDeviceToHost, stream));
  TANDEM_CUDA(cudaStreamSynchronize(stream));
  if (dtype == DType::F32) return std::isnan(std::bit_cast<float>(bits));
  return (bits & 0x7FFFu) > (dtype == DType::BF16 ? 0x7F80u : 0x7C00u);  // above infinity
}

}  // namespace tandem::cuda
