#include "core/ops/softmax_cross_entropy.h"

#include "gpu/kernel.h"
#include "gpu/mean.cuh"
#include "gpu/rows.cuh"

namespace tandem::cuda {
namespace {

// The probabilities of a row (p may be nullptr) and its loss.
template <class Group>
__global__ void __launch_bounds__(kThreads)
    rowLossKernel(const float* logits, const std::int32_t* labels, float* p, float* losses, std::int64_t rows,
                  std::int64_t columns) {
  const std::int64_t row = Group::row();
  if (row >= rows) return;
  const float* x = logits + row * columns;
  const SoftmaxRow s = softmaxRow<Group>(x, p ? p + row * columns : nullptr, columns);
  if (Group::lane() != 0) return;
  const std::int32_t label = labels[row];
  const bool inside = label >= 0 && label < columns;
  losses[row] = inside ? s.highest + logf(s.sum) - x[label] : NAN;
}

struct Loss {
  const float* losses;
  __device__ float operator()(std::int64_t row) const { return losses[row]; }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("only f32");
  const std::int64_t rows = request.in(0).shape[0], columns = request.in(0).shape[1];
  // Workspace: the rows' losses, then the partial sums.
  return makeKernel(
      [rows, columns](cudaStream_t stream, const Operands& o) -> Status {
        auto* losses = static_cast<float*>(o.workspace);
        if (rows > 0 && columns > kLongRow) {
          TANDEM_TRY(launch("softmax_cross_entropy", rowLossKernel<BlockRow>, blocksForRows<BlockRow>(rows),
                            kThreads, stream, o.input<float>(0), o.input<std::int32_t>(1), o.output<float>(1),
                            losses, rows, columns));
        } else if (rows > 0) {
          TANDEM_TRY(launch("softmax_cross_entropy", rowLossKernel<WarpRow>, blocksForRows<WarpRow>(rows),
                            kThreads, stream, o.input<float>(0), o.input<std::int32_t>(1), o.output<float>(1),
                            losses, rows, columns));
        }
        if (!o.out[0]) return success();
        return meanOfValid("softmax_cross_entropy", stream,
                           ValidOnly<Loss>{{losses}, o.input<float>(2), rows, 1}, losses + rows,
                           o.output<float>(0));
      },
      static_cast<std::size_t>(rows) * sizeof(float) + meanWorkspace(rows));
}

}  // namespace

extern const KernelList softmax_cross_entropy;
const KernelList softmax_cross_entropy = {{"cuda", make}};

}  // namespace tandem::cuda
