#include "gpu/convolution.h"
#include "gpu/element.cuh"
#include "gpu/launch.h"
#include "gpu/reduce.cuh"
#include "gpu/window.cuh"

namespace tandem::cuda {
namespace {

struct Shape2d {
  int n, c, o, groups;
  Axis rows, columns;
};

Shape2d shapeOf(const ops::Conv2dGeometry& g) {
  return {static_cast<int>(g.n),      static_cast<int>(g.c), static_cast<int>(g.o),
          static_cast<int>(g.groups), Axis::of(g.rows),      Axis::of(g.columns)};
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    forwardKernel(Shape2d s, const T* x, const T* w, const T* bias, T* y, int count) {
  const unsigned at = blockIdx.x * kThreads + threadIdx.x;  // may exceed an int in the last block
  if (at >= static_cast<unsigned>(count)) return;
  const int i = static_cast<int>(at);
  const int o = i % s.o, ox = i / s.o % s.columns.out, oy = i / s.o / s.columns.out % s.rows.out;
  const int n = i / s.o / s.columns.out / s.rows.out;
  const int cg = s.c / s.groups, begin = o / (s.o / s.groups) * cg;
  float sum = bias ? toFloat(bias[o]) : 0.0f;
  for (int ky = 0; ky < s.rows.kernel; ++ky) {
    const int iy = s.rows.position(oy, ky);
    if (iy < 0 || iy >= s.rows.in) continue;
    for (int kx = 0; kx < s.columns.kernel; ++kx) {
      const int ix = s.columns.position(ox, kx);
      if (ix < 0 || ix >= s.columns.in) continue;
      const T* px = x + static_cast<std::int64_t>((n * s.rows.in + iy) * s.columns.in + ix) * s.c + begin;
      const T* pw = w + static_cast<std::int64_t>((o * s.rows.kernel + ky) * s.columns.kernel + kx) * cg;
      for (int c = 0; c < cg; ++c) sum += toFloat(px[c]) * toFloat(pw[c]);
    }
  }
  y[i] = fromFloat<T>(sum);
}

// The output position whose window sees input position i at offset k, or -1.
__device__ int outputOf(const Axis& a, int i, int k) {
  const int scaled = i + a.before - k * a.dilation;
  if (scaled < 0 || scaled % a.stride != 0) return -1;
  const int o = scaled / a.stride;
  return o < a.out ? o : -1;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    dgradKernel(Shape2d s, const T* dy, const T* w, T* dx, int count) {
  const unsigned at = blockIdx.x * kThreads + threadIdx.x;  // may exceed an int in the last block
  if (at >= static_cast<unsigned>(count)) return;
  const int i = static_cast<int>(at);
  const int c = i % s.c, ix = i / s.c % s.columns.in, iy = i / s.c / s.columns.in % s.rows.in;
  const int n = i / s.c / s.columns.in / s.rows.in;
  const int cg = s.c / s.groups, og = s.o / s.groups, group = c / cg;
  float sum = 0;
  for (int ky = 0; ky < s.rows.kernel; ++ky) {
    const int oy = outputOf(s.rows, iy, ky);
    if (oy < 0) continue;
    for (int kx = 0; kx < s.columns.kernel; ++kx) {
      const int ox = outputOf(s.columns, ix, kx);
      if (ox < 0) continue;
      const T* pdy = dy + static_cast<std::int64_t>((n * s.rows.out + oy) * s.columns.out + ox) * s.o;
      for (int o = group * og; o < (group + 1) * og; ++o)
        sum +=
            toFloat(pdy[o]) *
            toFloat(
                w[static_cast<std::int64_t>((o * s.rows.kernel + ky) * s.columns.kernel + kx) * cg + c % cg]);
    }
  }
  dx[i] = fromFloat<T>(sum);
}

// One block per weight.
template <class T>
__global__ void __launch_bounds__(kThreads) wgradKernel(Shape2d s, const T* x, const T* dy, float* dw) {
  const int i = static_cast<int>(blockIdx.x), cg = s.c / s.groups;
  const int kx = i / cg % s.columns.kernel, ky = i / cg / s.columns.kernel % s.rows.kernel;
  const int o = i / cg / s.columns.kernel / s.rows.kernel, c = o / (s.o / s.groups) * cg + i % cg;
  const int positions = s.n * s.rows.out * s.columns.out;
  float sum = 0;
  for (int p = static_cast<int>(threadIdx.x); p < positions; p += kThreads) {
    const int ox = p % s.columns.out, oy = p / s.columns.out % s.rows.out, n = p / s.columns.out / s.rows.out;
    const int iy = s.rows.position(oy, ky), ix = s.columns.position(ox, kx);
    if (iy < 0 || iy >= s.rows.in || ix < 0 || ix >= s.columns.in) continue;
    sum += toFloat(dy[static_cast<std::int64_t>(p) * s.o + o]) *
           toFloat(x[static_cast<std::int64_t>((n * s.rows.in + iy) * s.columns.in + ix) * s.c + c]);
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) dw[i] = sum;
}

}  // namespace

Status directSupports(const ops::Conv2dGeometry& g) {
  if (fits32(g.x().elements()) && fits32(g.y().elements()) && fits32(g.w().elements())) return success();
  return refuse("more than 2^31 elements");
}

Status directForward(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* x,
                     const void* w, const void* bias, void* y) {
  const int count = static_cast<int>(g.y().elements());
  if (count == 0) return success();
  return withElement(dtype, [&]<class T>(T*) {
    return launch("conv2d", forwardKernel<T>, blocksFor(count), kThreads, stream, shapeOf(g),
                  static_cast<const T*>(x), static_cast<const T*>(w), static_cast<const T*>(bias),
                  static_cast<T*>(y), count);
  });
}

Status directDgrad(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* dy,
                   const void* w, void* dx) {
  const int count = static_cast<int>(g.x().elements());
  if (count == 0) return success();
  return withElement(dtype, [&]<class T>(T*) {
    return launch("conv2d_dgrad", dgradKernel<T>, blocksFor(count), kThreads, stream, shapeOf(g),
                  static_cast<const T*>(dy), static_cast<const T*>(w), static_cast<T*>(dx), count);
  });
}

Status directWgrad(cudaStream_t stream, DType dtype, const ops::Conv2dGeometry& g, const void* x,
                   const void* dy, float* dw) {
  const auto weights = static_cast<unsigned>(g.w().elements());
  if (weights == 0) return success();
  return withElement(dtype, [&]<class T>(T*) {
    return launch("conv2d_wgrad", wgradKernel<T>, dim3(weights), kThreads, stream, shapeOf(g),
                  static_cast<const T*>(x), static_cast<const T*>(dy), dw);
  });
}

}  // namespace tandem::cuda
