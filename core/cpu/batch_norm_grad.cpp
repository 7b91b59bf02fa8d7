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

  // The threads' sums in double and of a block, then mean, scale, offset and slope of a folded row.
  std::size_t workspaceBytes() const override {
    const auto parts = static_cast<std::size_t>(blocks_.parts()),
               channels = static_cast<std::size_t>(g_.channels);
    const auto width = static_cast<std::size_t>(blocks_.width());
    return parts * 2 * (channels * sizeof(double) + width * sizeof(float)) + width * 4 * sizeof(float);
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
    const std::int64_t channels = g_.channels, width = blocks_.width();
    const float *dy = operands.input<float>(0), *x = operands.input<float>(1),
                *gamma = operands.input<float>(2);
    const float* invStd = operands.input<float>(4);
    const float* y = Relu::value ? operands.input<float>(5) : dy;  // the mask; not read without relu
    auto* sums = static_cast<double*>(operands.workspace);
    auto* blockSums = reinterpret_cast<float*>(sums + 2 * channels * blocks_.parts());
    float *mean = blockSums + 2 * width * blocks_.parts(), *scale = mean + width, *offset = scale + width;
    float* slope = offset + width;
    std::fill_n(sums, 2 * channels * blocks_.parts(), 0.0);
    std::copy_n(operands.input<float>(3), channels, mean);
    blocks_.spread(mean);

    blocks_.forEach([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
      float* __restrict sum = blockSums + 2 * width * part, * __restrict product = sum + width;
      std::fill_n(sum, 2 * width, 0.0f);  // and product, which follows
      blocks_.forEachRow(begin, end, [&](std::int64_t from, std::int64_t count) {
        const float *d = dy + from, *h = x + from, *mask = y + from;
        for (std::int64_t c = 0; c < count; ++c) {
          const float flow = relu && !(mask[c] > 0.0f) ? 0.0f : d[c];
          sum[c] += flow;
          product[c] += flow * (h[c] - mean[c]);
        }
      });
      blocks_.gather(sum);
      blocks_.gather(product);
      double* total = sums + 2 * channels * part;
      for (std::int64_t c = 0; c < channels; ++c) {
        total[c] += static_cast<double>(sum[c]);
        total[channels + c] += static_cast<double>(product[c]);
      }
    });

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

    for (float* values : {scale, offset, slope}) blocks_.spread(values);

    float* dx = operands.output<float>(0);
    blocks_.forEachBackwards([&](std::int64_t, std::int64_t begin, std::int64_t end) {
      blocks_.forEachRow(begin, end, [&](std::int64_t from, std::int64_t count) {
        const float *d = dy + from, *h = x + from, *mask = y + from;
        float* __restrict to = dx + from;
        for (std::int64_t c = 0; c < count; ++c) {
          const float flow = relu && !(mask[c] > 0.0f) ? 0.0f : d[c];
          to[c] = scale[c] * (flow - offset[c] - (h[c] - mean[c]) * slope[c]);
        }
      });
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
