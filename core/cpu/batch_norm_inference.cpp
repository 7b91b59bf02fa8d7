#include "core/ops/batch_norm_inference.h"

#include <cmath>

#include "core/base/parallel.h"
#include "core/cpu/kernel.h"

namespace tandem::cpu {
namespace {

using ops::BatchNormGeometry;

class SimdBatchNormInference : public Kernel {
 public:
  SimdBatchNormInference(const BatchNormGeometry& g, int threads) : g_(g), threads_(threads) {}

  std::size_t workspaceBytes() const override {
    return static_cast<std::size_t>(g_.channels) * sizeof(float);
  }

  void run(const Operands& operands) override {
    const float *x = operands.input<float>(0), *gamma = operands.input<float>(1),
                *beta = operands.input<float>(2);
    const float *mean = operands.input<float>(3), *variance = operands.input<float>(4);
    auto* scale = static_cast<float*>(operands.workspace);
    float* y = operands.output<float>(0);
    const auto epsilon = static_cast<float>(g_.epsilon);
    for (std::int64_t c = 0; c < g_.channels; ++c) scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
    const float least = g_.relu ? 0.0f : -INFINITY;
    parallelFor(threads_, g_.rows, 1 + 32768 / g_.channels, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const float* from = x + r * g_.channels;
        float* to = y + r * g_.channels;
        for (std::int64_t c = 0; c < g_.channels; ++c) {
          const float v = (from[c] - mean[c]) * scale[c] + beta[c];
          to[c] = v < least ? least : v;
        }
      }
    });
  }

 private:
  BatchNormGeometry g_;
  int threads_;
};

Result<std::unique_ptr<Kernel>> makeSimd(const KernelRequest& request) {
  for (const TensorType& type : request.call.inputs)
    if (type.dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto g, BatchNormGeometry::from(request.attrs(), request.in(0).shape, {}));
  return std::unique_ptr<Kernel>(std::make_unique<SimdBatchNormInference>(g, request.threads));
}

}  // namespace

extern const KernelList batch_norm_inference;
const KernelList batch_norm_inference = {{"simd", makeSimd}};

}  // namespace tandem::cpu
