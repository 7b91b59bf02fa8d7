#include "core/ops/lamb_update.h"

#include "core/ops/optimizer_update.h"
#include "gpu/kernel.h"
#include "gpu/reduce.cuh"
#include "gpu/update_faults.cuh"

namespace tandem::cuda {
namespace {

using In = ops::UpdateIn;
using Out = ops::UpdateOut;

// The arrays of one parameter, of n floats each, which begins at `first` in the block.
struct Parameter {
  const float* g;
  float *w, *m, *v;
  std::int64_t n, first;
  float* faults;  // update_faults.h
};

// Updates the moments. partials: for each block the sum of the squares of the weights, then for each that of the
// directions.
__global__ void __launch_bounds__(kThreads)
    momentsKernel(Parameter p, const float* step, ops::LambAttrs attributes, float* partials) {
  if (step[kStepSkip] != 0) return;
  const ops::LambRule<float> rule(attributes, step);
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  float weights = 0, directions = 0;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < p.n;
       i += stride) {
    float m = p.m[i], v = p.v[i];
    const float w = p.w[i], g = p.g[i];
    noteFault(g, p.first + i, p.faults + kGradientFault);
    rule.takeIn(g, m, v);
    p.m[i] = m;
    p.v[i] = v;
    const float r = rule.direction(w, m, v);
    weights += w * w;
    directions += r * r;
  }
  weights = blockSum(weights);
  directions = blockSum(directions);
  if (threadIdx.x != 0) return;
  partials[blockIdx.x] = weights;
  partials[gridDim.x + blockIdx.x] = directions;
}

// Each block adds up the partial sums by itself, which saves a launch per parameter.
__global__ void __launch_bounds__(kThreads)
    weightsKernel(Parameter p, const float* step, ops::LambAttrs attributes, const float* partials) {
  if (step[kStepSkip] != 0) return;
  const ops::LambRule<float> rule(attributes, step);
  const int parts = static_cast<int>(gridDim.x);
  const float weights = totalOf(partials, parts), directions = totalOf(partials + parts, parts);
  const float size = rule.stepSize(weights, directions);
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < p.n;
       i += stride) {
    const float w = p.w[i] - size * rule.direction(p.w[i], p.m[i], p.v[i]);
    p.w[i] = w;
    noteFault(w, p.first + i, p.faults + kWeightFault);
  }
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kWeights).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto a, ops::LambAttrs::from(request.attrs()));
  const std::int64_t n = request.in(In::kWeights).shape.elements();
  TANDEM_ASSIGN(const auto ranges, ops::parameterRanges(request.attrs(), n));
  std::int64_t largest = 0;
  for (const ops::ParameterRange& range : ranges) largest = std::max(largest, range.count);
  return makeKernel(
      [a, ranges, n](cudaStream_t stream, const Operands& o) -> Status {
        auto* partials = static_cast<float*>(o.workspace);
        const float* step = o.input<float>(In::kStep);
        float *m = o.output<float>(Out::kState), *v = m + n;
        for (const ops::ParameterRange& range : ranges) {
          const std::int64_t first = range.first;
          const Parameter p{o.input<float>(In::kGradients) + first,
                            o.output<float>(Out::kWeights) + first,
                            m + first,
                            v + first,
                            range.count,
                            first,
                            o.output<float>(Out::kFaults)};
          const dim3 blocks(static_cast<unsigned>(partialsFor(range.count)));
          TANDEM_TRY(launch("lamb_update", momentsKernel, blocks, kThreads, stream, p, step, a, partials));
          TANDEM_TRY(launch("lamb_update", weightsKernel, blocks, kThreads, stream, p, step, a, partials));
        }
        return success();
      },
      static_cast<std::size_t>(2 * partialsFor(largest)) * sizeof(float));
}

}  // namespace

extern const KernelList lamb_update;
const KernelList lamb_update = {{"cuda", make}};

}  // namespace tandem::cuda
