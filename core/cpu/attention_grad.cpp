#include "core/ops/attention_grad.h"

#include "core/base/parallel.h"
#include "core/cpu/attention_tiles.h"
#include "core/cpu/kernel_of.h"
#include "core/cpu/vector_math.h"

namespace tandem::cpu {
namespace {

using ops::AttentionGeometry;

// A thread computes all gradients of one head of the keys, with all heads of the queries that share it. So each result has
// one writer, which adds in a fixed order. The functions are not inlined, so that all threads run the same code.
class TiledAttentionGrad : public Kernel {
 public:
  TiledAttentionGrad(const AttentionGeometry& g, bool lengths, int threads)
      : g_(g), lengths_(lengths), threads_(threads) {}

  void run(const Operands& o) override {
    const std::int64_t work = g_.group() * g_.queries * g_.keys * g_.size / 2 + 1;
    parallelFor(threads_, g_.batch * g_.kvHeads, kCheapGrain / work + 1,
                [&](std::int64_t begin, std::int64_t end) {
                  for (std::int64_t i = begin; i < end; ++i) differentiate(o, i / g_.kvHeads, i % g_.kvHeads);
                });
  }

 private:
  [[gnu::noinline]] void differentiate(const Operands& o, std::int64_t sample, std::int64_t kvHead) const {
    keyTile(g_, o.output<float>(1), sample, kvHead, 0, g_.keys).clear();
    keyTile(g_, o.output<float>(2), sample, kvHead, 0, g_.keys).clear();
    for (std::int64_t head = kvHead * g_.group(); head < (kvHead + 1) * g_.group(); ++head)
      for (std::int64_t first = 0; first < g_.queries; first += kAttentionTile)
        addTile(o, sample, head, kvHead, first);
  }

  void addTile(const Operands& o, std::int64_t sample, std::int64_t head, std::int64_t kvHead,
               std::int64_t first) const {
    const std::int64_t rows = std::min(kAttentionTile, g_.queries - first);
    const std::int64_t length = lengthOf(g_, lengths_ ? o.input<std::int32_t>(6) : nullptr, sample);
    const std::int64_t end = g_.limit(first + rows - 1, length);
    const auto rowsOf = [&](auto* tensor) { return queryTile(g_, tensor, sample, head, first, rows); };
    const Tile<const float> dy = rowsOf(o.input<float>(0)), q = rowsOf(o.input<float>(1)),
                            y = rowsOf(o.input<float>(4));
    const Tile<float> dq = rowsOf(o.output<float>(0));
    const float* lse = o.input<float>(5) + (sample * g_.heads + head) * g_.queries + first;
    float total[kAttentionTile];
    for (std::int64_t r = 0; r < rows; ++r) total[r] = dot(dy.row(r), y.row(r));
    TileScores weights, slopes;
    dq.clear();
    for (std::int64_t key = 0; key < end; key += kAttentionTile) {
      const std::int64_t columns = std::min(kAttentionTile, end - key);
      const auto keysOf = [&](auto* tensor) { return keyTile(g_, tensor, sample, kvHead, key, columns); };
      const Tile<const float> k = keysOf(o.input<float>(2));
      const Tile<float> p = weights.as(rows, columns), ds = slopes.as(rows, columns);
      tileProductTransposed(q, k, p);
      tileProductTransposed(dy, keysOf(o.input<float>(3)), ds);
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t seen = std::clamp<std::int64_t>(g_.limit(first + r, length) - key, 0, columns);
        std::fill(p.row(r) + seen, p.row(r) + columns, 0.0f);
        std::fill(ds.row(r) + seen, ds.row(r) + columns, 0.0f);
        weigh(p.row(r), ds.row(r), seen, lse[r], total[r]);
      }
      addTileProduct(asConst(ds), k, dq);
      addTransposedTileProduct(asConst(ds), q, keysOf(o.output<float>(1)));
      addTransposedTileProduct(asConst(p), dy, keysOf(o.output<float>(2)));
    }
  }

  [[gnu::noinline]] float dot(const float* a, const float* b) const {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t c = 0; c < g_.size; ++c) sum += a[c] * b[c];
    return sum;
  }

  // p: from products to weights; ds: from dy v^T to the gradient of the products.
  [[gnu::noinline]] void weigh(float* p, float* ds, std::int64_t count, float lse, float total) const {
    const auto scale = static_cast<float>(g_.scale);
#pragma omp simd
    for (std::int64_t j = 0; j < count; ++j) {
      p[j] = vexp(p[j] * scale - lse);
      ds[j] = scale * p[j] * (ds[j] - total);
    }
  }

  AttentionGeometry g_;
  bool lengths_;
  int threads_;
};

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, AttentionGeometry::from(request.attrs(), request.in(1).shape,
                                                      request.in(2).shape, request.in(3).shape));
  return std::unique_ptr<Kernel>(
      std::make_unique<TiledAttentionGrad>(g, request.call.hasOperand(6), request.threads));
}

}  // namespace

extern const KernelList attention_grad;
const KernelList attention_grad = {{"tiles", make}};

}  // namespace tandem::cpu
