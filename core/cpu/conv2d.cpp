#include "core/ops/conv2d.h"

#include "core/cpu/conv2d_eigen.h"
#include "core/cpu/conv2d_onednn.h"

namespace tandem::cpu {
namespace {

Result<std::unique_ptr<Kernel>> makeOnednn(const KernelRequest& request) {
  return makeOnednnConv(request, ops::ConvPass::Forward);
}

Result<std::unique_ptr<Kernel>> makeEigen(const KernelRequest& request) {
  return makeEigenConv(request, ops::ConvPass::Forward);
}

}  // namespace

extern const KernelList conv2d;
const KernelList conv2d = {{"onednn", makeOnednn}, {"eigen", makeEigen}};

}  // namespace tandem::cpu
