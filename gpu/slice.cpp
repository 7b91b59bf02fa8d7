#include "core/ops/slice.h"

#include "gpu/kernel.h"
#include "gpu/strided_copy.h"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  const auto unit = static_cast<std::int64_t>(sizeOf(request.in(0).dtype));
  if (unit != 2 && unit != 4) return refuse("supports 2-byte and 4-byte elements only");
  TANDEM_ASSIGN(const auto g, ops::SliceGeometry::of(request.attrs(), request.in(0).shape));
  const std::int64_t row = g.from.inner * unit;  // bytes
  return makeKernel([=](cudaStream_t stream, const Operands& o) {
    return stridedCopy(stream, unit, o.out[0], g.extent * row, o.input<std::byte>(0) + g.begin * row,
                       g.from.extent * row, g.extent * row, g.from.outer);
  });
}

}  // namespace

extern const KernelList slice;
const KernelList slice = {{"cuda", make}};

}  // namespace tandem::cuda
