// The recurrent ops and their gradients: a block takes one sample through all steps, which needs no barrier between blocks
// and one launch for the whole sequence. States and recurrent terms are in shared memory, or in the workspace if the layer
// is too wide. Not yet run on a device, only on the stand-in (VERIFIED.md): whether several samples per block are faster,
// since each block reads the recurrent kernel in each step, is to be measured there.
#pragma once

#include "core/ops/recurrent.h"
#include "gpu/kernel.h"
#include "gpu/reduce.cuh"

namespace tandem::cuda {

using ops::RecurrentGeometry;

constexpr int kRecurrentShared = 8192;  // floats: 32 KB

// Of a block: two states and the recurrent terms of all units, or their gradients.
inline std::int64_t recurrentFloats(const RecurrentGeometry& g) {
  return g.width() + 2 * g.units;
}
inline std::size_t recurrentWorkspace(const RecurrentGeometry& g) {
  if (recurrentFloats(g) <= kRecurrentShared) return 0;
  return sizeof(float) * static_cast<std::size_t>(g.batch * recurrentFloats(g));
}

struct RecurrentArrays {
  const float *x, *recurrent;
  const int* lengths;
  const float *h0, *c0, *bias;  // nullptr: absent
  float *y, *lastH, *lastC, *saved;
  float* scratch;  // nullptr: the states fit into shared memory
};

template <class Cell>
__global__ void __launch_bounds__(kThreads) recurrentKernel(RecurrentGeometry g, RecurrentArrays p) {
  __shared__ float shared[kRecurrentShared];
  using Math = ops::ExactMath<float>;
  const std::int64_t units = g.units, width = g.width(), sample = blockIdx.x, lane = threadIdx.x;
  float* h = p.scratch ? p.scratch + sample * (width + 2 * units) : shared;
  float *c = h + units, *terms = c + units;
  const std::int64_t count = g.count(p.lengths, sample), first = sample * g.steps;
  for (std::int64_t j = lane; j < units; j += kThreads) {
    h[j] = p.h0 ? p.h0[sample * units + j] : 0.0f;
    c[j] = p.c0 ? p.c0[sample * units + j] : 0.0f;
  }
  __syncthreads();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = first + g.step(count, i);
    for (std::int64_t k = lane; k < width; k += kThreads) {
      float sum = p.bias ? p.bias[k] : 0.0f;
      if (i > 0 || p.h0)
        for (std::int64_t j = 0; j < units; ++j) sum += h[j] * p.recurrent[j * width + k];
      terms[k] = sum;
    }
    __syncthreads();
    for (std::int64_t j = lane; j < units; j += kThreads) {
      float x[Cell::kGates], u[Cell::kGates], saved[Cell::kSaved + 1];
#pragma unroll
      for (int k = 0; k < Cell::kGates; ++k) {
        x[k] = p.x[row * width + k * units + j];
        u[k] = terms[k * units + j];
      }
      const float next = Cell::template forward<Math>(x, u, h[j], c + j, saved);
      h[j] = next;
      p.y[row * units + j] = next;
#pragma unroll
      for (int k = 0; k < Cell::kSaved; ++k)
        if (p.saved) p.saved[(row * Cell::kSaved + k) * units + j] = saved[k];
    }
    __syncthreads();
  }
  for (std::int64_t j = lane; j < units; j += kThreads) {
    p.lastH[sample * units + j] = h[j];
    if constexpr (Cell::kCell) p.lastC[sample * units + j] = c[j];
  }
  for (std::int64_t k = (first + count) * units + lane; k < (first + g.steps) * units; k += kThreads)
    p.y[k] = 0.0f;
  if constexpr (Cell::kSaved > 0) {
    if (!p.saved) return;
    const std::int64_t all = Cell::kSaved * units;
    for (std::int64_t k = (first + count) * all + lane; k < (first + g.steps) * all; k += kThreads)
      p.saved[k] = 0.0f;
  }
}

