#include "core/ops/batch_norm_inference.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::BatchNormIn;

using ops::BatchNormGeometry;

class SimdBatchNormInference : public Kernel {
 public:
  SimdBatchNormInference(const BatchNormGeometry& g, bool addend, int threads)
      : g_(g), addend_(addend), threads_(threads) {}

  std::size_t workspaceBytes() const override {
    return 2 * static_cast<std::size_t>(g_.channels) * sizeof(float);  // scales, and zeros for what is absent
  }

  void run(const Operands& operands) override {
    if (addend_)
      pass(operands, std::true_type{});
    else
      pass(operands, std::false_type{});
  }

 private:
  template <class Addend>
  void pass(const Operands& operands, Addend addend) const {
    const float *x = operands.input<float>(In::kX), *gamma = operands.input<float>(In::kGamma),
                *beta = operands.input<float>(In::kBeta);
    const float *mean = operands.input<float>(In::kMean), *variance = operands.input<float>(In::kVariance);
    const float* z = addend ? operands.input<float>(In::kAddend) : x;  // not read without an addend
    auto* scale = static_cast<float*>(operands.workspace);
    float* const zeros = scale + g_.channels;
    std::fill_n(zeros, g_.channels, 0.0f);
    if (!beta) beta = zeros;
    if (!mean) mean = zeros;
    float* y = operands.output<float>(0);
    const auto epsilon = static_cast<float>(g_.epsilon);
    for (std::int64_t c = 0; c < g_.channels; ++c) scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
    const float least = g_.relu ? 0.0f : -INFINITY;
    parallelFor(threads_, g_.rows, 1 + 32768 / g_.channels, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const float *from = x + r * g_.channels, *other = z + r * g_.channels;
        float* to = y + r * g_.channels;
        for (std::int64_t c = 0; c < g_.channels; ++c) {
          float v = (from[c] - mean[c]) * scale[c] + beta[c];
          if constexpr (addend) v += other[c];
          to[c] = v < least ? least : v;
        }
      }
    });
  }

  BatchNormGeometry g_;
  bool addend_;
  int threads_;
};

Result<std::unique_ptr<Kernel>> makeSimd(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, BatchNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  return std::unique_ptr<Kernel>(
      std::make_unique<SimdBatchNormInference>(g, ops::hasAddend(request.call.inputs), request.threads));
}

}  // namespace

extern const KernelList batch_norm_inference;
const KernelList batch_norm_inference = {{"simd", makeSimd}};

}  // namespace tandem::cpu
