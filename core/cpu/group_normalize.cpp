#include "core/ops/group_normalize.h"

#include <cmath>

#include "core/cpu/group_norm_parts.h"

namespace tandem::cpu {
namespace {

using In = ops::GroupNormIn;
using Out = ops::GroupNormOut;

using ops::GroupNormGeometry;

class SimdGroupNormalize : public Kernel {
 public:
  SimdGroupNormalize(const GroupNormGeometry& g, bool centered, int threads)
      : g_(g), centered_(centered), parts_(groupNormParts(g, threads)) {}

  // Per thread the sums of the channels, then sums of a block of rows, mean, scale and shift.
  std::size_t workspaceBytes() const override {
    return isRow(g_) ? 0 : static_cast<std::size_t>(parts_) * partBytes();
  }

  void run(const Operands& o) override {
    forEachPart(g_, parts_, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
      if (isRow(g_)) {
        for (std::int64_t row = first; row < last; ++row) normalizeRow(o, row);
        return;
      }
      auto* workspace = static_cast<std::byte*>(o.workspace) + static_cast<std::size_t>(part) * partBytes();
      for (std::int64_t block = first; block < last; ++block) normalizeBlock(o, block, workspace);
    });
  }

 private:
  std::size_t partBytes() const {
    const auto channels = static_cast<std::size_t>(g_.channels());
    return (channels * (sizeof(double) + 4 * sizeof(float)) + 127) / 64 * 64;
  }

  float store(const Operands& o, std::int64_t statistic, double mean, double variance) const {
    const auto invStd = static_cast<float>(1 / std::sqrt(variance + g_.epsilon));
    o.output<float>(Out::kInvStd)[statistic] = invStd;
    if (centered_) o.output<float>(Out::kMean)[statistic] = static_cast<float>(mean);
    return invStd;
  }

  void normalizeRow(const Operands& o, std::int64_t row) const {
    const std::int64_t count = g_.width;
    const float* x = o.input<float>(In::kX) + row * count;
    const double n = static_cast<double>(count);
    const double mean = centered_ ? rowSum(count, [x](std::int64_t i) { return x[i]; }) / n : 0;
    const auto m = static_cast<float>(mean);
    const double squares = rowSum(count, [x, m](std::int64_t i) { return (x[i] - m) * (x[i] - m); });
    const float invStd = store(o, row, mean, squares / n);
    const float* gamma = o.input<float>(In::kGamma);
    float* y = o.output<float>(Out::kY) + row * count;
    if (centered_) {
      const float* beta = o.input<float>(In::kBeta);
#pragma omp simd
      for (std::int64_t i = 0; i < count; ++i) y[i] = (x[i] - m) * invStd * gamma[i] + beta[i];
    } else {
#pragma omp simd
      for (std::int64_t i = 0; i < count; ++i) y[i] = x[i] * invStd * gamma[i];
    }
  }

  void normalizeBlock(const Operands& o, std::int64_t block, std::byte* workspace) const {
    const std::int64_t channels = g_.channels();
    auto* totals = reinterpret_cast<double*>(workspace);
    auto* sums = reinterpret_cast<float*>(totals + channels);
    float *mean = sums + channels, *scale = mean + channels, *shift = scale + channels;
    const std::int64_t begin = block * g_.positions * channels;
    const float *x = o.input<float>(In::kX) + begin, *gamma = o.input<float>(In::kGamma);
    const double n = static_cast<double>(g_.count());

    std::fill_n(mean, channels, 0.0f);
    std::fill_n(shift, channels, 0.0f);
    if (centered_) {
      std::copy_n(o.input<float>(In::kBeta), channels, shift);
      std::fill_n(totals, channels, 0.0);
      addChannelSums(g_.positions, channels, sums, totals,
                     [=](std::int64_t row, std::int64_t c) { return x[row * channels + c]; });
      for (std::int64_t group = 0; group < g_.groups; ++group)
        std::fill_n(mean + group * g_.width, g_.width, static_cast<float>(ofGroup(totals, group) / n));
    }
    std::fill_n(totals, channels, 0.0);
    addChannelSums(g_.positions, channels, sums, totals, [=](std::int64_t row, std::int64_t c) {
      const float d = x[row * channels + c] - mean[c];
      return d * d;
    });
    for (std::int64_t group = 0; group < g_.groups; ++group) {
      const std::int64_t first = group * g_.width;
      const float invStd =
          store(o, block * g_.groups + group, static_cast<double>(mean[first]), ofGroup(totals, group) / n);
      for (std::int64_t c = first; c < first + g_.width; ++c) scale[c] = gamma[c] * invStd;
    }
    float* y = o.output<float>(Out::kY) + begin;
    for (std::int64_t row = 0; row < g_.positions; ++row) {
      const float* from = x + row * channels;
      float* to = y + row * channels;
#pragma omp simd
      for (std::int64_t c = 0; c < channels; ++c) to[c] = (from[c] - mean[c]) * scale[c] + shift[c];
    }
  }

  double ofGroup(const double* totals, std::int64_t group) const {
    double sum = 0;
    for (std::int64_t c = 0; c < g_.width; ++c) sum += totals[group * g_.width + c];
    return sum;
  }

  GroupNormGeometry g_;
  bool centered_;
  int parts_;
};

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, GroupNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  return std::unique_ptr<Kernel>(
      std::make_unique<SimdGroupNormalize>(g, request.call.hasOperand(In::kBeta), request.threads));
}

}  // namespace

extern const KernelList group_normalize;
const KernelList group_normalize = {{"simd", make}};

}  // namespace tandem::cpu
