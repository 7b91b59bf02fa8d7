#include "core/ops/normalize.h"

#include "core/ops/rules.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

template <int C>
struct Factors {
  float scale[C], shift[C];
};

// all[c] for a run-time c, by selection among registers, since indexing would put the array in local memory.
template <int C>
__device__ float pick(const float (&all)[C], int c) {
  float value = all[0];
#pragma unroll
  for (int k = 1; k < C; ++k) value = c == k ? all[k] : value;
  return value;
}

// A thread loads 4 or 8 bytes at once and converts them to the 4 floats or 8 halves of one 16-byte store.
template <int C, class T>
__global__ void __launch_bounds__(kThreads)
    normalizeKernel(Factors<C> f, const std::uint8_t* x, const float* step, T* y, std::int64_t rows,
                    std::int64_t columns, bool vectors) {
  constexpr int V = kPerAccess<T>;
  const std::int64_t n = rows * columns;
  const std::int64_t first = V * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  const std::int64_t valid = validRows(step, rows) * columns;
  // The factors, starting at this thread's first channel.
  const int channel = static_cast<int>(first % C);
  float scale[C], shift[C];
#pragma unroll
  for (int k = 0; k < C; ++k) {
    const int c = channel + k < C ? channel + k : channel + k - C;
    scale[k] = pick(f.scale, c);
    shift[k] = pick(f.shift, c);
  }
  std::uint8_t from[V];
  const bool full = vectors && first + V <= n;
  if (full) {
    using Packed = std::conditional_t<V == 4, std::uint32_t, uint2>;
    static_assert(sizeof(Packed) == V);
    const Packed packed = *reinterpret_cast<const Packed*>(x + first);
    memcpy(from, &packed, V);
  } else {
#pragma unroll
    for (int k = 0; k < V; ++k) from[k] = first + k < n ? x[first + k] : std::uint8_t{0};
  }
  float v[V];
#pragma unroll
  for (int k = 0; k < V; ++k) {
    // Never contracted to a fused multiply-add, because the loader and the CPU round twice.
    const float value = __fadd_rn(__fmul_rn(static_cast<float>(from[k]), scale[k % C]), shift[k % C]);
    v[k] = first + k < valid ? value : 0.0f;
  }
  if (full) {
    storeVector<V>(v, y + first);
    return;
  }
#pragma unroll
  for (int k = 0; k < V; ++k)
    if (first + k < n) y[first + k] = fromFloat<T>(v[k]);
}

template <int C, class T>
std::unique_ptr<Kernel> makeFor(const ops::NormalizeAttrs& a, const ops::FirstAxis& shape) {
  Factors<C> f;
  std::copy_n(a.scale.begin(), C, f.scale);
  std::copy_n(a.shift.begin(), C, f.shift);
  const std::int64_t rows = shape.rows, columns = shape.columns, n = rows * columns;
  return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
    if (n == 0) return success();
    const auto* x = o.input<std::uint8_t>(0);
    auto* y = o.output<T>(0);
    return launch("normalize", normalizeKernel<C, T>, blocksFor((n + kPerAccess<T> - 1) / kPerAccess<T>),
                  kThreads, stream, f, x, o.input<float>(1), y, rows, columns, aligned16(x) && aligned16(y));
  });
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_ASSIGN(const auto a, ops::NormalizeAttrs::from(request.attrs()));
  const auto shape = ops::FirstAxis::of(request.out(0).shape);
  return withElement(request.out(0).dtype, [&]<class T>(T*) -> Result<std::unique_ptr<Kernel>> {
    switch (a.scale.size()) {
      case 1:
        return makeFor<1, T>(a, shape);
      case 2:
        return makeFor<2, T>(a, shape);
      case 3:
        return makeFor<3, T>(a, shape);
      default:
        return makeFor<4, T>(a, shape);
    }
  });
}

}  // namespace

extern const KernelList normalize;
const KernelList normalize = {{"cuda", make}};

}  // namespace tandem::cuda
