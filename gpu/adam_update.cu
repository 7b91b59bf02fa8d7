#include "core/ops/adam_update.h"

#include "gpu/kernel.h"
#include "gpu/update.cuh"

namespace tandem::cuda {
namespace {

struct Rule : ops::AdamRule<float> {
  using ops::AdamRule<float>::AdamRule;
  __device__ void apply(float& w, float g, float* state) const { (*this)(w, g, state[0], state[1]); }
};

struct Factory {
  ops::AdamAttrs attrs;
  __device__ Rule operator()(const float* step) const { return Rule(attrs, step); }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto a, ops::AdamAttrs::from(request.attrs()));
  const std::int64_t n = request.in(0).shape.elements();
  return makeKernel([=](cudaStream_t stream, const Operands& o) {
    auto* moments = o.output<float>(1);
    return update("adam_update", stream,
                  UpdatePointers<2>{o.output<float>(0), o.input<float>(1), {moments, moments + n}},
                  o.input<float>(3), n, Factory{a});
  });
}

}  // namespace

extern const KernelList adam_update;
const KernelList adam_update = {{"cuda", make}};

}  // namespace tandem::cuda
