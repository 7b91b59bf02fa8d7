#include "core/ops/confusion_matrix.h"

#include <algorithm>

#include "gpu/kernel.h"
#include "gpu/row_counts.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

// The cell of the true and the predicted class, numbered row by row.
template <class Group>
struct ClassCell {
  const float* scores;
  const std::int32_t* labels;
  std::int64_t classes, columns;
  // As in core/ops/predicted_class.h.
  __device__ float predicted(const float* x) const {
    if (columns == 1) return x[0] > 0.0f ? 1.0f : 0.0f;
    float highest = -INFINITY;
    for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) highest = fmaxf(highest, x[j]);
    highest = Group::max(highest);
    float first = static_cast<float>(columns);
    for (std::int64_t j = columns - 1 - Group::lane(); j >= 0; j -= Group::kSize)
      if (x[j] == highest) first = static_cast<float>(j);
    first = -Group::max(-first);
    // No score exceeds a NaN in column 0; without a number, none exceeds any.
    return isnan(x[0]) || first == static_cast<float>(columns) ? 0.0f : first;
  }
  __device__ float operator()(std::int64_t row) const {
    const float column = predicted(scores + row * columns);
    const std::int32_t label = labels[row];
    return label >= 0 && label < classes ? static_cast<float>(label * classes) + column : kNoCell;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  const std::int64_t classes = std::max<std::int64_t>(columns, 2);
  return makeKernel(
      [=](cudaStream_t stream, const Operands& o) {
        return countRows<ClassCell>("confusion_matrix", stream, rows, columns, classes * classes,
                                    o.input<float>(In::kStep), o.workspace, o.output<float>(0),
                                    o.input<float>(In::kPrediction), o.input<std::int32_t>(In::kTarget),
                                    classes);
      },
      rowCountsWorkspace(rows, classes * classes));
}

}  // namespace

extern const KernelList confusion_matrix;
const KernelList confusion_matrix = {{"cuda", make}};

}  // namespace tandem::cuda
