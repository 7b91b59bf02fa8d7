#include "core/ops/dropout.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

constexpr std::int64_t kBlocks = 64;  // Philox blocks of four values generated together

// Random bits for the elements of a chunk, in order. A separate loop, so that Philox's integer arithmetic is
// vectorized across blocks.
void drawChunk(const ops::DropoutAttrs& a, std::uint64_t step, std::int64_t chunk, std::uint32_t* bits) {
  const auto first = static_cast<std::uint64_t>(chunk * kBlocks);
#pragma omp simd
  for (std::int64_t b = 0; b < kBlocks; ++b) {
    const Philox4 drawn = ops::dropoutBits(a, step, first + static_cast<std::uint64_t>(b));
    bits[4 * b + 0] = drawn.v[0];
    bits[4 * b + 1] = drawn.v[1];
    bits[4 * b + 2] = drawn.v[2];
    bits[4 * b + 3] = drawn.v[3];
  }
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto a, ops::DropoutAttrs::from(request.attrs()));
  return kernelOf([a, n = request.out(0).shape.elements(), threads = request.threads](const Operands& o) {
    const float* x = o.input<float>(0);
    const std::uint64_t step = stepNumber(o.input<float>(1));
    float* y = o.output<float>(0);
    const float scale = 1.0f / (1.0f - a.rate);
    constexpr std::int64_t kChunk = 4 * kBlocks;
    const std::int64_t chunks = (n + kChunk - 1) / kChunk;
    parallelFor(threads, chunks, kCostlyGrain / kChunk, [=](std::int64_t first, std::int64_t last) {
      std::uint32_t bits[kChunk];
      for (std::int64_t chunk = first; chunk < last; ++chunk) {
        drawChunk(a, step, chunk, bits);
        const std::int64_t begin = chunk * kChunk, count = std::min(kChunk, n - begin);
#pragma omp simd
        for (std::int64_t i = 0; i < count; ++i) {
          const float kept = x[begin + i] * scale;
          y[begin + i] = ops::dropoutKeeps(a, bits[i]) ? kept : 0.0f;
        }
      }
    });
  });
}

}  // namespace

extern const KernelList dropout;
const KernelList dropout = {{"simd", make}};

}  // namespace tandem::cpu
