#include "core/ops/simple_rnn_grad.h"

#include "core/cpu/recurrent_kernel.h"
#include "core/ops/simple_rnn.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const bool relu, ops::isReluRnn(request.attrs()));
  if (relu) return makeRecurrentGrad<ops::SimpleCell<ActivationKind::Relu>>(request);
  return makeRecurrentGrad<ops::SimpleCell<ActivationKind::Tanh>>(request);
}

}  // namespace

extern const KernelList simple_rnn_grad;
const KernelList simple_rnn_grad = {{"simd", make}};

}  // namespace tandem::cpu
