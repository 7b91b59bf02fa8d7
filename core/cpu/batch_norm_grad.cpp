#include "core/ops/batch_norm_grad.h"

#include <algorithm>
#include <type_traits>

#include "core/cpu/batch_norm_parts.h"
#include "core/cpu/kernel.h"

namespace tandem::cpu {
namespace {

using ops::BatchNormGeometry;

// One pass sums dy and dy * (x - mean), each block in float, blocks in double; one more writes dx.
class SimdBatchNormGrad : public Kernel {
 public:
  SimdBatchNormGrad(const BatchNormGeometry& g, bool relu, int threads)
      : g_(g), relu_(relu), blocks_(g, threads) {}

  // The threads' double sums, then per-channel factors and the threads' block sums in float.
  std::size_t workspaceBytes() const override {
    const auto parts = static_cast<std::size_t>(blocks_.parts()),
               channels = static_cast<std::size_t>(g_.channels);
    return parts * channels * 2 * (sizeof(double) + sizeof(float)) + channels * 3 * sizeof(float);
  }

  void run(const Operands& operands) override {
    if (relu_)
      passes(operands, std::true_type{});
    else
      passes(operands, std::false_type{});
  }

 private:
  template <class Relu>
  void passes(const Operands& operands, Relu relu) const {
    const std::int64_t channels = g_.channels;
    const float *dy = operands.input<float>(0), *x = operands.input<float>(1),
                *gamma = operands.input<float>(2);
    const float *mean = operands.input<float>(3), *invStd = operands.input<float>(4);
    const float* y = Relu::value ? operands.input<float>(5) : dy;  // the mask; not read without relu
    auto* sums = static_cast<double*>(operands.workspace);
    auto* blockSums = reinterpret_cast<float*>(sums + 2 * channels * blocks_.parts());
    float* factors = blockSums + 2 * channels * blocks_.parts();
    std::fill_n(sums, 2 * channels * blocks_.parts(), 0.0);

    blocks_.forEach([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
      float* __restrict sum = blockSums + 2 * channels * part, * __restrict product = sum + channels;
      std::fill_n(sum, 2 * channels, 0.0f);
      for (std::int64_t r = begin; r < end; ++r) {
        const float *d = dy + r * channels, *h = x + r * channels, *mask = y + r * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
          const float flow = relu && !(mask[c] > 0.0f) ? 0.0f : d[c];
          sum[c] += flow;
          product[c] += flow * (h[c] - mean[c]);
        }
      }
      double* total = sums + 2 * channels * part;
      for (std::int64_t c = 0; c < 2 * channels; ++c) total[c] += static_cast<double>(sum[c]);
    });

    float *scale = factors, *offset = factors + channels, *slope = factors + 2 * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      double sum = 0, product = 0;
      for (int part = 0; part < blocks_.parts(); ++part) {
        sum += sums[2 * channels * part + c];
        product += sums[2 * channels * part + channels + c];
      }
      const double rows = static_cast<double>(g_.rows), deviation = invStd[c];
      operands.output<float>(1)[c] = static_cast<float>(product * deviation);
      operands.output<float>(2)[c] = static_cast<float>(sum);
      scale[c] = gamma[c] * invStd[c];
      offset[c] = static_cast<float>(sum / rows);
      slope[c] = static_cast<float>(product * deviation * deviation / rows);
    }

    float* dx = operands.output<float>(0);
    blocks_.forEachBackwards([&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const float* __restrict d = dy + r * channels, * __restrict h = x + r * channels,
                                *mask = y + r * channels;
        float* __restrict to = dx + r * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
          const float flow = relu && !(mask[c] > 0.0f) ? 0.0f : d[c];
          to[c] = scale[c] * (flow - offset[c] - (h[c] - mean[c]) * slope[c]);
        }
      }
    });
  }

  BatchNormGeometry g_;
  bool relu_;
  RowBlocks blocks_;
};

Result<std::unique_ptr<Kernel>> makeSimd(const KernelRequest& request) {
  for (const TensorType& type : request.call.inputs)
    if (type.dtype != DType::F32) return refuse("only f32");
  TANDEM_ASSIGN(const auto g, BatchNormGeometry::from(request.attrs(), request.in(1).shape, {}));
  const bool relu = request.call.inputs.size() > 5 && present(request.in(5));
  return std::unique_ptr<Kernel>(std::make_unique<SimdBatchNormGrad>(g, relu, request.threads));
}

}  // namespace

extern const KernelList batch_norm_grad;
const KernelList batch_norm_grad = {{"simd", makeSimd}};

}  // namespace tandem::cpu
