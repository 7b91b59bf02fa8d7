#include "core/ops/conv2d_wgrad.h"

#include "core/cpu/conv2d_eigen.h"
#include "core/cpu/conv2d_onednn.h"

namespace tandem::cpu {
namespace {

Result<std::unique_ptr<Kernel>> makeOnednn(const KernelRequest& request) {
  return makeOnednnConv(request, ops::ConvPass::Wgrad);
}

Result<std::unique_ptr<Kernel>> makeEigen(const KernelRequest& request) {
  return makeEigenConv(request, ops::ConvPass::Wgrad);
}

}  // namespace

extern const KernelList conv2d_wgrad;
const KernelList conv2d_wgrad = {{"onednn", makeOnednn}, {"eigen", makeEigen}};

}  // namespace tandem::cpu
