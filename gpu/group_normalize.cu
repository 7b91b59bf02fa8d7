#include "core/ops/group_normalize.h"

#include "gpu/group_norm.cuh"

namespace tandem::cuda {
namespace {

using In = ops::GroupNormIn;
using Out = ops::GroupNormOut;

// mean, beta: nullptr if nothing is subtracted
template <class Group, class T>
__global__ void __launch_bounds__(kThreads, 4)
    groupNormalizeKernel(NormGroups groups, const T* x, const float* gamma, const float* beta, float epsilon,
                         T* y, float* invStd, float* mean) {
  const std::int64_t index = Group::row();
  if (index >= groups.rows) return;
  const NormGroups::Row row = groups.row(index);
  const float count = static_cast<float>(groups.count);
  float center = 0;
  if (beta) {
    float sum = 0;
    for (std::int64_t i = Group::lane(); i < groups.count; i += Group::kSize)
      sum += toFloat(x[row.at(i).index]);
    center = Group::sum(sum) / count;
  }
  float squares = 0;
  for (std::int64_t i = Group::lane(); i < groups.count; i += Group::kSize) {
    const float d = toFloat(x[row.at(i).index]) - center;
    squares += d * d;
  }
  const float inverse = 1.0f / sqrtf(Group::sum(squares) / count + epsilon);
  for (std::int64_t i = Group::lane(); i < groups.count; i += Group::kSize) {
    const NormGroups::Row::Place at = row.at(i);
    const float h = (toFloat(x[at.index]) - center) * inverse;
    y[at.index] = fromFloat<T>(h * gamma[at.channel] + (beta ? beta[at.channel] : 0.0f));
  }
  if (Group::lane() != 0) return;
  if (invStd) invStd[index] = inverse;
  if (beta && mean) mean[index] = center;
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kX}));
  TANDEM_ASSIGN(const auto g, ops::GroupNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  TANDEM_ASSIGN(const NormGroups groups, normGroups(g));
  const bool centered = request.call.hasOperand(In::kBeta);
  const auto epsilon = static_cast<float>(g.epsilon);
  return withElement(request.in(In::kX).dtype, [&]<class T>(T*) {
    return makeKernel([groups, centered, epsilon](cudaStream_t stream, const Operands& o) -> Status {
      if (groups.rows == 0 || groups.count == 0) return success();
      const auto *gamma = o.input<float>(In::kGamma), *beta = centered ? o.input<float>(In::kBeta) : nullptr;
      auto *invStd = o.output<float>(Out::kInvStd), *mean = centered ? o.output<float>(Out::kMean) : nullptr;
      if (groups.count > kLongRow)
        return launch("group_normalize", groupNormalizeKernel<BlockRow, T>,
                      blocksForRows<BlockRow>(groups.rows), kThreads, stream, groups, o.input<T>(In::kX),
                      gamma, beta, epsilon, o.output<T>(Out::kY), invStd, mean);
      return launch("group_normalize", groupNormalizeKernel<WarpRow, T>, blocksForRows<WarpRow>(groups.rows),
                    kThreads, stream, groups, o.input<T>(In::kX), gamma, beta, epsilon, o.output<T>(Out::kY),
                    invStd, mean);
    });
  });
}

}  // namespace

extern const KernelList group_normalize;
const KernelList group_normalize = {{"cuda", make}};

}  // namespace tandem::cuda
