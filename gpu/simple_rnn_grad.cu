#include "core/ops/simple_rnn_grad.h"

#include "core/ops/simple_rnn.h"
#include "gpu/recurrent.cuh"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const bool relu, ops::isReluRnn(request.attrs()));
  if (relu) return makeRecurrentGrad<ops::SimpleCell<ActivationKind::Relu>>(request);
  return makeRecurrentGrad<ops::SimpleCell<ActivationKind::Tanh>>(request);
}

}  // namespace

extern const KernelList simple_rnn_grad;
const KernelList simple_rnn_grad = {{"cuda", make}};

}  // namespace tandem::cuda
