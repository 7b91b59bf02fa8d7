#include "core/ops/upsample2d_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using ops::Upsample2dGeometry;

// One row of dx. Each pixel sums over its readers, so that rows are independent.
void row(const Upsample2dGeometry& g, const float* dy, std::int64_t iy, float* __restrict dx) {
  for (std::int64_t ix = 0; ix < g.columns.in; ++ix, dx += g.c) {
    std::fill_n(dx, g.c, 0.0f);
    for (std::int64_t oy = g.rows.firstReader(iy); oy < g.rows.lastReader(iy); ++oy) {
      const auto down = g.rows.weight<float>(oy, iy);
      for (std::int64_t ox = g.columns.firstReader(ix); ox < g.columns.lastReader(ix); ++ox) {
        const float factor = down * g.columns.weight<float>(ox, ix);
        const float* from = dy + (oy * g.columns.out() + ox) * g.c;
        for (std::int64_t c = 0; c < g.c; ++c) dx[c] += factor * from[c];
      }
    }
  }
}

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, Upsample2dGeometry::grad(request.attrs(), request.in(0).shape));
  const std::int64_t line = g.columns.in * g.c, read = g.rows.scale * g.columns.out() * g.c;
  return kernelOf([=, threads = request.threads](const Operands& o) {
    parallelFor(threads, g.n * g.rows.in, 1 + kCheapGrain / read, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        row(g, o.input<float>(0) + i / g.rows.in * g.rows.out() * g.columns.out() * g.c, i % g.rows.in,
            o.output<float>(0) + i * line);
    });
  });
}

}  // namespace

extern const KernelList upsample2d_grad;
const KernelList upsample2d_grad = {{"simd", make}};

}  // namespace tandem::cpu
