#include "core/ops/zero_pad.h"

#include "gpu/check.h"
#include "gpu/kernel.h"
#include "gpu/strided_copy.h"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  const auto unit = static_cast<std::int64_t>(sizeOf(request.in(0).dtype));
  if (unit != 2 && unit != 4) return refuse("supports 2-byte and 4-byte elements only");
  TANDEM_ASSIGN(const auto g, ops::ZeroPadGeometry::of(request.attrs(), request.in(0).shape));
  const std::int64_t row = g.from.inner * unit;  // bytes
  const std::size_t bytes = request.out(0).bytes();
  return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
    if (g.extent() > g.from.extent) TANDEM_CUDA(cudaMemsetAsync(o.out[0], 0, bytes, stream));
    return stridedCopy(stream, unit, o.output<std::byte>(0) + g.before * row, g.extent() * row, o.in[0],
                       g.from.extent * row, g.from.extent * row, g.from.outer);
  });
}

}  // namespace

extern const KernelList zero_pad;
const KernelList zero_pad = {{"cuda", make}};

}  // namespace tandem::cuda
