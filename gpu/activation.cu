#include "core/ops/activation.h"

#include "gpu/activation.cuh"
#include "gpu/kernel.h"
#include "gpu/map.cuh"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {0}));
  TANDEM_ASSIGN(const auto a, ops::ActivationAttrs::from(request.attrs()));
  const std::int64_t n = request.out(0).shape.elements();
  const auto alpha = static_cast<float>(a.alpha);
  return withElement(request.in(0).dtype, [&]<class T>(T*) {
    return withActivation(a.kind, [&](auto kind) {
      return makeKernel([n, f = Activate<kind()>{alpha}](cudaStream_t stream, const Operands& o) {
        return map("activation", stream, MapPointers<1, 1, T>{{o.input<T>(0)}, {o.output<T>(0)}}, n, f);
      });
    });
  });
}

}  // namespace

extern const KernelList activation;
const KernelList activation = {{"cuda", make}};

}  // namespace tandem::cuda