struct RecurrentGradArrays {
  const float *recurrent, *y;
  const int* lengths;
  const float *h0, *dy, *lastDh, *saved, *c0, *lastDc;  // nullptr: absent
  float *dx, *before, *du, *dh0, *dc0;
  float* scratch;
};

template <class Cell>
__global__ void __launch_bounds__(kThreads) recurrentGradKernel(RecurrentGeometry g, RecurrentGradArrays p) {
  __shared__ float shared[kRecurrentShared];
  using Math = ops::ExactMath<float>;
  const std::int64_t units = g.units, width = g.width(), sample = blockIdx.x, lane = threadIdx.x;
  float* dh = p.scratch ? p.scratch + sample * (width + 2 * units) : shared;
  float *dc = dh + units, *slopes = dc + units;
  const std::int64_t count = g.count(p.lengths, sample), first = sample * g.steps;
  for (std::int64_t j = lane; j < units; j += kThreads) {
    dh[j] = p.lastDh ? p.lastDh[sample * units + j] : 0.0f;
    dc[j] = p.lastDc ? p.lastDc[sample * units + j] : 0.0f;
  }
  __syncthreads();
  for (std::int64_t i = count - 1; i >= 0; --i) {
    const std::int64_t row = first + g.step(count, i);
    const std::int64_t previous = i > 0 ? first + g.step(count, i - 1) : 0;
    for (std::int64_t j = lane; j < units; j += kThreads) {
      float saved[Cell::kSaved + 1], dx[Cell::kGates], du[Cell::kGates];
      saved[Cell::kSaved] = 0.0f;
#pragma unroll
      for (int k = 0; k < Cell::kSaved; ++k) saved[k] = p.saved[(row * Cell::kSaved + k) * units + j];
      float before = 0.0f, cBefore = 0.0f;
      if (i > 0)
        before = p.y[previous * units + j];
      else if (p.h0)
        before = p.h0[sample * units + j];
      if constexpr (Cell::kCell) {
        if (i > 0)
          cBefore = p.saved[(previous * Cell::kSaved + Cell::kSaved - 1) * units + j];
        else if (p.c0)
          cBefore = p.c0[sample * units + j];
      }
      const float d = dh[j] + (p.dy ? p.dy[row * units + j] : 0.0f);
      dh[j] = Cell::template backward<Math>(saved, p.y[row * units + j], before, cBefore, d, dc + j, dx, du);
      p.before[row * units + j] = before;
#pragma unroll
      for (int k = 0; k < Cell::kGates; ++k) {
        const std::int64_t at = row * width + k * units + j;
        p.dx[at] = dx[k];
        if constexpr (Cell::kSplit) p.du[at] = du[k];
        slopes[k * units + j] = Cell::kSplit ? du[k] : dx[k];
      }
    }
    __syncthreads();
    // A warp reads a row of the recurrent kernel.
    if (i > 0 || p.h0)
      for (std::int64_t j = lane / 32; j < units; j += kThreads / 32) {
        float sum = 0.0f;
        for (std::int64_t k = lane % 32; k < width; k += 32) sum += slopes[k] * p.recurrent[j * width + k];
        sum = warpSum(sum);
        if (lane % 32 == 0) dh[j] += sum;
      }
    __syncthreads();
  }
  for (std::int64_t j = lane; j < units; j += kThreads) {
    if (p.dh0) p.dh0[sample * units + j] = dh[j];
    if (p.dc0) p.dc0[sample * units + j] = dc[j];
  }
  for (std::int64_t k = (first + count) * width + lane; k < (first + g.steps) * width; k += kThreads) {
    p.dx[k] = 0.0f;
    if constexpr (Cell::kSplit) p.du[k] = 0.0f;
  }
  for (std::int64_t k = (first + count) * units + lane; k < (first + g.steps) * units; k += kThreads)
    p.before[k] = 0.0f;
}

inline Status requireRecurrent(const KernelRequest& request, const RecurrentGeometry& g) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  if (!fits32(g.batch)) return refuse("more than 2^31 samples");
  return success();
}

