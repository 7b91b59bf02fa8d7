#include "core/ops/embedding.h"

#include <cstring>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

// Works for any type, since it only copies bytes. A number whose bits are all set is a NaN in each of them.
KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto g, ops::EmbeddingGeometry::from(request.in(0), request.in(1).shape));
  const std::size_t row = static_cast<std::size_t>(g.units) * sizeOf(request.in(1).dtype);
  const std::int64_t grain = 4 * kCheapGrain / static_cast<std::int64_t>(row) + 1;
  return kernelOf([g, row, grain, threads = request.threads](const Operands& o) {
    const auto* tokens = o.input<std::int32_t>(0);
    const auto* table = o.input<std::byte>(1);
    auto* y = o.output<std::byte>(0);
    parallelFor(threads, g.tokens, grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        std::byte* to = y + static_cast<std::size_t>(i) * row;
        if (tokens[i] >= 0 && tokens[i] < g.vocabulary)
          std::memcpy(to, table + static_cast<std::size_t>(tokens[i]) * row, row);
        else
          std::memset(to, 0xff, row);
      }
    });
  });
}

}  // namespace

extern const KernelList embedding;
const KernelList embedding = {{"memcpy", make}};

}  // namespace tandem::cpu
