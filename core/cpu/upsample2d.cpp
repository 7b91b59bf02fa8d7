#include "core/ops/upsample2d.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using ops::Upsample2dGeometry;

void nearestRow(const Upsample2dGeometry& g, const float* image, std::int64_t oy, float* y) {
  const float* from = image + g.rows.taps(oy).first * g.columns.in * g.c;
  for (std::int64_t ix = 0; ix < g.columns.in; ++ix, from += g.c)
    for (std::int64_t i = 0; i < g.columns.scale; ++i, y += g.c) std::copy_n(from, g.c, y);
}

void bilinearRow(const Upsample2dGeometry& g, const float* image, std::int64_t oy, float* __restrict y) {
  const auto rows = g.rows.taps(oy);
  const auto down = g.rows.share<float>(rows);
  const float* above = image + rows.first * g.columns.in * g.c;
  const float* below = image + rows.second * g.columns.in * g.c;
  for (std::int64_t ox = 0; ox < g.columns.out(); ++ox, y += g.c) {
    const auto columns = g.columns.taps(ox);
    const auto right = g.columns.share<float>(columns);
    const std::int64_t first = columns.first * g.c, second = columns.second * g.c;
    for (std::int64_t c = 0; c < g.c; ++c)
      y[c] = (1 - down) * ((1 - right) * above[first + c] + right * above[second + c]) +
             down * ((1 - right) * below[first + c] + right * below[second + c]);
  }
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, Upsample2dGeometry::from(request.attrs(), request.in(0).shape));
  const std::int64_t line = g.columns.out() * g.c;  // values of an output row
  return kernelOf([=, threads = request.threads](const Operands& o) {
    parallelFor(
        threads, g.n * g.rows.out(), 1 + kCheapGrain / line, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const float* image = o.input<float>(0) + i / g.rows.out() * g.rows.in * g.columns.in * g.c;
            (g.bilinear ? bilinearRow : nearestRow)(g, image, i % g.rows.out(),
                                                    o.output<float>(0) + i * line);
          }
        });
  });
}

}  // namespace

extern const KernelList upsample2d;
const KernelList upsample2d = {{"simd", make}};

}  // namespace tandem::cpu
