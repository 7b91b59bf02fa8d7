#include "core/ops/class_counts.h"

#include "gpu/kernel.h"
#include "gpu/row_mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

// 1 if the class is predicted, plus 2 if it is the label. It is predicted if no score before its own is as
// large and no later one is larger.
template <class Group>
struct Flags {
  const float* scores;
  const std::int32_t* labels;
  std::int64_t wanted, columns;
  __device__ bool predicts(const float* x) const {
    if (columns == 1) return (x[0] > 0.0f ? 1 : 0) == wanted;
    const float own = x[wanted];
    float ahead = 0;
    for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize)
      ahead += (j < wanted ? x[j] >= own : x[j] > own) ? 1.0f : 0.0f;
    ahead = Group::sum(ahead);
    return ahead == 0.0f && (wanted == 0 || (!isnan(x[0]) && !isnan(own)));  // nothing exceeds a NaN
  }
  __device__ float operator()(std::int64_t row) const {
    return (predicts(scores + row * columns) ? 1.0f : 0.0f) + (labels[row] == wanted ? 2.0f : 0.0f);
  }
};

// One block counts the flags of all valid rows. Counts are exact in float up to 2^24 rows.
template <class F>
__global__ void __launch_bounds__(kThreads) countKernel(ValidOnly<F> valid, float* fractions) {
  const std::int64_t count = valid.count();
  float both = 0, predicted = 0, labeled = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += kThreads) {
    const int flags = static_cast<int>(valid.f(i));
    both += flags == 3 ? 1.0f : 0.0f;
    predicted += flags & 1 ? 1.0f : 0.0f;
    labeled += flags & 2 ? 1.0f : 0.0f;
  }
  both = blockSum(both);
  predicted = blockSum(predicted);
  labeled = blockSum(labeled);
  if (threadIdx.x != 0) return;
  const float rows = count > 0 ? static_cast<float>(count) : 1.0f;
  fractions[0] = both / rows;
  fractions[1] = predicted / rows;
  fractions[2] = labeled / rows;
}

template <class Group>
Status flagRows(cudaStream_t stream, std::int64_t rows, const Flags<Group>& flags, float* values) {
  return launch("class_counts", rowKernel<Group, Flags<Group>>, blocksForRows<Group>(rows), kThreads, stream,
                rows, flags, values);
}

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  const std::int64_t wanted = request.attrs().integer("class", 1);
  return makeKernel(
      [rows, columns, wanted](cudaStream_t stream, const Operands& o) -> Status {
        const auto *x = o.input<float>(In::kPrediction), *step = o.input<float>(In::kStep);
        const auto* labels = o.input<std::int32_t>(In::kTarget);
        auto *values = static_cast<float*>(o.workspace), *fractions = o.output<float>(0);
        if (fewShortRows(rows, columns))
          return launch("class_counts", countKernel<Flags<ThreadRow>>, dim3(1), kThreads, stream,
                        ValidOnly<Flags<ThreadRow>>{{x, labels, wanted, columns}, step, rows, 1}, fractions);
        if (rows > 0 && columns > kLongRow) {
          TANDEM_TRY(flagRows(stream, rows, Flags<BlockRow>{x, labels, wanted, columns}, values));
        } else if (rows > 0) {
          TANDEM_TRY(flagRows(stream, rows, Flags<WarpRow>{x, labels, wanted, columns}, values));
        }
        return launch("class_counts", countKernel<RowValue>, dim3(1), kThreads, stream,
                      ValidOnly<RowValue>{{values}, step, rows, 1}, fractions);
      },
      static_cast<std::size_t>(rows) * sizeof(float));
}

}  // namespace

extern const KernelList class_counts;
const KernelList class_counts = {{"cuda", make}};

}  // namespace tandem::cuda
