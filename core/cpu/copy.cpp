#include "core/ops/copy.h"

#include <cstring>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

// Works for any type, since it only copies bytes.
KernelResult make(const KernelRequest& request) {
  const auto bytes = static_cast<std::int64_t>(request.out(0).bytes());
  return kernelOf([bytes, threads = request.threads](const Operands& o) {
    const auto* x = o.input<std::byte>(0);
    auto* y = o.output<std::byte>(0);
    parallelFor(threads, bytes, 4 * kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
      std::memcpy(y + begin, x + begin, static_cast<std::size_t>(end - begin));
    });
  });
}

}  // namespace

extern const KernelList copy;
const KernelList copy = {{"memcpy", make}};

}  // namespace tandem::cpu
