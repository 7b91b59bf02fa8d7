#include "core/ops/concat.h"

#include "gpu/kernel.h"
#include "gpu/strided_copy.h"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (sizeOf(request.in(0).dtype) != 4) return refuse("only 4-byte elements");
  TANDEM_ASSIGN(const auto whole,
                ops::AxisView::of(request.out(0).shape, request.attrs().integer("axis", -1)));
  std::vector<std::int64_t> extents;
  for (const TensorType& part : request.call.inputs) extents.push_back(part.shape[whole.axis]);
  return makeKernel([whole, extents](cudaStream_t stream, const Operands& o) -> Status {
    auto* to = o.output<float>(0);
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const std::int64_t width = extents[i] * whole.inner;
      TANDEM_TRY(stridedCopy(stream, to, whole.extent * whole.inner, o.in[i], width, width, whole.outer));
      to += width;
    }
    return success();
  });
}

}  // namespace

extern const KernelList concat;
const KernelList concat = {{"cuda", make}};

}  // namespace tandem::cuda
