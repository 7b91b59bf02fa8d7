#include "core/ops/topk_accuracy.h"

#include "gpu/kernel.h"
#include "gpu/mean.cuh"
#include "gpu/rows.cuh"

namespace tandem::cuda {
namespace {

// right[row] = 1 where fewer than k scores are greater than the label's. Counts stay exact in float up
// to 2^24 classes.
template <class Group>
__global__ void __launch_bounds__(kThreads)
    rightKernel(const float* scores, const std::int32_t* labels, float* right, std::int64_t k,
                std::int64_t rows, std::int64_t columns) {
  const std::int64_t row = Group::row();
  if (row >= rows) return;
  const float* x = scores + row * columns;
  const std::int32_t label = labels[row];
  const bool inside = label >= 0 && label < columns;
  const float own = inside ? x[label] : 0.0f;
  float greater = 0;
  for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) greater += x[j] <= own ? 0.0f : 1.0f;
  greater = Group::sum(greater);
  if (Group::lane() == 0) right[row] = inside && greater < static_cast<float>(k) ? 1.0f : 0.0f;
}

struct Right {
  const float* right;
  __device__ float operator()(std::int64_t row) const { return right[row]; }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  const std::int64_t rows = request.in(0).shape[0], columns = request.in(0).shape[1];
  const std::int64_t k = request.attrs().integer("k", 1);
  return makeKernel(
      [rows, columns, k](cudaStream_t stream, const Operands& o) -> Status {
        auto* right = static_cast<float*>(o.workspace);
        if (rows > 0 && columns > kLongRow) {
          TANDEM_TRY(launch("topk_accuracy", rightKernel<BlockRow>, blocksForRows<BlockRow>(rows), kThreads,
                            stream, o.input<float>(0), o.input<std::int32_t>(1), right, k, rows, columns));
        } else if (rows > 0) {
          TANDEM_TRY(launch("topk_accuracy", rightKernel<WarpRow>, blocksForRows<WarpRow>(rows), kThreads,
                            stream, o.input<float>(0), o.input<std::int32_t>(1), right, k, rows, columns));
        }
        return meanOfValid("topk_accuracy", stream, ValidOnly<Right>{{right}, o.input<float>(2), rows, 1},
                           right + rows, o.output<float>(0));
      },
      static_cast<std::size_t>(rows) * sizeof(float) + meanWorkspace(rows));
}

}  // namespace

extern const KernelList topk_accuracy;
const KernelList topk_accuracy = {{"cuda", make}};

}  // namespace tandem::cuda
