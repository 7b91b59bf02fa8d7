#include "core/ops/batch_norm_grad.h"

#include <algorithm>
#include <type_traits>

#include "core/cpu/batch_norm_parts.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::BatchNormGradIn;
using Out = ops::BatchNormGradOut;

using ops::BatchNormGeometry;

// The first pass sums dy and dy * (x - mean), in float within a block and in double across blocks; the second
// writes dx. For an addend, the first pass also writes the masked dy, and the second reads it instead of dy,
// y.
class SimdBatchNormGrad : public Kernel {
 public:
  SimdBatchNormGrad(const BatchNormGeometry& g, bool relu, bool addend, int threads)
      : g_(g), relu_(relu), addend_(addend), blocks_(g, threads) {}

  // The sums of each thread, in double and per block, then mean, scale, offset and slope of a folded row.
  std::size_t workspaceBytes() const override {
    const auto parts = static_cast<std::size_t>(blocks_.parts()),
               channels = static_cast<std::size_t>(g_.channels);
    const auto width = static_cast<std::size_t>(blocks_.width());
    return parts * 2 * (channels * sizeof(double) + width * sizeof(float)) + width * 4 * sizeof(float);
  }

  void run(const Operands& operands) override {
    if (addend_)
      passes(operands, std::true_type{}, std::true_type{});
    else if (relu_)
      passes(operands, std::true_type{}, std::false_type{});
    else
      passes(operands, std::false_type{}, std::false_type{});
  }

 private:
  // A separate function, so that the compiler knows that the results do not alias.
  template <class Relu, class Addend>
  [[gnu::always_inline]] static void sumRow(Relu relu, Addend addend, std::int64_t count, const float* dy,
                                            const float* x, const float* y, const float* mean,
                                            float* __restrict sum, float* __restrict product,
                                            float* __restrict dz) {
    for (std::int64_t c = 0; c < count; ++c) {
      const float flow = relu && !(y[c] > 0.0f) ? 0.0f : dy[c];
      if constexpr (addend) dz[c] = flow;
      sum[c] += flow;
      product[c] += flow * (x[c] - mean[c]);
    }
  }

  template <class Relu, class Addend>
  void passes(const Operands& operands, Relu relu, Addend addend) const {
    const std::int64_t channels = g_.channels, width = blocks_.width();
    const float *dy = operands.input<float>(In::kDy), *x = operands.input<float>(In::kX),
                *gamma = operands.input<float>(In::kGamma);
    const float* invStd = operands.input<float>(In::kInvStd);
    const float* y = Relu::value ? operands.input<float>(In::kY) : dy;  // the mask; not read without relu
    float* dz = addend ? operands.output<float>(Out::kDz)
                       : operands.output<float>(Out::kDx);  // not written without addend
    auto* sums = static_cast<double*>(operands.workspace);
    auto* blockSums = reinterpret_cast<float*>(sums + 2 * channels * blocks_.parts());
    float *mean = blockSums + 2 * width * blocks_.parts(), *scale = mean + width, *offset = scale + width;
    float* slope = offset + width;
    std::fill_n(sums, 2 * channels * blocks_.parts(), 0.0);
    std::copy_n(operands.input<float>(In::kMean), channels, mean);
    blocks_.spread(mean);

    blocks_.forEach([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
      float *sum = blockSums + 2 * width * part, *product = sum + width;
      std::fill_n(sum, 2 * width, 0.0f);  // and product, which follows it
      blocks_.forEachRow(begin, end, [&](std::int64_t from, std::int64_t count) {
        sumRow(relu, addend, count, dy + from, x + from, y + from, mean, sum, product, dz + from);
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
      operands.output<float>(Out::kDgamma)[c] = static_cast<float>(product * deviation);
      operands.output<float>(Out::kDbeta)[c] = static_cast<float>(sum);
      scale[c] = gamma[c] * invStd[c];
      offset[c] = static_cast<float>(sum / rows);
      slope[c] = static_cast<float>(product * deviation * deviation / rows);
    }

    for (float* values : {scale, offset, slope}) blocks_.spread(values);

    float* dx = operands.output<float>(Out::kDx);
    const float* flows = addend ? dz : dy;  // if the masked dy was stored, y is not needed
    constexpr bool masks = Relu::value && !Addend::value;
    blocks_.forEachBackwards([&](std::int64_t, std::int64_t begin, std::int64_t end) {
      blocks_.forEachRow(begin, end, [&](std::int64_t from, std::int64_t count) {
        const float *d = flows + from, *h = x + from, *mask = y + from;
        float* __restrict to = dx + from;
        for (std::int64_t c = 0; c < count; ++c) {
          const float flow = masks && !(mask[c] > 0.0f) ? 0.0f : d[c];
          to[c] = scale[c] * (flow - offset[c] - (h[c] - mean[c]) * slope[c]);
        }
      });
    });
  }

  BatchNormGeometry g_;
  bool relu_, addend_;
  RowBlocks blocks_;
};

Result<std::unique_ptr<Kernel>> makeSimd(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, BatchNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  const bool relu = request.call.hasOperand(In::kY);
  return std::unique_ptr<Kernel>(std::make_unique<SimdBatchNormGrad>(
      g, relu, ops::wantsAddendGradient(request.attrs()), request.threads));
}

}  // namespace

extern const KernelList batch_norm_grad;
const KernelList batch_norm_grad = {{"simd", makeSimd}};

}  // namespace tandem::cpu
