#include "core/ops/sgd_update.h"

#include "gpu/kernel.h"
#include "gpu/update.cuh"

namespace tandem::cuda {
namespace {

template <bool kMomentum>
struct Rule : ops::SgdRule<float> {
  using ops::SgdRule<float>::SgdRule;
  __device__ void apply(float& w, float g, float* state) const {
    if constexpr (kMomentum)
      this->withMomentum(w, g, state[0]);
    else
      this->plain(w, g);
  }
};

template <bool kMomentum>
struct Factory {
  ops::SgdAttrs attrs;
  __device__ Rule<kMomentum> operator()(const float* step) const { return Rule<kMomentum>(attrs, step); }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto a, ops::SgdAttrs::from(request.attrs()));
  const std::int64_t n = request.in(0).shape.elements();
  const bool momentum = present(request.in(2));
  return makeKernel([=](cudaStream_t stream, const Operands& o) {
    auto* w = o.output<float>(0);
    const auto *g = o.input<float>(1), *step = o.input<float>(3);
    if (momentum)
      return update("sgd_update", stream, UpdatePointers<1>{w, g, {o.output<float>(1)}}, step, n,
                    Factory<true>{a});
    return update("sgd_update", stream, UpdatePointers<0>{w, g, {}}, step, n, Factory<false>{a});
  });
}

}  // namespace

extern const KernelList sgd_update;
const KernelList sgd_update = {{"cuda", make}};

}  // namespace tandem::cuda
