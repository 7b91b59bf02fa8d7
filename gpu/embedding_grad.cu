#include "core/ops/embedding_grad.h"

#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/reduce.cuh"

namespace tandem::cuda {
namespace {

constexpr int kRows = 32, kColumns = 64;  // of the table, per block
constexpr int kWarps = static_cast<int>(kThreads) / 32;
static_assert(kRows % kWarps == 0 && kColumns % 32 == 0);

// A block owns a tile of the table and reads all tokens, 256 at a time. Each of its warps adds the gradients of the tokens
// in its own rows, in their order, and each lane has its own columns. So each sum has one writer and a fixed order, without
// atomics. Most groups of 32 tokens have none in the tile and are skipped.
template <class T>
__global__ void __launch_bounds__(kThreads)
    embeddingGradKernel(const T* dy, const std::int32_t* tokens, float* dtable, std::int64_t count,
                        std::int64_t vocabulary, std::int64_t units, std::int64_t tilesOfColumns) {
  __shared__ float sums[kRows][kColumns];
  __shared__ int rowOf[kThreads];  // in the tile; -1: another tile
  __shared__ float any[kWarps];    // whether 32 tokens include one of the tile
  const std::int64_t tile = blockIdx.x;
  const std::int64_t firstRow = tile / tilesOfColumns * kRows, firstColumn = tile % tilesOfColumns * kColumns;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int r = warp; r < kRows; r += kWarps)
    for (int c = lane; c < kColumns; c += 32) sums[r][c] = 0.0f;
  for (std::int64_t base = 0; base < count; base += kThreads) {
    __syncthreads();  // wait for the reads of the previous tokens
    const std::int64_t own = base + threadIdx.x;
    const std::int64_t token = own < count ? tokens[own] : -1, row = token - firstRow;
    const bool inside = token >= 0 && token < vocabulary && row >= 0 && row < kRows;
    rowOf[threadIdx.x] = inside ? static_cast<int>(row) : -1;
    const float found = warpMax(inside ? 1.0f : 0.0f);
    if (lane == 0) any[warp] = found;
    __syncthreads();
    for (int group = 0; group < kWarps; ++group) {
      if (any[group] == 0.0f) continue;
      for (int i = 32 * group; i < 32 * group + 32; ++i) {
        const int target = rowOf[i];
        if (target < 0 || target % kWarps != warp) continue;
        const T* from = dy + (base + i) * units;
        for (int c = lane; c < kColumns; c += 32)
          if (firstColumn + c < units) sums[target][c] += toFloat(from[firstColumn + c]);
      }
    }
  }
  // Each thread stores what it has added.
  for (int r = warp; r < kRows; r += kWarps)
    for (int c = lane; c < kColumns; c += 32)
      if (firstRow + r < vocabulary && firstColumn + c < units)
        dtable[(firstRow + r) * units + firstColumn + c] = sums[r][c];
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto g, ops::EmbeddingGeometry::from(request.in(1), request.out(0).shape));
  const std::int64_t tilesOfRows = (g.vocabulary + kRows - 1) / kRows;
  const std::int64_t tilesOfColumns = (g.units + kColumns - 1) / kColumns;
  if (!fits32(tilesOfRows * tilesOfColumns)) return refuse("the table is too large");
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([=](cudaStream_t stream, const Operands& o) {
      return launch("embedding_grad", embeddingGradKernel<T>,
                    dim3(static_cast<unsigned>(tilesOfRows * tilesOfColumns)), kThreads, stream,
                    o.input<T>(0), o.input<std::int32_t>(1), o.output<float>(0), g.tokens, g.vocabulary,
                    g.units, tilesOfColumns);
    });
  });
}

}  // namespace

extern const KernelList embedding_grad;
const KernelList embedding_grad = {{"cuda", make}};

}  // namespace tandem::cuda
