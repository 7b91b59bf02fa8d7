#include "core/ops/embedding_grad.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

// Each thread adds all tokens in some of the columns. So the work does not depend on which words are frequent, and each
// sum has the same order for any number of threads.
KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, ops::EmbeddingGeometry::from(request.in(1), request.out(0).shape));
  constexpr std::int64_t kLine = 16;  // floats per cache line, which two threads must not share
  const std::int64_t lines = (g.units + kLine - 1) / kLine;
  const std::int64_t grain = kCheapGrain / (kLine * (g.tokens + g.vocabulary)) + 1;
  return kernelOf([g, lines, grain, threads = request.threads](const Operands& o) {
    const float* dy = o.input<float>(0);
    const auto* tokens = o.input<std::int32_t>(1);
    float* dtable = o.output<float>(0);
    parallelFor(threads, lines, grain, [=](std::int64_t firstLine, std::int64_t lastLine) {
      const std::int64_t begin = firstLine * kLine, end = std::min(lastLine * kLine, g.units);
      for (std::int64_t r = 0; r < g.vocabulary; ++r)
        std::fill(dtable + r * g.units + begin, dtable + r * g.units + end, 0.0f);
      for (std::int64_t i = 0; i < g.tokens; ++i) {
        if (tokens[i] < 0 || tokens[i] >= g.vocabulary) continue;
        const float* from = dy + i * g.units;
        float* to = dtable + tokens[i] * g.units;
#pragma omp simd
        for (std::int64_t c = begin; c < end; ++c) to[c] += from[c];
      }
    });
  });
}

}  // namespace

extern const KernelList embedding_grad;
const KernelList embedding_grad = {{"simd", make}};

}  // namespace tandem::cpu
