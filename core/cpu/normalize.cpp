// Compiled without contraction to fused multiply-adds (CMakeLists.txt); see core/ops/normalize.h.
#include "core/ops/normalize.h"

#include "core/cpu/convert.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/rules.h"

namespace tandem::cpu {
namespace {

constexpr std::int64_t kBlock = 64;  // length of the constant-length loop

// The factors are repeated to fill a block of whole pixels.
struct Factors {
  std::vector<float> scale, shift;

  explicit Factors(const ops::NormalizeAttrs& a) {
    const std::size_t channels = a.scale.size(), period = kBlock / channels * channels;
    for (std::size_t i = 0; i < period; ++i) {
      scale.push_back(a.scale[i % channels]);
      shift.push_back(a.shift[i % channels]);
    }
  }
};

// Normalizes n elements starting at the first channel.
template <class To>
void normalizeRange(const std::uint8_t* x, std::int64_t n, const Factors& factors, To* y) {
  const float *a = factors.scale.data(), *b = factors.shift.data();
  const auto period = static_cast<std::int64_t>(factors.scale.size());
  for (std::int64_t first = 0; first < n; first += period) {
    const std::int64_t count = std::min(period, n - first);
#pragma omp simd
    for (std::int64_t k = 0; k < count; ++k)
      y[first + k] = convert<float, To>(static_cast<float>(x[first + k]) * a[k] + b[k]);
  }
}

KernelResult make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto a, ops::NormalizeAttrs::from(request.attrs()));
  const auto shape = ops::FirstAxis::of(request.out(0).shape);
  return withTypeOf(request.out(0).dtype, [&]<class To>(To) {
    return kernelOf([shape, factors = Factors(a), threads = request.threads](const Operands& o) {
      const auto* x = o.input<std::uint8_t>(0);
      auto* y = o.output<To>(0);
      const std::int64_t valid = validRows(o.input<float>(1), shape.rows), columns = shape.columns;
      parallelFor(threads, shape.rows, kCheapGrain / std::max<std::int64_t>(1, columns) + 1,
                  [&](std::int64_t begin, std::int64_t end) {
                    const std::int64_t last = std::clamp(valid, begin, end);
                    normalizeRange(x + begin * columns, (last - begin) * columns, factors,
                                   y + begin * columns);
                    std::fill(y + last * columns, y + end * columns, To());
                  });
    });
  });
}

}  // namespace

extern const KernelList normalize;
const KernelList normalize = {{"simd", make}};

}  // namespace tandem::cpu
