#include "core/ops/pool2d.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel.h"

namespace tandem::cpu {
namespace {

using ops::Pool2dGeometry, ops::spanOf, ops::WindowSpan;

// y = max(y, v), propagating NaN.
inline float larger(float y, float v) {
  return v <= y || y != y ? y : v;
}

// Output positions are divided among the team; all loops run over channels, which are contiguous.
class SimdPool : public Kernel {
 public:
  SimdPool(const Pool2dGeometry& g, int threads) : g_(g), threads_(threads) {}

  void run(const Operands& operands) override {
    const float* x = operands.input<float>(0);
    float* y = operands.output<float>(0);
    parallelFor(threads_, g_.n * g_.rows.out, 1 + 16384 / (g_.columns.out * g_.c),
                [&](std::int64_t begin, std::int64_t end) {
                  for (std::int64_t i = begin; i < end; ++i)
                    row(x + i / g_.rows.out * g_.rows.in * g_.columns.in * g_.c, i % g_.rows.out,
                        y + i * g_.columns.out * g_.c);
                });
  }

 private:
  void row(const float* image, std::int64_t oy, float* y) const {
    const WindowSpan rows = spanOf(g_.rows, oy);
    const std::int64_t line = g_.columns.in * g_.c;
    for (std::int64_t ox = 0; ox < g_.columns.out; ++ox, y += g_.c) {
      const WindowSpan columns = spanOf(g_.columns, ox);
      const float* corner = image + rows.first * line + columns.first * g_.c;
      if (!g_.average && rows.size() == 2 && columns.size() == 2)
        max2x2(corner, line, y);
      else
        anyWindow(corner, line, rows.size(), columns.size(), y);
    }
  }

  void max2x2(const float* __restrict corner, std::int64_t line, float* __restrict y) const {
    for (std::int64_t c = 0; c < g_.c; ++c)
      y[c] = larger(larger(corner[c], corner[g_.c + c]), larger(corner[line + c], corner[line + g_.c + c]));
  }

  void anyWindow(const float* __restrict corner, std::int64_t line, std::int64_t height, std::int64_t width,
                 float* __restrict y) const {
    std::copy_n(corner, g_.c, y);
    for (std::int64_t tap = 1; tap < height * width; ++tap) {
      const float* v = corner + tap / width * line + tap % width * g_.c;
      if (g_.average)
        for (std::int64_t c = 0; c < g_.c; ++c) y[c] += v[c];
      else
        for (std::int64_t c = 0; c < g_.c; ++c) y[c] = larger(y[c], v[c]);
    }
    if (!g_.average) return;
    const float scale = 1.0f / static_cast<float>(height * width);
    for (std::int64_t c = 0; c < g_.c; ++c) y[c] *= scale;
  }

  Pool2dGeometry g_;
  int threads_;
};

Result<std::unique_ptr<Kernel>> makeSimd(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto g, Pool2dGeometry::from(request.attrs(), request.in(0).shape));
  return std::unique_ptr<Kernel>(std::make_unique<SimdPool>(g, request.threads));
}

}  // namespace

extern const KernelList pool2d;
const KernelList pool2d = {{"simd", makeSimd}};

}  // namespace tandem::cpu
