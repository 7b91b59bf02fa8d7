#include "core/ops/group_normalize_grad.h"

#include "core/cpu/group_norm_parts.h"

namespace tandem::cpu {
namespace {

using In = ops::GroupNormGradIn;
using Out = ops::GroupNormGradOut;

using ops::GroupNormGeometry;

// Each part sums dgamma and dbeta of its blocks in double; the sums of the parts are added in order.
class SimdGroupNormalizeGrad : public Kernel {
 public:
  SimdGroupNormalizeGrad(const GroupNormGeometry& g, bool centered, int threads)
      : g_(g), centered_(centered), team_(GroupNormTeam::of(g, threads)) {}

  std::size_t workspaceBytes() const override { return static_cast<std::size_t>(team_.parts) * partBytes(); }

  void run(const Operands& o) override {
    const std::int64_t channels = g_.channels();
    forEachPart(g_, team_.parts, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
      const Part p = partOf(o, part);
      std::fill_n(p.dgamma, 2 * channels, 0.0);  // and dbeta, which follows it
      if (isRow(g_)) {
        rows(o, p, first, last);
      } else {
        for (std::int64_t block = first; block < last; ++block) differentiateBlock(o, p, block);
      }
    });
    parallelFor(team_.within, channels, kCheapGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t c = begin; c < end; ++c) {
        double dgamma = 0, dbeta = 0;
        for (int part = 0; part < team_.parts; ++part) {
          const Part p = partOf(o, part);
          dgamma += p.dgamma[c];
          dbeta += p.dbeta[c];
        }
        o.output<float>(Out::kDgamma)[c] = static_cast<float>(dgamma);
        if (centered_) o.output<float>(Out::kDbeta)[c] = static_cast<float>(dbeta);
      }
    });
  }

 private:
  struct Part {
    double *dgamma, *dbeta;  // (C), of its blocks
    double *sum, *product;   // (C), of the current block: dy, dy (x - mean)
    float *products, *mean, *scale, *offset, *slope;
    float* sums;  // (C), of a few rows, for each of the blocks that threads share; of a row: of a few values
  };

  std::size_t partBytes() const {
    const auto channels = static_cast<std::size_t>(g_.channels()),
               blocks = static_cast<std::size_t>(channelSumBlocks(g_.positions, team_.within));
    const std::size_t sums =
        isRow(g_) ? channels * sizeof(float) + blockSumBytes(g_.width) : blocks * channels * sizeof(float);
    return (channels * (4 * sizeof(double) + 5 * sizeof(float)) + sums + 127) / 64 * 64;
  }

  Part partOf(const Operands& o, std::int64_t part) const {
    const std::int64_t c = g_.channels();
    auto* d = reinterpret_cast<double*>(static_cast<std::byte*>(o.workspace) +
                                        static_cast<std::size_t>(part) * partBytes());
    auto* f = reinterpret_cast<float*>(d + 4 * c);
    return {d, d + c, d + 2 * c, d + 3 * c, f, f + c, f + 2 * c, f + 3 * c, f + 4 * c, f + 5 * c};
  }

  float meanOf(const Operands& o, std::int64_t statistic) const {
    return centered_ ? o.input<float>(In::kMean)[statistic] : 0.0f;
  }

  // A separate function, so that the compiler knows that the results do not alias.
  static void differentiateValues(std::int64_t begin, std::int64_t end, const float* dy, const float* x,
                                  const float* gamma, float mean, float invStd, float offset, float slope,
                                  float* __restrict dx, float* __restrict dgamma, float* __restrict dbeta) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const float h = (x[i] - mean) * invStd;
      dx[i] = invStd * (gamma[i] * dy[i] - offset - h * slope);
      dgamma[i] += dy[i] * h;
      dbeta[i] += dy[i];
    }
  }

  void differentiateRow(const Operands& o, const Part& p, std::int64_t row) const {
    const std::int64_t count = g_.width;
    const double n = static_cast<double>(count);
    const float *dy = o.input<float>(In::kDy) + row * count, *x = o.input<float>(In::kX) + row * count,
                *gamma = o.input<float>(In::kGamma);
    const float mean = meanOf(o, row), invStd = o.input<float>(In::kInvStd)[row];
    float *dx = o.output<float>(Out::kDx) + row * count, *products = p.products, *sums = p.sums;
    float* ofBlocks = sums + count;
    const double sum =
        centered_ ? blockSum(team_.within, count, ofBlocks, [=](std::int64_t i) { return gamma[i] * dy[i]; })
                  : 0;
    const double product = blockSum(team_.within, count, ofBlocks,
                                    [=](std::int64_t i) { return gamma[i] * dy[i] * (x[i] - mean); });
    const auto offset = static_cast<float>(sum / n),
               slope = static_cast<float>(product * static_cast<double>(invStd) / n);
    parallelFor(team_.within, count, kCheapGrain, [=](std::int64_t begin, std::int64_t end) {
      differentiateValues(begin, end, dy, x, gamma, mean, invStd, offset, slope, dx, products, sums);
    });
  }

  void rows(const Operands& o, const Part& p, std::int64_t first, std::int64_t last) const {
    const std::int64_t count = g_.width;
    for (std::int64_t begin = first; begin < last; begin += 64) {
      std::fill_n(p.sums, count, 0.0f);
      std::fill_n(p.products, count, 0.0f);
      for (std::int64_t row = begin; row < std::min(last, begin + 64); ++row) differentiateRow(o, p, row);
      parallelFor(team_.within, count, kCheapGrain, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t c = from; c < to; ++c) {
          p.dbeta[c] += static_cast<double>(p.sums[c]);
          p.dgamma[c] += static_cast<double>(p.products[c]);
        }
      });
    }
  }

  void differentiateBlock(const Operands& o, const Part& p, std::int64_t block) const {
    const std::int64_t channels = g_.channels(), begin = block * g_.positions * channels;
    const float *dy = o.input<float>(In::kDy) + begin, *x = o.input<float>(In::kX) + begin,
                *gamma = o.input<float>(In::kGamma);
    const float *invStd = o.input<float>(In::kInvStd) + block * g_.groups, *mean = p.mean;
    for (std::int64_t group = 0; group < g_.groups; ++group)
      std::fill_n(p.mean + group * g_.width, g_.width, meanOf(o, block * g_.groups + group));
    std::fill_n(p.sum, 2 * channels, 0.0);  // and product, which follows it
    const auto ofGradient = [=](std::int64_t row, std::int64_t c) { return dy[row * channels + c]; };
    const auto ofProduct = [=](std::int64_t row, std::int64_t c) {
      return dy[row * channels + c] * (x[row * channels + c] - mean[c]);
    };
    addChannelSums(g_.positions, channels, p.sums, p.sum, ofGradient, team_.within);
    addChannelSums(g_.positions, channels, p.sums, p.product, ofProduct, team_.within);
    const double n = static_cast<double>(g_.count());
    for (std::int64_t group = 0; group < g_.groups; ++group) {
      const double deviation = static_cast<double>(invStd[group]);
      double sum = 0, product = 0;  // of gamma dy, gamma dy h
      for (std::int64_t c = group * g_.width; c < (group + 1) * g_.width; ++c) {
        p.dbeta[c] += p.sum[c];
        p.dgamma[c] += p.product[c] * deviation;
        sum += static_cast<double>(gamma[c]) * p.sum[c];
        product += static_cast<double>(gamma[c]) * p.product[c] * deviation;
      }
      for (std::int64_t c = group * g_.width; c < (group + 1) * g_.width; ++c) {
        p.scale[c] = gamma[c] * invStd[group];
        p.offset[c] = centered_ ? static_cast<float>(sum / n * deviation) : 0.0f;
        p.slope[c] = static_cast<float>(product / n * deviation * deviation);
      }
    }
    const float *scale = p.scale, *offset = p.offset, *slope = p.slope;
    float* dx = o.output<float>(Out::kDx) + begin;
    forPositions(g_, team_.within, [=](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t at = row * channels;
#pragma omp simd
        for (std::int64_t c = 0; c < channels; ++c)
          dx[at + c] = scale[c] * dy[at + c] - offset[c] - (x[at + c] - mean[c]) * slope[c];
      }
    });
  }

  GroupNormGeometry g_;
  bool centered_;
  GroupNormTeam team_;
};

KernelResult make(const KernelRequest& request) {
  TANDEM_TRY(requireF32(request));
  TANDEM_ASSIGN(const auto g, GroupNormGeometry::from(request.attrs(), request.in(In::kX).shape, {}));
  return std::unique_ptr<Kernel>(
      std::make_unique<SimdGroupNormalizeGrad>(g, request.call.hasOperand(In::kMean), request.threads));
}

}  // namespace

extern const KernelList group_normalize_grad;
const KernelList group_normalize_grad = {{"simd", make}};

}  // namespace tandem::cpu
