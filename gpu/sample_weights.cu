#include "core/ops/sample_weights.h"

#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

using In = ops::SampleWeightsIn;

__global__ void __launch_bounds__(kThreads)
    sampleWeightKernel(const float* weights, const float* terms, float* y, std::int64_t count,
                       std::int64_t perSample) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const float weight = weights[i / perSample];
  y[i] = terms ? weight * terms[i] : weight;
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kSamples).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const std::int64_t perSample, ops::termsPerSample(request.attrs(), request.in(In::kSamples)));
  const std::int64_t count = request.out(0).shape.elements();
  return makeKernel([perSample, count, weighted = request.call.hasOperand(In::kTerms)](
                        cudaStream_t stream, const Operands& o) -> Status {
    const float* terms = weighted ? o.input<float>(In::kTerms) : nullptr;
    return launch("sample_weights", sampleWeightKernel, blocksFor(count), kThreads, stream,
                  o.input<float>(In::kSamples), terms, o.output<float>(0), count, perSample);
  });
}

}  // namespace

extern const KernelList sample_weights;
const KernelList sample_weights = {{"cuda", make}};

}  // namespace tandem::cuda
