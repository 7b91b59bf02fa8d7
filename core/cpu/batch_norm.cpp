#include "core/ops/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/cpu/batch_norm_parts.h"
#include "core/cpu/kernel_of.h"

namespace tandem::cpu {
namespace {

using In = ops::BatchNormIn;
using Out = ops::BatchNormOut;

using ops::BatchNormGeometry;

// Statistics take one pass over memory: mean and squared deviations of each block in float (two passes
// within the L1 cache), merged in double by Chan's formula (Chan, Golub, LeVeque 1979). A second pass
// normalizes, adds z and applies relu.
class SimdBatchNorm : public Kernel {
 public:
  SimdBatchNorm(const BatchNormGeometry& g, bool addend, int threads)
      : g_(g), addend_(addend), blocks_(g, threads) {}

  // The sums of each thread, then mean, scale and shift of a folded row.
  std::size_t workspaceBytes() const override {
    return static_cast<std::size_t>(blocks_.parts()) * partBytes() +
           static_cast<std::size_t>(3 * blocks_.width()) * sizeof(float);
  }

  void run(const Operands& operands) override {
    const float* x = operands.input<float>(In::kX);
    auto* workspace = static_cast<std::byte*>(operands.workspace);
    for (int part = 0; part < blocks_.parts(); ++part) {
      const Sums s = sums(workspace, part);
      std::fill_n(s.mean, 2 * g_.channels, 0.0);  // and squares, which follow it
      *s.count = 0;
    }
    blocks_.forEach([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
      merge(sums(workspace, part), x, begin, end);
    });
    finish(operands, workspace);
    const std::size_t used = static_cast<std::size_t>(blocks_.parts()) * partBytes();
    normalize(operands, reinterpret_cast<float*>(workspace + used));
  }

 private:
  struct Sums {  // of one thread
    double* mean;
    double* squares;  // sum of squared deviations from the mean
    float *blockSum, *blockSquares;
    double* count;  // rows merged so far
  };

  std::size_t partBytes() const {
    const auto doubles = static_cast<std::size_t>(2 * g_.channels + 1);
    const auto floats = static_cast<std::size_t>(2 * blocks_.width());
    return (doubles * sizeof(double) + floats * sizeof(float) + 127) / 64 * 64;
  }

  Sums sums(std::byte* workspace, std::int64_t part) const {
    auto* doubles = reinterpret_cast<double*>(workspace + static_cast<std::size_t>(part) * partBytes());
    auto* floats = reinterpret_cast<float*>(doubles + 2 * g_.channels + 1);
    return {doubles, doubles + g_.channels, floats, floats + blocks_.width(), doubles + 2 * g_.channels};
  }

  void merge(const Sums& s, const float* x, std::int64_t begin, std::int64_t end) const {
    float* __restrict sum = s.blockSum, * __restrict squares = s.blockSquares;
    std::fill_n(sum, 2 * blocks_.width(), 0.0f);  // and squares, which follow it
    blocks_.forEachRow(begin, end, [&](std::int64_t offset, std::int64_t count) {
      const float* row = x + offset;
      for (std::int64_t c = 0; c < count; ++c) sum[c] += row[c];
    });
    blocks_.gather(sum);
    const auto rows = static_cast<double>(end - begin);
    const float scale = static_cast<float>(1 / rows);
    for (std::int64_t c = 0; c < g_.channels; ++c) sum[c] *= scale;
    blocks_.spread(sum);
    blocks_.forEachRow(begin, end, [&](std::int64_t offset, std::int64_t count) {
      const float* row = x + offset;
      for (std::int64_t c = 0; c < count; ++c) squares[c] += (row[c] - sum[c]) * (row[c] - sum[c]);
    });
    blocks_.gather(squares);
    const double before = *s.count, share = rows / (before + rows);
    for (std::int64_t c = 0; c < g_.channels; ++c) {
      const double delta = static_cast<double>(sum[c]) - s.mean[c];
      s.mean[c] += delta * share;
      s.squares[c] += static_cast<double>(squares[c]) + delta * delta * before * share;
    }
    *s.count = before + rows;
  }

