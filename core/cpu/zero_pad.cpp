#include "core/ops/zero_pad.h"

#include <cstring>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto g, ops::ZeroPadGeometry::of(request.attrs(), request.in(0).shape));
  const std::size_t unit = static_cast<std::size_t>(g.from.inner) * sizeOf(request.in(0).dtype);
  const std::size_t run = static_cast<std::size_t>(g.from.extent) * unit;
  const std::size_t row = static_cast<std::size_t>(g.extent()) * unit;
  const std::size_t before = static_cast<std::size_t>(g.before) * unit;
  const std::int64_t grain = 4 * kCheapGrain / static_cast<std::int64_t>(row) + 1;
  return kernelOf([=, outer = g.from.outer, threads = request.threads](const Operands& o) {
    parallelFor(threads, outer, grain, [&](std::int64_t begin, std::int64_t end) {
      for (auto r = static_cast<std::size_t>(begin); r < static_cast<std::size_t>(end); ++r) {
        std::byte* to = o.output<std::byte>(0) + r * row;
        std::memset(to, 0, before);
        std::memcpy(to + before, o.input<std::byte>(0) + r * run, run);
        std::memset(to + before + run, 0, row - before - run);
      }
    });
  });
}

}  // namespace

extern const KernelList zero_pad;
const KernelList zero_pad = {{"memcpy", make}};

}  // namespace tandem::cpu
