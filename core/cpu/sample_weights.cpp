#include "core/ops/sample_weights.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::SampleWeightsIn;

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const std::int64_t perSample, ops::termsPerSample(request.attrs(), request.in(In::kSamples)));
  const std::int64_t samples = request.in(In::kSamples).shape[0];
  return kernelOf([samples, perSample, weighted = request.call.hasOperand(In::kTerms),
                   threads = request.threads](const Operands& o) {
    const float *weights = o.input<float>(In::kSamples),
                *terms = weighted ? o.input<float>(In::kTerms) : nullptr;
    float* y = o.output<float>(0);
    parallelFor(threads, samples, kCheapGrain / perSample + 1, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t s = begin; s < end; ++s)
        for (std::int64_t i = s * perSample; i < (s + 1) * perSample; ++i)
          y[i] = terms ? weights[s] * terms[i] : weights[s];
    });
  });
}

}  // namespace

extern const KernelList sample_weights;
const KernelList sample_weights = {{"scalar", make}};

}  // namespace tandem::cpu