template <class Cell>
Result<std::unique_ptr<Kernel>> makeRecurrent(const KernelRequest& request) {
  const auto g = RecurrentGeometry::of(request.attrs(), ops::RecurrentForm::of<Cell>(), request.in(0).shape,
                                       request.in(1).shape);
  TANDEM_TRY(requireRecurrent(request, g));
  const OpCall& call = request.call;
  const bool lengths = call.hasOperand(2), state = call.hasOperand(3), fourth = call.hasOperand(4);
  const bool saves = call.outputs.size() > (Cell::kCell ? 3 : 2);
  const std::size_t workspace = recurrentWorkspace(g);
  return makeKernel(
      [=](cudaStream_t stream, const Operands& o) -> Status {
        if (g.batch == 0) return success();
        RecurrentArrays p{};
        p.x = o.input<float>(0);
        p.recurrent = o.input<float>(1);
        p.lengths = lengths ? o.input<int>(2) : nullptr;
        p.h0 = state ? o.input<float>(3) : nullptr;
        p.c0 = Cell::kCell && fourth ? o.input<float>(4) : nullptr;
        p.bias = Cell::kSplit && fourth ? o.input<float>(4) : nullptr;
        p.y = o.output<float>(0);
        p.lastH = o.output<float>(1);
        p.lastC = Cell::kCell ? o.output<float>(2) : nullptr;
        p.saved = saves ? o.output<float>(Cell::kCell ? 3 : 2) : nullptr;
        p.scratch = workspace > 0 ? static_cast<float*>(o.workspace) : nullptr;
        return launch("recurrent", recurrentKernel<Cell>, dim3(static_cast<unsigned>(g.batch)), kThreads,
                      stream, g, p);
      },
      workspace);
}

template <class Cell>
Result<std::unique_ptr<Kernel>> makeRecurrentGrad(const KernelRequest& request) {
  const auto g = RecurrentGeometry::of(request.attrs(), ops::RecurrentForm::of<Cell>(), request.in(1).shape,
                                       request.in(0).shape);
  TANDEM_TRY(requireRecurrent(request, g));
  const OpCall& call = request.call;
  const bool lengths = call.hasOperand(2), state = call.hasOperand(3), sequence = call.hasOperand(4);
  const bool last = call.hasOperand(5), cell = call.hasOperand(7), lastCell = call.hasOperand(8);
  const std::size_t workspace = recurrentWorkspace(g);
  return makeKernel(
      [=](cudaStream_t stream, const Operands& o) -> Status {
        if (g.batch == 0) return success();
        const int next = Cell::kSplit ? 3 : 2;
        RecurrentGradArrays p{};
        p.recurrent = o.input<float>(0);
        p.y = o.input<float>(1);
        p.lengths = lengths ? o.input<int>(2) : nullptr;
        p.h0 = state ? o.input<float>(3) : nullptr;
        p.dy = sequence ? o.input<float>(4) : nullptr;
        p.lastDh = last ? o.input<float>(5) : nullptr;
        p.saved = Cell::kSaved > 0 ? o.input<float>(6) : nullptr;
        p.c0 = cell ? o.input<float>(7) : nullptr;
        p.lastDc = lastCell ? o.input<float>(8) : nullptr;
        p.dx = o.output<float>(0);
        p.before = o.output<float>(1);
        p.du = Cell::kSplit ? o.output<float>(2) : nullptr;
        p.dh0 = state ? o.output<float>(next) : nullptr;
        p.dc0 = cell ? o.output<float>(next + (state ? 1 : 0)) : nullptr;
        p.scratch = workspace > 0 ? static_cast<float*>(o.workspace) : nullptr;
        return launch("recurrent_grad", recurrentGradKernel<Cell>, dim3(static_cast<unsigned>(g.batch)),
                      kThreads, stream, g, p);
      },
      workspace);
}

}  // namespace tandem::cuda
