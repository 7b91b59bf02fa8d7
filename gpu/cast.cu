#include "gpu/cast.h"

#include "core/ops/cast.h"
#include "gpu/element.cuh"
#include "gpu/kernel.h"
#include "gpu/launch.h"

namespace tandem::cuda {
namespace {

template <class From, class To>
__device__ To converted(From v) {
  if constexpr (std::is_same_v<From, To>)
    return v;
  else if constexpr (std::is_same_v<To, std::int32_t>)
    return static_cast<std::int32_t>(toFloat(v));
  else if constexpr (std::is_same_v<From, std::int32_t>)
    return fromFloat<To>(static_cast<float>(v));
  else
    return fromFloat<To>(toFloat(v));
}

// Eight elements: one 16-byte access for halves, two for floats.
constexpr int kRun = 8;
template <class T>
struct alignas(16) Run {
  T v[kRun];
};

template <class From, class To>
__global__ void __launch_bounds__(kThreads) castKernel(const From* x, To* y, std::int64_t n, bool vectors) {
  const std::int64_t first = kRun * (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x);
  if (first >= n) return;
  if (vectors && first + kRun <= n) {
    const Run<From> from = *reinterpret_cast<const Run<From>*>(x + first);
    Run<To> to;
#pragma unroll
    for (int i = 0; i < kRun; ++i) to.v[i] = converted<From, To>(from.v[i]);
    *reinterpret_cast<Run<To>*>(y + first) = to;
    return;
  }
  const std::int64_t last = first + kRun < n ? first + kRun : n;
  for (std::int64_t i = first; i < last; ++i) y[i] = converted<From, To>(x[i]);
}

bool known(DType dtype) {
  return dtype == DType::F32 || dtype == DType::I32 || isHalf(dtype);
}

template <class Visit>
Status withNumber(DType dtype, const Visit& visit) {
  if (dtype == DType::I32) return visit(static_cast<std::int32_t*>(nullptr));
  return withElement(dtype, visit);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  const DType from = request.in(0).dtype, to = request.out(0).dtype;
  const std::int64_t n = request.out(0).shape.elements();
  if (!known(from) || !known(to)) return refuse("supports f32, bf16, f16 and i32 only");
  return makeKernel([=](cudaStream_t stream, const Operands& o) {
    return convert(stream, from, o.in[0], to, o.out[0], n);
  });
}

}  // namespace

Status convert(cudaStream_t stream, DType fromType, const void* from, DType toType, void* to,
               std::int64_t n) {
  if (n == 0) return success();
  const bool vectors = aligned16(from) && aligned16(to);
  return withNumber(fromType, [&]<class From>(From*) {
    return withNumber(toType, [&]<class To>(To*) {
      return launch("cast", castKernel<From, To>, blocksFor((n + kRun - 1) / kRun), kThreads, stream,
                    static_cast<const From*>(from), static_cast<To*>(to), n, vectors);
    });
  });
}

extern const KernelList cast;
const KernelList cast = {{"cuda", make}};

}  // namespace tandem::cuda
