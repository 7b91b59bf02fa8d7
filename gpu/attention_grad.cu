#include "core/ops/attention_grad.h"

#include "gpu/attention.cuh"
#include "gpu/rows.cuh"

namespace tandem::cuda {
namespace {

// The tensors that the kernels read.
template <class T>
struct GradOperands {
  const T *dy, *q, *k, *v, *y;
  const float *lse, *totals;
  const std::int32_t* lengths;
};

// totals (batch, heads, queries) = rowsum(dy y), by a warp each.
template <class T>
__global__ void __launch_bounds__(kThreads)
    totalsKernel(AttentionSizes g, const T* dy, const T* y, float* totals) {
  const std::int64_t row = WarpRow::row();
  if (row >= g.batch * g.heads * g.queries) return;
  const std::int64_t query = row % g.queries, head = row / g.queries % g.heads,
                     sample = row / g.queries / g.heads;
  const std::int64_t first = ((sample * g.queries + query) * g.heads + head) * g.size;
  float sum = 0;
  for (std::int64_t c = WarpRow::lane(); c < g.size; c += WarpRow::kSize)
    sum += toFloat(dy[first + c]) * toFloat(y[first + c]);
  sum = WarpRow::sum(sum);
  if (WarpRow::lane() == 0) totals[row] = sum;
}

// dq of a tile of queries: the sum over tiles of keys of ds k.
template <class T>
__global__ void __launch_bounds__(kThreads) queryGradKernel(AttentionSizes g, GradOperands<T> o, T* dq) {
  __shared__ TileBuffer left, right, slopes;
  const TileTask task = TileTask::of(g.heads, g.queryTiles, g.chunks);
  const std::int64_t kvHead = task.head / (g.heads / g.kvHeads), length = g.length(o.lengths, task.sample);
  const auto rowsOf = [&](const T* tensor) {
    return HeadRows<T>::of(tensor, g.queries, g.heads, g.size, task.sample, task.head, task.row, g.queries);
  };
  const auto queries = rowsOf(o.q), flow = rowsOf(o.dy);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const std::int64_t lastRow = task.row + (queries.count < kTile ? queries.count : kTile) - 1;
  const std::int64_t end = g.limit(lastRow, length);
  const std::int64_t statistics = (task.sample * g.heads + task.head) * g.queries;
  float sums[kTileRows][kTileParts] = {};
  for (std::int64_t key = 0; key < end; key += kTile) {
    float scores[kTileRows], products[kTileRows];
    const auto keys = HeadRows<T>::of(o.k, g.keys, g.kvHeads, g.size, task.sample, kvHead, key, end);
    const auto values = HeadRows<T>::of(o.v, g.keys, g.kvHeads, g.size, task.sample, kvHead, key, end);
    tileProducts(queries, keys, g.size, left, right, scores);
    tileProducts(flow, values, g.size, left, right, products);
#pragma unroll
    for (int i = 0; i < kTileRows; ++i) {
      const int row = warp + kTileWarps * i;
      const std::int64_t query = task.row + row;
      float slope = 0.0f;
      if (query < g.queries && key + lane < g.limit(query, length))
        slope = g.scale * expf(scores[i] * g.scale - o.lse[statistics + query]) *
                (products[i] - o.totals[statistics + query]);
      slopes.at[row][lane] = slope;
    }
    addWeighted(slopes, keys, task.column, g.size, left, sums);
  }
  storeSums(sums, dq + (task.sample * g.queries + task.row) * g.heads * g.size + task.head * g.size,
            g.heads * g.size, queries.count, task.column, g.size);
}

// dk and dv of a tile of keys: the sums over tiles of queries, of all heads that share the keys, of ds^T q and p^T dy. Here
// the rows of a product are keys, and its columns queries.
template <class T>
__global__ void __launch_bounds__(kThreads) keyGradKernel(AttentionSizes g, GradOperands<T> o, T* dk, T* dv) {
  __shared__ TileBuffer left, right, weights, slopes;
  const TileTask task = TileTask::of(g.kvHeads, g.keyTiles, g.chunks);
  const std::int64_t group = g.heads / g.kvHeads, length = g.length(o.lengths, task.sample);
  const auto rowsOf = [&](const T* tensor) {
    return HeadRows<T>::of(tensor, g.keys, g.kvHeads, g.size, task.sample, task.head, task.row, length);
  };
  const auto keys = rowsOf(o.k), values = rowsOf(o.v);
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  float keySums[kTileRows][kTileParts] = {}, valueSums[kTileRows][kTileParts] = {};
  // Earlier queries see no key of the tile.
  const std::int64_t begin = g.causal ? task.row : 0, end = task.row < length ? g.queries : 0;
  for (std::int64_t head = task.head * group; head < (task.head + 1) * group; ++head) {
    const std::int64_t statistics = (task.sample * g.heads + head) * g.queries;
    for (std::int64_t first = begin; first < end; first += kTile) {
      const auto queriesOf = [&](const T* tensor) {
        return HeadRows<T>::of(tensor, g.queries, g.heads, g.size, task.sample, head, first, g.queries);
      };
      const auto queries = queriesOf(o.q), flow = queriesOf(o.dy);
      float scores[kTileRows], products[kTileRows];
      tileProducts(keys, queries, g.size, left, right, scores);
      tileProducts(values, flow, g.size, left, right, products);
      const std::int64_t query = first + lane;
#pragma unroll
      for (int i = 0; i < kTileRows; ++i) {
        const int row = warp + kTileWarps * i;
        float weight = 0.0f, slope = 0.0f;
        if (query < g.queries && task.row + row < g.limit(query, length)) {
          weight = expf(scores[i] * g.scale - o.lse[statistics + query]);
          slope = g.scale * weight * (products[i] - o.totals[statistics + query]);
        }
        weights.at[row][lane] = weight;
        slopes.at[row][lane] = slope;
      }
      addWeighted(slopes, queries, task.column, g.size, left, keySums);
      addWeighted(weights, flow, task.column, g.size, left, valueSums);
    }
  }
  const std::int64_t stride = g.kvHeads * g.size, count = g.keys - task.row;
  const std::int64_t at = (task.sample * g.keys + task.row) * stride + task.head * g.size;
  if (dk) storeSums(keySums, dk + at, stride, count, task.column, g.size);
  if (dv) storeSums(valueSums, dv + at, stride, count, task.column, g.size);
}

template <class T>
std::unique_ptr<Kernel> build(const AttentionSizes& g, bool lengths) {
  const std::int64_t rows = g.batch * g.heads * g.queries;
  return makeKernel(
      [g, lengths, rows](cudaStream_t stream, const Operands& o) -> Status {
        if (rows == 0) return success();
        auto* totals = static_cast<float*>(o.workspace);
        const GradOperands<T> operands{
            o.input<T>(0), o.input<T>(1),     o.input<T>(2), o.input<T>(3),
            o.input<T>(4), o.input<float>(5), totals,        lengths ? o.input<std::int32_t>(6) : nullptr};
        auto *dq = o.output<T>(0), *dk = o.output<T>(1), *dv = o.output<T>(2);
        TANDEM_TRY(launch("attention_grad totals", totalsKernel<T>, blocksForRows<WarpRow>(rows), kThreads,
                          stream, g, operands.dy, operands.y, totals));
        if (dq)
          TANDEM_TRY(launch("attention_grad queries", queryGradKernel<T>,
                            dim3(static_cast<unsigned>(g.queryBlocks())), kThreads, stream, g, operands, dq));
        if (!dk && !dv) return success();
        return launch("attention_grad keys", keyGradKernel<T>, dim3(static_cast<unsigned>(g.keyBlocks())),
                      kThreads, stream, g, operands, dk, dv);
      },
      static_cast<std::size_t>(rows) * sizeof(float));
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0, 1, 2, 3, 4}));
  TANDEM_ASSIGN(const auto geometry, ops::AttentionGeometry::from(request.attrs(), request.in(1).shape,
                                                                  request.in(2).shape, request.in(3).shape));
  const AttentionSizes g = AttentionSizes::of(geometry);
  if (!fits32(g.queryBlocks()) || !fits32(g.keyBlocks())) return refuse("more than 2^31 tiles");
  const bool lengths = request.call.hasOperand(6);
  return withElement(request.in(0).dtype, [&]<class T>(T*) { return build<T>(g, lengths); });
}

}  // namespace

extern const KernelList attention_grad;
const KernelList attention_grad = {{"cuda", make}};

}  // namespace tandem::cuda