  // Merges the sums of the threads in order and writes the statistics.
  void finish(const Operands& operands, std::byte* workspace) const {
    const Sums total = sums(workspace, 0);
    for (int part = 1; part < blocks_.parts(); ++part) {
      const Sums s = sums(workspace, part);
      const double before = *total.count, share = *s.count / (before + *s.count);
      for (std::int64_t c = 0; c < g_.channels; ++c) {
        const double delta = s.mean[c] - total.mean[c];
        total.mean[c] += delta * share;
        total.squares[c] += s.squares[c] + delta * delta * before * share;
      }
      *total.count += *s.count;
    }
    const float *runningMean = operands.input<float>(In::kMean),
                *runningVar = operands.input<float>(In::kVariance);
    for (std::int64_t c = 0; c < g_.channels; ++c) {
      const double mean = total.mean[c], variance = total.squares[c] / *total.count;
      operands.output<float>(Out::kSavedMean)[c] = static_cast<float>(mean);
      operands.output<float>(Out::kSavedInvStd)[c] = static_cast<float>(1 / std::sqrt(variance + g_.epsilon));
      operands.output<float>(Out::kMean)[c] =
          static_cast<float>(g_.momentum * runningMean[c] + (1 - g_.momentum) * mean);
      operands.output<float>(Out::kVariance)[c] =
          static_cast<float>(g_.momentum * runningVar[c] + (1 - g_.momentum) * variance);
    }
  }

  void normalize(const Operands& operands, float* constants) const {
    const float *x = operands.input<float>(In::kX), *gamma = operands.input<float>(In::kGamma);
    const float *beta = operands.input<float>(In::kBeta), *invStd = operands.output<float>(Out::kSavedInvStd);
    float *mean = constants, *scale = mean + blocks_.width(), *shift = scale + blocks_.width();
    std::copy_n(operands.output<float>(Out::kSavedMean), g_.channels, mean);
    for (std::int64_t c = 0; c < g_.channels; ++c) scale[c] = gamma[c] * invStd[c];
    std::copy_n(beta, g_.channels, shift);
    for (float* values : {mean, scale, shift}) blocks_.spread(values);
    float* y = operands.output<float>(Out::kY);
    const float* z = addend_ ? operands.input<float>(In::kAddend) : x;  // not read without an addend
    const auto pass = [&](auto relu, auto addend) {
      blocks_.forEachBackwards([&](std::int64_t, std::int64_t begin, std::int64_t end) {
        blocks_.forEachRow(begin, end, [&](std::int64_t offset, std::int64_t count) {
          const float* __restrict from = x + offset, * __restrict other = z + offset;
          float* __restrict to = y + offset;
          for (std::int64_t c = 0; c < count; ++c) {
            float v = (from[c] - mean[c]) * scale[c] + shift[c];
            if constexpr (addend) v += other[c];
            to[c] = relu && v < 0.0f ? 0.0f : v;
          }
        });
      });
    };
    if (g_.relu && addend_)
      pass(std::true_type{}, std::true_type{});
    else if (g_.relu)
      pass(std::true_type{}, std::false_type{});
    else if (addend_)
      pass(std::false_type{}, std::true_type{});
    else
      pass(std::false_type{}, std::false_type{});
  }

  BatchNormGeometry g_;
  bool addend_;
  RowBlocks blocks_;
};

Result<std::unique_ptr<Kernel>> makeSimd(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, BatchNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  return std::unique_ptr<Kernel>(
      std::make_unique<SimdBatchNorm>(g, ops::hasAddend(request.call.inputs), request.threads));
}

}  // namespace

extern const KernelList batch_norm;
const KernelList batch_norm = {{"simd", makeSimd}};

}  // namespace tandem::cpu
