#include "gpu/convolution.h"
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

__global__ void __launch_bounds__(kThreads)
    forwardKernel(Shape2d s, const float* x, const float* w, const float* bias, float* y, int count) {
  const int i = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (i >= count) return;
  const int o = i % s.o, ox = i / s.o % s.columns.out, oy = i / s.o / s.columns.out % s.rows.out;
  const int n = i / s.o / s.columns.out / s.rows.out;
  const int cg = s.c / s.groups, begin = o / (s.o / s.groups) * cg;
  float sum = bias ? bias[o] : 0.0f;
  for (int ky = 0; ky < s.rows.kernel; ++ky) {
    const int iy = s.rows.position(oy, ky);
    if (iy < 0 || iy >= s.rows.in) continue;
    for (int kx = 0; kx < s.columns.kernel; ++kx) {
      const int ix = s.columns.position(ox, kx);
      if (ix < 0 || ix >= s.columns.in) continue;
      const float* px = x + static_cast<std::int64_t>((n * s.rows.in + iy) * s.columns.in + ix) * s.c + begin;
      const float* pw = w + static_cast<std::int64_t>((o * s.rows.kernel + ky) * s.columns.kernel + kx) * cg;
      for (int c = 0; c < cg; ++c) sum += px[c] * pw[c];
    }
  }
  y[i] = sum;
}

// The output position whose window sees input position i at offset k, or -1.
__device__ int outputOf(const Axis& a, int i, int k) {
  const int scaled = i + a.before - k * a.dilation;
  if (scaled < 0 || scaled % a.stride != 0) return -1;
  const int o = scaled / a.stride;
  return o < a.out ? o : -1;
}

__global__ void __launch_bounds__(kThreads)
    dgradKernel(Shape2d s, const float* dy, const float* w, float* dx, int count) {
  const int i = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (i >= count) return;
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
      const float* pdy = dy + static_cast<std::int64_t>((n * s.rows.out + oy) * s.columns.out + ox) * s.o;
      for (int o = group * og; o < (group + 1) * og; ++o)
        sum += pdy[o] *
               w[static_cast<std::int64_t>((o * s.rows.kernel + ky) * s.columns.kernel + kx) * cg + c % cg];
    }
  }
  dx[i] = sum;
}

// One block for each weight.
__global__ void __launch_bounds__(kThreads)
    wgradKernel(Shape2d s, const float* x, const float* dy, float* dw) {
  const int i = static_cast<int>(blockIdx.x), cg = s.c / s.groups;
  const int kx = i / cg % s.columns.kernel, ky = i / cg / s.columns.kernel % s.rows.kernel;
  const int o = i / cg / s.columns.kernel / s.rows.kernel, c = o / (s.o / s.groups) * cg + i % cg;
  const int positions = s.n * s.rows.out * s.columns.out;
  float sum = 0;
  for (int p = static_cast<int>(threadIdx.x); p < positions; p += kThreads) {
    const int ox = p % s.columns.out, oy = p / s.columns.out % s.rows.out, n = p / s.columns.out / s.rows.out;
    const int iy = s.rows.position(oy, ky), ix = s.columns.position(ox, kx);
    if (iy < 0 || iy >= s.rows.in || ix < 0 || ix >= s.columns.in) continue;
    sum += dy[static_cast<std::int64_t>(p) * s.o + o] *
           x[static_cast<std::int64_t>((n * s.rows.in + iy) * s.columns.in + ix) * s.c + c];
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) dw[i] = sum;
}

}  // namespace

Status directSupports(const ops::Conv2dGeometry& g) {
  if (fits32(g.x().elements()) && fits32(g.y().elements()) && fits32(g.w().elements())) return success();
  return refuse("more than 2^31 elements");
}

Status directForward(cudaStream_t stream, const ops::Conv2dGeometry& g, const float* x, const float* w,
                     const float* bias, float* y) {
  const int count = static_cast<int>(g.y().elements());
  if (count == 0) return success();
  return launch("conv2d", forwardKernel, blocksFor(count), kThreads, stream, shapeOf(g), x, w, bias, y,
                count);
}

Status directDgrad(cudaStream_t stream, const ops::Conv2dGeometry& g, const float* dy, const float* w,
                   float* dx) {
  const int count = static_cast<int>(g.x().elements());
  if (count == 0) return success();
  return launch("conv2d_dgrad", dgradKernel, blocksFor(count), kThreads, stream, shapeOf(g), dy, w, dx,
                count);
}

Status directWgrad(cudaStream_t stream, const ops::Conv2dGeometry& g, const float* x, const float* dy,
                   float* dw) {
  const auto weights = static_cast<unsigned>(g.w().elements());
  if (weights == 0) return success();
  return launch("conv2d_wgrad", wgradKernel, dim3(weights), kThreads, stream, shapeOf(g), x, dy, dw);
}

}  // namespace tandem::cuda
