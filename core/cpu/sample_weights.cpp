#include "core/ops/sample_weights.h"

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const std::int64_t perSample, ops::termsPerSample(request.attrs(), request.in(0)));
  const std::int64_t samples = request.in(0).shape[0];
  return kernelOf([samples, perSample, weighted = request.call.hasOperand(1),
                   threads = request.threads](const Operands& o) {
    const float *weights = o.input<float>(0), *terms = weighted ? o.input<float>(1) : nullptr;
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
