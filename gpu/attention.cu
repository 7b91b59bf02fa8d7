#include "core/ops/attention.h"

#include "gpu/attention.cuh"

namespace tandem::cuda {
namespace {

// A block adds the values of one tile of keys after the other, with weights relative to the highest score so far; a new
// highest score scales down what has been added (the online softmax of Milakov & Gimelshein 2018).
template <class T>
__global__ void __launch_bounds__(kThreads)
    attentionKernel(AttentionSizes g, const T* q, const T* k, const T* v, const std::int32_t* lengths, T* y,
                    float* lse) {
  __shared__ TileBuffer left, right, weights;
  const TileTask task = TileTask::of(g.heads, g.queryTiles, g.chunks);
  const std::int64_t kvHead = task.head / (g.heads / g.kvHeads), length = g.length(lengths, task.sample);
  const auto queries =
      HeadRows<T>::of(q, g.queries, g.heads, g.size, task.sample, task.head, task.row, g.queries);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const std::int64_t lastRow = task.row + (queries.count < kTile ? queries.count : kTile) - 1;
  const std::int64_t end = g.limit(lastRow, length);
  float sums[kTileRows][kTileParts] = {}, top[kTileRows], total[kTileRows];
#pragma unroll
  for (int i = 0; i < kTileRows; ++i) {
    top[i] = -INFINITY;
    total[i] = 0.0f;
  }
  for (std::int64_t key = 0; key < end; key += kTile) {
    float scores[kTileRows];
    const auto keys = HeadRows<T>::of(k, g.keys, g.kvHeads, g.size, task.sample, kvHead, key, end);
    const auto values = HeadRows<T>::of(v, g.keys, g.kvHeads, g.size, task.sample, kvHead, key, end);
    tileProducts(queries, keys, g.size, left, right, scores);
#pragma unroll
    for (int i = 0; i < kTileRows; ++i) {
      const int row = warp + kTileWarps * i;
      const std::int64_t limit = g.limit(task.row + row, length);
      const bool seen = key + lane < limit;
      const float score = scores[i] * g.scale;
      const float highest = fmaxf(top[i], warpMax(seen ? score : -INFINITY));
      const float weight = seen ? expf(score - highest) : 0.0f;
      if (key < limit) {  // the same in all lanes
        const float change = highest == top[i] ? 1.0f : expf(top[i] - highest);
        total[i] = total[i] * change + warpSum(weight);
        top[i] = highest;
#pragma unroll
        for (int j = 0; j < kTileParts; ++j) sums[i][j] *= change;
      }
      weights.at[row][lane] = weight;
    }
    addWeighted(weights, values, task.column, g.size, left, sums);
  }
#pragma unroll
  for (int i = 0; i < kTileRows; ++i) {
    const std::int64_t query = task.row + warp + kTileWarps * i;
    const bool empty = g.limit(query, length) == 0;
#pragma unroll
    for (int j = 0; j < kTileParts; ++j) sums[i][j] = empty ? 0.0f : sums[i][j] / total[i];
    if (lse && task.column == 0 && lane == 0 && query < g.queries)
      lse[(task.sample * g.heads + task.head) * g.queries + query] = empty ? 0.0f : top[i] + logf(total[i]);
  }
  if (y)
    storeSums(sums, y + (task.sample * g.queries + task.row) * g.heads * g.size + task.head * g.size,
              g.heads * g.size, queries.count, task.column, g.size);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0, 1, 2}));
  TANDEM_ASSIGN(const auto geometry, ops::AttentionGeometry::from(request.attrs(), request.in(0).shape,
                                                                  request.in(1).shape, request.in(2).shape));
  const AttentionSizes g = AttentionSizes::of(geometry);
  if (!fits32(g.queryBlocks())) return refuse("more than 2^31 tiles");
  const bool lengths = request.call.hasOperand(3);
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([g, lengths](cudaStream_t stream, const Operands& o) -> Status {
      if (g.queryBlocks() == 0) return success();
      return launch("attention", attentionKernel<T>, dim3(static_cast<unsigned>(g.queryBlocks())), kThreads,
                    stream, g, o.input<T>(0), o.input<T>(1), o.input<T>(2),
                    lengths ? o.input<std::int32_t>(3) : nullptr, o.output<T>(0), o.output<float>(1));
    });
  });
}

}  // namespace

extern const KernelList attention;
const KernelList attention = {{"cuda", make}};

}  // namespace tandem::cuda
