#include "core/ops/attention.h"

#include <cmath>
#include <limits>

#include "core/base/parallel.h"
#include "core/cpu/attention_tiles.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/vector_math.h"

namespace tandem::cpu {
namespace {

using ops::AttentionGeometry;

// A thread computes tiles of queries of one head. For each tile of keys, it computes the scores, and adds the values to y
// with weights relative to the highest score so far; a new highest score scales down what has been added (the online
// softmax of Milakov & Gimelshein 2018). The functions are not inlined, so that all threads run the same code.
class TiledAttention : public Kernel {
 public:
  TiledAttention(const AttentionGeometry& g, bool lengths, int threads)
      : g_(g), lengths_(lengths), threads_(threads) {}

  void run(const Operands& o) override {
    const std::int64_t tiles = (g_.queries + kAttentionTile - 1) / kAttentionTile;
    const std::int64_t work = std::min(g_.queries, kAttentionTile) * g_.keys * g_.size / 8 + 1;
    parallelFor(threads_, g_.batch * g_.heads * tiles, kCheapGrain / work + 1,
                [&](std::int64_t begin, std::int64_t end) {
                  for (std::int64_t i = begin; i < end; ++i)
                    attend(o, i / tiles / g_.heads, i / tiles % g_.heads, i % tiles * kAttentionTile);
                });
  }

 private:
  struct Row {
    float top = -std::numeric_limits<float>::infinity();  // the highest score so far
    float sum = 0;                                        // of the exponentials relative to it
  };

  [[gnu::noinline]] void attend(const Operands& o, std::int64_t sample, std::int64_t head,
                                std::int64_t first) const {
    const std::int64_t rows = std::min(kAttentionTile, g_.queries - first), kvHead = head / g_.group();
    const std::int64_t length = lengthOf(g_, lengths_ ? o.input<std::int32_t>(3) : nullptr, sample);
    const std::int64_t end = g_.limit(first + rows - 1, length);
    const Tile<const float> q = queryTile(g_, o.input<float>(0), sample, head, first, rows);
    const Tile<float> y = queryTile(g_, o.output<float>(0), sample, head, first, rows);
    TileScores scores;
    Row state[kAttentionTile];
    y.clear();
    for (std::int64_t key = 0; key < end; key += kAttentionTile) {
      const std::int64_t columns = std::min(kAttentionTile, end - key);
      const Tile<float> p = scores.as(rows, columns);
      tileProductTransposed(q, keyTile(g_, o.input<float>(1), sample, kvHead, key, columns), p);
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t seen = std::clamp<std::int64_t>(g_.limit(first + r, length) - key, 0, columns);
        std::fill(p.row(r) + seen, p.row(r) + columns, 0.0f);
        if (seen > 0) weigh(p.row(r), seen, state[r], y.row(r));
      }
      addTileProduct(asConst(p), keyTile(g_, o.input<float>(2), sample, kvHead, key, columns), y);
    }
    float* lse = o.output<float>(1) + (sample * g_.heads + head) * g_.queries + first;
    for (std::int64_t r = 0; r < rows; ++r) {
      const bool empty = g_.limit(first + r, length) == 0;
      lse[r] = empty ? 0.0f : state[r].top + std::log(state[r].sum);
      if (!empty) multiply(y.row(r), 1.0f / state[r].sum);
    }
  }

  // Turns the products of a row into weights, and scales down the sums so far.
  [[gnu::noinline]] void weigh(float* row, std::int64_t count, Row& state, float* y) const {
    const auto scale = static_cast<float>(g_.scale);
    float top = state.top;
#pragma omp simd reduction(max : top)
    for (std::int64_t j = 0; j < count; ++j) {
      const float score = row[j] * scale;
      top = score > top ? score : top;
    }
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t j = 0; j < count; ++j) {
      row[j] = vexp(row[j] * scale - top);
      sum += row[j];
    }
    if (top != state.top) {
      const float change = vexp(state.top - top);
      state.sum *= change;
      multiply(y, change);
    }
    state.top = top;
    state.sum += sum;
  }

  void multiply(float* row, float factor) const {
    for (std::int64_t c = 0; c < g_.size; ++c) row[c] *= factor;
  }

  AttentionGeometry g_;
  bool lengths_;
  int threads_;
};

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, AttentionGeometry::from(request.attrs(), request.in(0).shape,
                                                      request.in(1).shape, request.in(2).shape));
  return std::unique_ptr<Kernel>(
      std::make_unique<TiledAttention>(g, request.call.hasOperand(3), request.threads));
}

}  // namespace

extern const KernelList attention;
const KernelList attention = {{"tiles", make}};

}  // namespace tandem::cpu
