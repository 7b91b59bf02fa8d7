#include "core/ops/concat.h"

#include "gpu/kernel.h"
#include "gpu/strided_copy.h"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  const auto unit = static_cast<std::int64_t>(sizeOf(request.in(0).dtype));
  if (unit != 2 && unit != 4) return refuse("supports 2-byte and 4-byte elements only");
  TANDEM_ASSIGN(const auto geometry,
                ops::AxisView::of(request.out(0).shape, request.attrs().integer("axis", -1)));
  const std::int64_t row = geometry.inner * unit;  // bytes
  std::vector<std::int64_t> widths;
  for (const TensorType& part : request.call.inputs) widths.push_back(part.shape[geometry.axis] * row);
  return makeKernel([=, stride = geometry.extent * row](cudaStream_t stream, const Operands& o) -> Status {
    auto* to = o.output<std::byte>(0);
    for (std::size_t i = 0; i < widths.size(); ++i) {
      TANDEM_TRY(stridedCopy(stream, unit, to, stride, o.in[i], widths[i], widths[i], geometry.outer));
      to += widths[i];
    }
    return success();
  });
}

}  // namespace

extern const KernelList concat;
const KernelList concat = {{"cuda", make}};

}  // namespace tandem::cuda
