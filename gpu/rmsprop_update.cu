#include "core/ops/rmsprop_update.h"

#include "gpu/kernel.h"
#include "gpu/update.cuh"

namespace tandem::cuda {
namespace {

template <bool kMomentum>
struct Rule : ops::RmspropRule<float> {
  using ops::RmspropRule<float>::RmspropRule;
  __device__ void apply(float& w, float g, float* state) const {
    if constexpr (kMomentum)
      this->withMomentum(w, g, state[0], state[1]);
    else
      this->plain(w, g, state[0]);
  }
};

template <bool kMomentum>
struct Factory {
  ops::RmspropAttrs attrs;
  __device__ Rule<kMomentum> operator()(const float* step) const { return Rule<kMomentum>(attrs, step); }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto a, ops::RmspropAttrs::from(request.attrs()));
  const std::int64_t n = request.in(0).shape.elements();
  return makeKernel([=](cudaStream_t stream, const Operands& o) {
    auto *w = o.output<float>(0), *state = o.output<float>(1);
    const auto *g = o.input<float>(1), *step = o.input<float>(3);
    if (a.momentum > 0)
      return update("rmsprop_update", stream, UpdatePointers<2>{w, g, {state, state + n}}, step, n,
                    Factory<true>{a});
    return update("rmsprop_update", stream, UpdatePointers<1>{w, g, {state}}, step, n, Factory<false>{a});
  });
}

}  // namespace

extern const KernelList rmsprop_update;
const KernelList rmsprop_update = {{"cuda", make}};

}  // namespace tandem::cuda
