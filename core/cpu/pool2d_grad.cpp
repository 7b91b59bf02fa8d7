#include "core/ops/pool2d_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel.h"

namespace tandem::cpu {
namespace {

using In = ops::Pool2dGradIn;

using ops::Pool2dGeometry, ops::spanOf, ops::WindowSpan;

// Each thread processes whole images, since windows may overlap; all loops run over channels.
class SimdPoolGrad : public Kernel {
 public:
  SimdPoolGrad(const Pool2dGeometry& g, int threads) : g_(g), threads_(threads) {
    const auto full = [](const ops::WindowAxis& a) {
      return a.kernel == 2 && a.stride == 2 && a.before == 0 && 2 * a.out == a.in;
    };
    disjoint2x2_ = !g.average && full(g.rows) && full(g.columns);
  }

  void run(const Operands& operands) override {
    const std::int64_t xSize = g_.rows.in * g_.columns.in * g_.c, ySize = g_.rows.out * g_.columns.out * g_.c;
    parallelFor(threads_, g_.n, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const float* dy = operands.input<float>(In::kDy) + n * ySize;
        float* dx = operands.output<float>(0) + n * xSize;
        if (!disjoint2x2_) std::fill_n(dx, xSize, 0.0f);
        if (g_.average)
          average(dy, dx);
        else
          maximum(operands.input<float>(In::kX) + n * xSize, operands.input<float>(In::kY) + n * ySize, dy,
                  dx);
      }
    });
  }

 private:
  void average(const float* dy, float* dx) const {
    for (std::int64_t oy = 0; oy < g_.rows.out; ++oy)
      for (std::int64_t ox = 0; ox < g_.columns.out; ++ox, dy += g_.c) {
        const WindowSpan rows = spanOf(g_.rows, oy), columns = spanOf(g_.columns, ox);
        const float scale = 1.0f / static_cast<float>(rows.size() * columns.size());
        for (std::int64_t iy = rows.first; iy < rows.last; ++iy)
          for (std::int64_t ix = columns.first; ix < columns.last; ++ix) {
            float* to = dx + (iy * g_.columns.in + ix) * g_.c;
            for (std::int64_t c = 0; c < g_.c; ++c) to[c] += dy[c] * scale;
          }
      }
  }

  void maximum(const float* x, const float* y, const float* dy, float* dx) const {
    for (std::int64_t oy = 0; oy < g_.rows.out; ++oy) {
      const WindowSpan rows = spanOf(g_.rows, oy);
      for (std::int64_t ox = 0; ox < g_.columns.out; ++ox, y += g_.c, dy += g_.c) {
        const WindowSpan columns = spanOf(g_.columns, ox);
        const std::int64_t corner = (rows.first * g_.columns.in + columns.first) * g_.c;
        if (disjoint2x2_)
          max2x2(x + corner, y, dy, dx + corner);
        else
          anyWindow(x + corner, rows.size(), columns.size(), y, dy, dx + corner);
      }
    }
  }

  // 2 x 2 windows that tile the image: dx is written once and never read.
  void max2x2(const float* __restrict x, const float* __restrict y, const float* __restrict dy,
              float* __restrict dx) const {
    const std::int64_t line = g_.columns.in * g_.c, next = g_.c;
    for (std::int64_t c = 0; c < g_.c; ++c) {
      float rest = dy[c];  // becomes 0 once a position has received it
      const float most = y[c];
      const float first = x[c] >= most ? rest : 0.0f;
      rest = x[c] >= most ? 0.0f : rest;
      const float second = x[next + c] >= most ? rest : 0.0f;
      rest = x[next + c] >= most ? 0.0f : rest;
      const float third = x[line + c] >= most ? rest : 0.0f;
      rest = x[line + c] >= most ? 0.0f : rest;
      dx[c] = first;
      dx[next + c] = second;
      dx[line + c] = third;
      dx[line + next + c] = x[line + next + c] >= most ? rest : 0.0f;
    }
  }

  void anyWindow(const float* __restrict x, std::int64_t height, std::int64_t width,
                 const float* __restrict y, const float* __restrict dy, float* __restrict dx) const {
    constexpr std::int64_t kChunk = 64;  // channels at a time: four AVX-512 registers
    const std::int64_t line = g_.columns.in * g_.c;
    for (std::int64_t first = 0; first < g_.c; first += kChunk) {
      const std::int64_t count = std::min(kChunk, g_.c - first);
      float rest[kChunk];  // becomes 0 once a position has received it
      std::copy_n(dy + first, count, rest);
      for (std::int64_t tap = 0; tap < height * width; ++tap) {
        const std::int64_t at = tap / width * line + tap % width * g_.c + first;
        for (std::int64_t c = 0; c < count; ++c) {
          const bool takes = x[at + c] >= y[first + c];
          dx[at + c] += takes ? rest[c] : 0.0f;
          rest[c] = takes ? 0.0f : rest[c];
        }
      }
    }
  }

  Pool2dGeometry g_;
  int threads_;
  bool disjoint2x2_ = false;
};

Result<std::unique_ptr<Kernel>> makeSimd(const KernelRequest& request) {
  if (request.in(In::kDy).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto g, Pool2dGeometry::grad(request.attrs(), request.call.inputs));
  return std::unique_ptr<Kernel>(std::make_unique<SimdPoolGrad>(g, request.threads));
}

}  // namespace

extern const KernelList pool2d_grad;
const KernelList pool2d_grad = {{"simd", makeSimd}};

}  // namespace tandem::cpu
