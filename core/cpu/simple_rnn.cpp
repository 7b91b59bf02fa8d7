#include "core/ops/simple_rnn.h"

#include "core/cpu/recurrent_kernel.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const bool relu, ops::isReluRnn(request.attrs()));
  if (relu) return makeRecurrent<ops::SimpleCell<ActivationKind::Relu>>(request);
  return makeRecurrent<ops::SimpleCell<ActivationKind::Tanh>>(request);
}

}  // namespace

extern const KernelList simple_rnn;
const KernelList simple_rnn = {{"simd", make}};

}  // namespace tandem::cpu
