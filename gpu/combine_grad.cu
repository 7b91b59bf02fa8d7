#include "core/ops/combine_grad.h"

#include "core/ops/broadcast.h"
#include "core/ops/combine.h"
#include "gpu/kernel.h"
#include "gpu/map.cuh"
#include "gpu/rows.cuh"

namespace tandem::cuda {
namespace {

using In = ops::CombineGradIn;

// Absent operands are not read.
template <CombineKind kKind, class T>
struct Term {
  const T *dy, *x, *z;
  __device__ float operator()(const ops::Offsets& at, std::uint32_t own) const {
    const float gradient = toFloat(dy[at.first]);
    if constexpr (derivativeReadsSelf(kKind))
      return gradient * combinedDerivative(kKind, toFloat(x[own]), toFloat(z[at.second]));
    else if constexpr (derivativeReadsOther(kKind))
      return gradient * toFloat(z[at.second]);
    else
      return gradient;
  }
};

// The operands that the derivative depends on follow dy.
template <CombineKind kKind>
constexpr int kRead = 1 + (derivativeReadsSelf(kKind) ? 1 : 0) + (derivativeReadsOther(kKind) ? 1 : 0);

template <CombineKind kKind>
struct Scale {
  float factor;
  __device__ void operator()(const float* in, float* out, std::int64_t) const {
    if constexpr (kRead<kKind> == 3)
      out[0] = factor * (in[0] * combinedDerivative(kKind, in[1], in[2]));
    else if constexpr (kRead<kKind> == 2)
      out[0] = factor * (in[0] * in[1]);
    else
      out[0] = factor * in[0];
  }
};

template <CombineKind kKind, class T>
Status mapAlike(cudaStream_t stream, const Operands& o, std::int64_t n, float factor) {
  MapPointers<kRead<kKind>, 1, T> p{{o.input<T>(In::kDy)}, {o.output<T>(0)}};
  if constexpr (derivativeReadsOther(kKind)) p.in[kRead<kKind> - 1] = o.input<T>(In::kZ);
  if constexpr (derivativeReadsSelf(kKind)) p.in[1] = o.input<T>(In::kX);
  return map("combine_grad", stream, p, n, Scale<kKind>{factor});
}

struct Sums {
  ops::SumAxes axes;
  std::uint32_t count = 0, terms = 0;  // the number of sums, and of the terms of each
  float factor = 1;
};

template <CombineKind kKind, class T>
__global__ void __launch_bounds__(kThreads) elements(Term<kKind, T> term, Sums s, T* dx) {
  const std::uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i < s.count) dx[i] = fromFloat<T>(s.factor * term(s.axes.kept.at(i), i));
}

template <CombineKind kKind, class T>
__device__ float sumOf(const Term<kKind, T>& term, const Sums& s, std::uint32_t own, std::uint32_t first,
                       std::uint32_t step) {
  const ops::Offsets base = s.axes.kept.at(own);
  float sum = 0;
  for (std::uint32_t j = first; j < s.terms; j += step) {
    const ops::Offsets from = s.axes.summed.at(j);
    sum += term({base.first + from.first, base.second + from.second}, own);
  }
  return sum;
}

// Where adjacent elements belong to different sums: a warp computes terms of 32 sums, a block all terms of these.
template <CombineKind kKind, class T>
__global__ void __launch_bounds__(kThreads) sumColumns(Term<kKind, T> term, Sums s, T* dx) {
  constexpr int kColumns = 32, kGroups = static_cast<int>(kThreads) / kColumns;
  __shared__ float parts[kGroups][kColumns];
  const std::uint32_t column = threadIdx.x % kColumns, group = threadIdx.x / kColumns;
  const std::uint32_t own = blockIdx.x * kColumns + column;
  float sum = own < s.count ? sumOf(term, s, own, group, kGroups) : 0.0f;
  parts[group][column] = sum;
  __syncthreads();
  if (group != 0 || own >= s.count) return;
#pragma unroll
  for (int i = 1; i < kGroups; ++i) sum += parts[i][column];
  dx[own] = fromFloat<T>(s.factor * sum);
}

// Where adjacent elements belong to the same sum.
template <class Group, CombineKind kKind, class T>
__global__ void __launch_bounds__(kThreads) sumRows(Term<kKind, T> term, Sums s, T* dx) {
  const std::int64_t row = Group::row();
  if (row >= s.count) return;
  const auto own = static_cast<std::uint32_t>(row);
  const float sum = Group::sum(sumOf(term, s, own, static_cast<std::uint32_t>(Group::lane()), Group::kSize));
  if (Group::lane() == 0) dx[own] = fromFloat<T>(s.factor * sum);
}

template <CombineKind kKind, class T>
Status launchSums(cudaStream_t stream, const Term<kKind, T>& term, const Sums& s, T* dx) {
  constexpr std::string_view kName = "combine_grad";
  if (s.axes.summed.count == 0)
    return launch(kName, elements<kKind, T>, blocksFor(s.count), kThreads, stream, term, s, dx);
  if (!s.axes.innermostSummed)
    return launch(kName, sumColumns<kKind, T>, dim3((s.count + 31) / 32), kThreads, stream, term, s, dx);
  if (s.terms > kLongRow)
    return launch(kName, sumRows<BlockRow, kKind, T>, blocksForRows<BlockRow>(s.count), kThreads, stream,
                  term, s, dx);
  return launch(kName, sumRows<WarpRow, kKind, T>, blocksForRows<WarpRow>(s.count), kThreads, stream, term, s,
                dx);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  TANDEM_TRY(requireOneType(request, {In::kDy, In::kX, In::kZ}));
  TANDEM_ASSIGN(const auto attrs, ops::CombineAttrs::from(request.attrs()));
  const Shape &whole = request.in(In::kDy).shape, &shape = request.out(0).shape;
  const Shape& other = request.call.hasOperand(In::kZ) ? request.in(In::kZ).shape : whole;
  const std::int64_t n = shape.elements();
  const bool alike = shape == whole && other == whole;
  if (!alike && !fits32(whole.elements())) return refuse("more than 2^31 elements");
  Sums s{ops::sumAxes(whole, shape, other)};
  s.count = static_cast<std::uint32_t>(n);
  s.terms = static_cast<std::uint32_t>(s.axes.summed.elements());
  s.factor = static_cast<float>(attrs.factor);
  return withElement(request.in(In::kDy).dtype, [&]<class T>(T*) {
    return withCombineKind(attrs.kind, [&](auto kind) {
      return makeKernel([=](cudaStream_t stream, const Operands& o) -> Status {
        if (n == 0) return success();
        if (alike) return mapAlike<kind(), T>(stream, o, n, s.factor);
        const Term<kind(), T> term{o.input<T>(In::kDy), o.input<T>(In::kX), o.input<T>(In::kZ)};
        return launchSums(stream, term, s, o.output<T>(0));
      });
    });
  });
}

}  // namespace

extern const KernelList combine_grad;
const KernelList combine_grad = {{"cuda", make}};

}  // namespace tandem::cuda
