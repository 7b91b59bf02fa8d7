#include "core/ops/prelu.h"

#include "core/ops/rules.h"
#include "gpu/kernel.h"
#include "gpu/map.cuh"
#include "gpu/slopes.cuh"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  const auto shape = ops::LastAxis::of(request.in(0).shape);
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return makeKernel([shape](cudaStream_t stream, const Operands& o) {
      return mapChannels("prelu", stream, MapPointers<1, 1, T>{{o.input<T>(0)}, {o.output<T>(0)}}, shape.rows,
                         shape.columns, Slopes<0>{o.input<float>(1)});
    });
  });
}

}  // namespace

extern const KernelList prelu;
const KernelList prelu = {{"cuda", make}};

}  // namespace tandem::cuda
