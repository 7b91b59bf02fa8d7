// Products so small that a library call costs more than the arithmetic. Single-threaded. Only a transposed b
// and the last values of b, which a full vector would overrun, are packed.
#include <cstring>

#include "core/cpu/activate_range.h"
#include "core/cpu/matmul_kernels.h"
#include "core/ops/matmul.h"

namespace tandem::cpu {
namespace {

using In = ops::MatmulIn;

constexpr std::int64_t kWidth = 16;  // columns of a tile
using Vec [[gnu::vector_size(kWidth * sizeof(float))]] = float;

#if defined(__AVX512F__)
constexpr int kRows = 8;  // rows of a tile: enough independent sums to hide the latency of a multiply-add
#else
constexpr int kRows = 4;  // a Vec occupies two or four of the sixteen registers
#endif

// The operands of a tile. a is read as a[row * aRow + p * aDepth].
struct Tile {
  const float *a, *b, *bias;  // bias: of the tile's columns, or nullptr
  const float* packed;        // rows of b starting at `direct`, 16 wide
  float* y;
  std::int64_t aRow, aDepth, bRow, yRow, direct, depth, columns;
  bool relu;
};

template <int rows>
void multiply(const Tile& t) {
  Vec sum[rows], start = {};
  if (t.bias) std::memcpy(&start, t.bias, static_cast<std::size_t>(t.columns) * sizeof(float));
  for (int r = 0; r < rows; ++r) sum[r] = start;
  const auto add = [&](std::int64_t p, const float* from) {
    Vec b;
    std::memcpy(&b, from, sizeof(b));
    for (int r = 0; r < rows; ++r) sum[r] += t.a[r * t.aRow + p * t.aDepth] * b;
  };
  for (std::int64_t p = 0; p < t.direct; ++p) add(p, t.b + p * t.bRow);
  for (std::int64_t p = t.direct; p < t.depth; ++p) add(p, t.packed + (p - t.direct) * kWidth);
  for (int r = 0; r < rows; ++r) {
    const Vec zero = {};
    const Vec result = t.relu ? (sum[r] < zero ? zero : sum[r]) : sum[r];
    if (t.columns == kWidth)
      std::memcpy(t.y + r * t.yRow, &result, sizeof(result));
    else
      std::memcpy(t.y + r * t.yRow, &result, static_cast<std::size_t>(t.columns) * sizeof(float));
  }
}

template <int rows = kRows>
void multiplyRows(const Tile& t, std::int64_t count) {
  if constexpr (rows > 0) {
    if (count >= rows) return multiply<rows>(t);
    multiplyRows<rows - 1>(t, count);
  }
}

class SmallMatmul : public Kernel {
 public:
  explicit SmallMatmul(const ops::MatmulGeometry& g) : g_(g) {}

  std::size_t workspaceBytes() const override {
    return static_cast<std::size_t>(g_.k * kWidth) * sizeof(float);
  }

  void run(const Operands& operands) override {
    const float *a = operands.input<float>(In::kA), *b = operands.input<float>(In::kB);
    float* y = operands.output<float>(0);
    const float* bias = g_.bias ? operands.input<float>(In::kBias) : nullptr;
    if (g_.n == 1)
      column(a, b, bias ? bias[0] : 0.0f, y);
    else
      tiles(a, b, bias, y, static_cast<float*>(operands.workspace));
    const bool done =
        g_.activation == ActivationKind::None || (g_.activation == ActivationKind::Relu && g_.n > 1);
    if (!done) activateRange(g_.activation, static_cast<float>(g_.alpha), y, y, g_.m * g_.n);
  }

 private:
  // One output: sums over the rows of a, or over its columns if it is transposed.
  void column(const float* a, const float* b, float bias, float* y) const {
    for (std::int64_t i = 0; i < g_.m; ++i) y[i] = bias;
    if (g_.transposeA) {
      for (std::int64_t p = 0; p < g_.k; ++p) {
#pragma omp simd
        for (std::int64_t i = 0; i < g_.m; ++i) y[i] += b[p] * a[p * g_.m + i];
      }
      return;
    }
    for (std::int64_t i = 0; i < g_.m; ++i) {
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t p = 0; p < g_.k; ++p) sum += a[i * g_.k + p] * b[p];
      y[i] += sum;
    }
  }

  void tiles(const float* a, const float* b, const float* bias, float* y, float* packed) const {
    for (std::int64_t j = 0; j < g_.n; j += kWidth) {
      const std::int64_t columns = std::min(kWidth, g_.n - j);
      const std::int64_t direct = directRows(j);
      pack(b, j, columns, direct, packed);
      Tile tile{.a = a,
                .b = b + j,
                .bias = bias ? bias + j : nullptr,
                .packed = packed,
                .y = y + j,
                .aRow = g_.transposeA ? 1 : g_.k,
                .aDepth = g_.transposeA ? g_.m : 1,
                .bRow = g_.n,
                .yRow = g_.n,
                .direct = direct,
                .depth = g_.k,
                .columns = columns,
                .relu = g_.activation == ActivationKind::Relu};
      for (std::int64_t i = 0; i < g_.m; i += kRows) {
        multiplyRows(tile, g_.m - i);
        tile.a += kRows * tile.aRow;
        tile.y += kRows * tile.yRow;
      }
    }
  }

  // The number of rows of b whose 16 values starting at column j can be read in place. Values beyond the end
  // of the row go into columns of the tile that are not stored; only the end of b must not be overrun.
  std::int64_t directRows(std::int64_t j) const {
    if (g_.transposeB) return 0;
    const std::int64_t available = g_.k * g_.n - j - kWidth;
    return available < 0 ? 0 : std::min(g_.k, available / g_.n + 1);
  }

  // Packs columns j ... of op(b), starting at row `begin`, as rows of 16, padded with zeros.
  void pack(const float* b, std::int64_t j, std::int64_t columns, std::int64_t begin, float* to) const {
    const std::int64_t depthStep = g_.transposeB ? 1 : g_.n, columnStep = g_.transposeB ? g_.k : 1;
    for (std::int64_t p = begin; p < g_.k; ++p, to += kWidth) {
      for (std::int64_t c = 0; c < columns; ++c) to[c] = b[p * depthStep + (j + c) * columnStep];
      for (std::int64_t c = columns; c < kWidth; ++c) to[c] = 0;
    }
  }

  ops::MatmulGeometry g_;
};

}  // namespace

KernelResult makeSmallMatmul(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, ops::MatmulGeometry::from(request.attrs(), request.call.inputs));
  // Tiles always cost 16 columns, whatever n is; packing doubles the cost of b. Above this size, oneDNN
  // is usually faster.
  const std::int64_t width = g.n == 1 ? 1 : (g.n + kWidth - 1) / kWidth * kWidth;
  if (g.m * width * g.k > (g.transposeB ? 64 : 128) * 1024 || g.k > 2048)
    return refuse("supports very small products only");
  return std::unique_ptr<Kernel>(std::make_unique<SmallMatmul>(g));
}

}  // namespace tandem::cpu
