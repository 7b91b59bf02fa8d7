#include "core/ops/simple_rnn.h"

#include "gpu/recurrent.cuh"

namespace tandem::cuda {
namespace {

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const bool relu, ops::isReluRnn(request.attrs()));
  if (relu) return makeRecurrent<ops::SimpleCell<ActivationKind::Relu>>(request);
  return makeRecurrent<ops::SimpleCell<ActivationKind::Tanh>>(request);
}

}  // namespace

extern const KernelList simple_rnn;
const KernelList simple_rnn = {{"cuda", make}};

}  // namespace tandem::cuda
