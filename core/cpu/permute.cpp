#include "core/ops/permute.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

// T: an unsigned integer of the size of the elements, which are only moved.
template <class T>
KernelResult makeFor(const ops::BroadcastAxes& axes, int threads) {
  const int last = axes.count - 1;
  const std::int64_t n = axes.elements(), width = last >= 0 ? axes.extent[last] : 1;
  const std::int64_t stride = last >= 0 ? axes.first[last] : 1;
  return kernelOf([=, outer = axes.outer()](const Operands& o) {
    const T* x = o.input<T>(0);
    T* y = o.output<T>(0);
    parallelFor(threads, n / width, kCheapGrain / width + 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const T* from = x + outer.at(row).first;
        T* to = y + row * width;
        if (stride == 1) {
          std::copy_n(from, width, to);
        } else {
          for (std::int64_t i = 0; i < width; ++i) to[i] = from[i * stride];
        }
      }
    });
  });
}

KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto g, ops::PermuteGeometry::from(request.attrs(), request.in(0).shape));
  const std::size_t unit = sizeOf(request.in(0).dtype);
  if (unit == sizeof(std::uint16_t)) return makeFor<std::uint16_t>(g.axes, request.threads);
  if (unit == sizeof(std::uint32_t)) return makeFor<std::uint32_t>(g.axes, request.threads);
  return refuse("supports 2-byte and 4-byte elements only");
}

}  // namespace

extern const KernelList permute;
const KernelList permute = {{"gather", make}};

}  // namespace tandem::cpu
