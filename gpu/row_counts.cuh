// Fractions of the valid rows by cells, each row in one of them: for metrics that count. Sums of integers do not depend
// on their order, so that atomics give the same results in each run.
#pragma once

#include "gpu/row_mean.cuh"

namespace tandem::cuda {

constexpr float kNoCell = -1;

template <class F>
__global__ void __launch_bounds__(kThreads) countCells(ValidOnly<F> valid, unsigned* counts) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (row >= valid.count()) return;
  const float cell = valid.f(row);
  if (cell != kNoCell) atomicAdd(counts + static_cast<std::int64_t>(cell), 1u);
}

template <class F>
__global__ void __launch_bounds__(kThreads)
    shareCells(ValidOnly<F> valid, const unsigned* counts, std::int64_t cells, float* fractions) {
  const std::int64_t cell = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (cell >= cells) return;
  const std::int64_t count = valid.count();
  fractions[cell] = count > 0 ? static_cast<float>(counts[cell]) / static_cast<float>(count) : 0.0f;
}

inline std::size_t rowCountsWorkspace(std::int64_t rows, std::int64_t cells) {
  return static_cast<std::size_t>(rows + cells) * sizeof(float);
}

// fractions (cells): of the valid rows r with F<Group>{arguments..., columns}(r) == cell, which is exact up to 2^24.
// workspace: rowCountsWorkspace(rows, cells) bytes.
template <template <class> class F, class... Arguments>
Status countRows(std::string_view name, cudaStream_t stream, std::int64_t rows, std::int64_t columns,
                 std::int64_t cells, const float* step, void* workspace, float* fractions,
                 const Arguments&... arguments) {
  auto* cellOfRow = static_cast<float*>(workspace);
  auto* counts = reinterpret_cast<unsigned*>(cellOfRow + rows);
  const ValidOnly<RowValue> valid{{cellOfRow}, step, rows, 1};
  TANDEM_TRY(
      check(cudaMemsetAsync(counts, 0, static_cast<std::size_t>(cells) * sizeof(unsigned), stream), name));
  if (rows > 0) {
    if (columns > kLongRow) {
      TANDEM_TRY(launch(name, rowKernel<BlockRow, F<BlockRow>>, blocksForRows<BlockRow>(rows), kThreads,
                        stream, rows, F<BlockRow>{arguments..., columns}, cellOfRow));
    } else {
      TANDEM_TRY(launch(name, rowKernel<WarpRow, F<WarpRow>>, blocksForRows<WarpRow>(rows), kThreads, stream,
                        rows, F<WarpRow>{arguments..., columns}, cellOfRow));
    }
    TANDEM_TRY(launch(name, countCells<RowValue>, blocksFor(rows), kThreads, stream, valid, counts));
  }
  return launch(name, shareCells<RowValue>, blocksFor(cells), kThreads, stream, valid, counts, cells,
                fractions);
}

}  // namespace tandem::cuda
