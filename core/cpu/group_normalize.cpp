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
      : g_(g), centered_(centered), team_(GroupNormTeam::of(g, threads)) {}

  // Per part the sums of a row; or those of the channels, then mean, scale, shift and sums of blocks of rows.
  std::size_t workspaceBytes() const override { return static_cast<std::size_t>(team_.parts) * partBytes(); }

  void run(const Operands& o) override {
    forEachPart(g_, team_.parts, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
      auto* workspace = static_cast<std::byte*>(o.workspace) + static_cast<std::size_t>(part) * partBytes();
      if (isRow(g_)) {
        for (std::int64_t row = first; row < last; ++row) normalizeRow(o, row, workspace);
        return;
      }
      for (std::int64_t block = first; block < last; ++block) normalizeBlock(o, block, workspace);
    });
  }

 private:
  std::size_t partBytes() const {
    const auto channels = static_cast<std::size_t>(g_.channels()),
               blocks = static_cast<std::size_t>(channelSumBlocks(g_.positions, team_.within));
    const std::size_t bytes =
        isRow(g_) ? blockSumBytes(g_.width) : channels * (sizeof(double) + (3 + blocks) * sizeof(float));
    return (bytes + 127) / 64 * 64;
  }

  float store(const Operands& o, std::int64_t statistic, double mean, double variance) const {
    const auto invStd = static_cast<float>(1 / std::sqrt(variance + g_.epsilon));
    o.output<float>(Out::kInvStd)[statistic] = invStd;
    if (centered_) o.output<float>(Out::kMean)[statistic] = static_cast<float>(mean);
    return invStd;
  }

  void normalizeRow(const Operands& o, std::int64_t row, std::byte* workspace) const {
    const std::int64_t count = g_.width;
    const float* x = o.input<float>(In::kX) + row * count;
    const double n = static_cast<double>(count);
    const double mean =
        centered_ ? blockSum(team_.within, count, workspace, [x](std::int64_t i) { return x[i]; }) / n : 0;
    const auto m = static_cast<float>(mean);
    const double squares =
        blockSum(team_.within, count, workspace, [x, m](std::int64_t i) { return (x[i] - m) * (x[i] - m); });
    const float invStd = store(o, row, mean, squares / n);
    const float *gamma = o.input<float>(In::kGamma), *beta = centered_ ? o.input<float>(In::kBeta) : nullptr;
    float* y = o.output<float>(Out::kY) + row * count;
    parallelFor(team_.within, count, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
      if (beta) {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) y[i] = (x[i] - m) * invStd * gamma[i] + beta[i];
      } else {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) y[i] = x[i] * invStd * gamma[i];
      }
    });
  }

  void normalizeBlock(const Operands& o, std::int64_t block, std::byte* workspace) const {
    const std::int64_t channels = g_.channels();
    auto* totals = reinterpret_cast<double*>(workspace);
    auto* mean = reinterpret_cast<float*>(totals + channels);
    float *scale = mean + channels, *shift = scale + channels, *sums = shift + channels;
    const std::int64_t begin = block * g_.positions * channels;
    const float *x = o.input<float>(In::kX) + begin, *gamma = o.input<float>(In::kGamma);
    const double n = static_cast<double>(g_.count());

    std::fill_n(mean, channels, 0.0f);
    std::fill_n(shift, channels, 0.0f);
    if (centered_) {
      std::copy_n(o.input<float>(In::kBeta), channels, shift);
      std::fill_n(totals, channels, 0.0);
      addChannelSums(
          g_.positions, channels, sums, totals,
          [=](std::int64_t row, std::int64_t c) { return x[row * channels + c]; }, team_.within);
      for (std::int64_t group = 0; group < g_.groups; ++group)
        std::fill_n(mean + group * g_.width, g_.width, static_cast<float>(ofGroup(totals, group) / n));
    }
    std::fill_n(totals, channels, 0.0);
    const auto square = [=](std::int64_t row, std::int64_t c) {
      const float d = x[row * channels + c] - mean[c];
      return d * d;
    };
    addChannelSums(g_.positions, channels, sums, totals, square, team_.within);
    for (std::int64_t group = 0; group < g_.groups; ++group) {
      const std::int64_t first = group * g_.width;
      const float invStd =
          store(o, block * g_.groups + group, static_cast<double>(mean[first]), ofGroup(totals, group) / n);
      for (std::int64_t c = first; c < first + g_.width; ++c) scale[c] = gamma[c] * invStd;
    }
    float* y = o.output<float>(Out::kY) + begin;
    forPositions(g_, team_.within, [=](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const float* from = x + row * channels;
        float* to = y + row * channels;
#pragma omp simd
        for (std::int64_t c = 0; c < channels; ++c) to[c] = (from[c] - mean[c]) * scale[c] + shift[c];
      }
    });
  }

  double ofGroup(const double* totals, std::int64_t group) const {
    double sum = 0;
    for (std::int64_t c = 0; c < g_.width; ++c) sum += totals[group * g_.width + c];
    return sum;
  }

  GroupNormGeometry g_;
  bool centered_;
  GroupNormTeam team_;
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
