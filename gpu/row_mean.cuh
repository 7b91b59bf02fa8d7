// The mean over the valid rows of a batch of a value that the threads of a row compute together.
#pragma once

#include "gpu/mean.cuh"
#include "gpu/rows.cuh"

namespace tandem::cuda {

// values[row] = f(row)
template <class Group, class F>
__global__ void __launch_bounds__(kThreads) rowKernel(std::int64_t rows, F f, float* values) {
  const std::int64_t row = Group::row();
  if (row >= rows) return;
  const float value = f(row);
  if (Group::lane() == 0) values[row] = value;
}

struct RowValue {
  const float* values;
  __device__ float operator()(std::int64_t row) const { return values[row]; }
};

// The rows of a batch: several per sample if a sample is an image of vectors.
struct BatchRows {
  std::int64_t samples, perSample = 1;
  std::int64_t count() const { return samples * perSample; }
};

// Whether one block with one row per thread is faster than two launches.
inline bool fewShortRows(std::int64_t rows, std::int64_t columns) {
  return rows <= 2 * static_cast<std::int64_t>(kThreads) && columns <= 32;
}

// *mean = the mean over the valid rows of F<Group>{arguments..., columns}(row), which is evaluated for every
// row, since it may store something. mean may be nullptr. workspace: rowMeanWorkspace(rows) bytes.
inline std::size_t rowMeanWorkspace(std::int64_t rows) {
  return static_cast<std::size_t>(rows) * sizeof(float) + meanWorkspace(rows);
}
template <template <class> class F, class... Arguments>
Status meanOfRows(std::string_view name, cudaStream_t stream, BatchRows batch, std::int64_t columns,
                  const float* step, float* workspace, float* mean, const Arguments&... arguments) {
  const std::int64_t rows = batch.count();
  if (mean && fewShortRows(rows, columns))
    return launch(name, meanSmall<F<ThreadRow>>, dim3(1), kThreads, stream,
                  ValidOnly<F<ThreadRow>>{{arguments..., columns}, step, batch.samples, batch.perSample},
                  mean);
  if (rows > 0 && columns > kLongRow) {
    TANDEM_TRY(launch(name, rowKernel<BlockRow, F<BlockRow>>, blocksForRows<BlockRow>(rows), kThreads, stream,
                      rows, F<BlockRow>{arguments..., columns}, workspace));
  } else if (rows > 0) {
    TANDEM_TRY(launch(name, rowKernel<WarpRow, F<WarpRow>>, blocksForRows<WarpRow>(rows), kThreads, stream,
                      rows, F<WarpRow>{arguments..., columns}, workspace));
  }
  if (!mean) return success();
  return meanOfValid(name, stream, ValidOnly<RowValue>{{workspace}, step, batch.samples, batch.perSample},
                     workspace + rows, mean);
}

}  // namespace tandem::cuda
