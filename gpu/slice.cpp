#include "core/ops/slice.h"

#include "gpu/kernel.h"
#include "gpu/strided_copy.h"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (sizeOf(request.in(0).dtype) != 4) return refuse("only 4-byte elements");
  TANDEM_ASSIGN(const auto g, ops::SliceGeometry::of(request.attrs(), request.in(0).shape));
  return makeKernel([g](cudaStream_t stream, const Operands& o) {
    const std::int64_t width = g.extent * g.from.inner;
    return stridedCopy(stream, o.out[0], width, o.input<float>(0) + g.begin * g.from.inner,
                       g.from.extent * g.from.inner, width, g.from.outer);
  });
}

}  // namespace

extern const KernelList slice;
const KernelList slice = {{"cuda", make}};

}  // namespace tandem::cuda
