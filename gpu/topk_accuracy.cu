#include "core/ops/topk_accuracy.h"

#include "gpu/kernel.h"
#include "gpu/row_mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

// 1 if fewer than k logits are greater than the label's. Counts are exact in float up to 2^24 classes.
template <class Group>
struct Right {
  const float* scores;
  const std::int32_t* labels;
  std::int64_t k, columns;
  __device__ float operator()(std::int64_t row) const {
    const float* x = scores + row * columns;
    const std::int32_t label = labels[row];
    const bool inside = label >= 0 && label < columns;
    const float own = inside ? x[label] : 0.0f;
    float greater = 0;
    for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) greater += x[j] <= own ? 0.0f : 1.0f;
    greater = Group::sum(greater);
    return inside && greater < static_cast<float>(k) ? 1.0f : 0.0f;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  const std::int64_t k = request.attrs().integer("k", 1);
  return makeKernel(
      [rows, columns, k](cudaStream_t stream, const Operands& o) {
        return meanOfRows<Right>("topk_accuracy", stream, {rows}, columns, o.input<float>(In::kStep),
                                 static_cast<float*>(o.workspace), o.output<float>(0),
                                 o.input<float>(In::kPrediction), o.input<std::int32_t>(In::kTarget), k);
      },
      rowMeanWorkspace(rows));
}

}  // namespace

extern const KernelList topk_accuracy;
const KernelList topk_accuracy = {{"cuda", make}};

}  // namespace tandem::cuda
