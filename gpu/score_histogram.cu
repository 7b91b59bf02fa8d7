#include "core/ops/score_histogram.h"

#include "gpu/kernel.h"
#include "gpu/row_counts.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;

// The interval of the score, after those of the other classes if the row is of this one.
template <class Group>
struct ScoreCell {
  const float* scores;
  const std::int32_t* labels;
  std::int64_t wanted, columns;
  __device__ float logOdds(const float* x) const {
    if (columns == 1) return wanted == 1 ? x[0] : -x[0];
    float highest = -INFINITY, sum = 0;
    for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize)
      if (j != wanted) highest = fmaxf(highest, x[j]);
    highest = Group::max(highest);
    for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize)
      if (j != wanted) sum += expf(x[j] - highest);
    return x[wanted] - highest - logf(Group::sum(sum));
  }
  __device__ float operator()(std::int64_t row) const {
    const std::int64_t bin = ops::scoreBin(logOdds(scores + row * columns));
    return static_cast<float>((labels[row] == wanted ? ops::kScoreBins : 0) + bin);
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  const std::int64_t wanted = request.attrs().integer("class", 1);
  return makeKernel(
      [=](cudaStream_t stream, const Operands& o) {
        return countRows<ScoreCell>("score_histogram", stream, rows, columns, 2 * ops::kScoreBins,
                                    o.input<float>(In::kStep), o.workspace, o.output<float>(0),
                                    o.input<float>(In::kPrediction), o.input<std::int32_t>(In::kTarget),
                                    wanted);
      },
      rowCountsWorkspace(rows, 2 * ops::kScoreBins));
}

}  // namespace

extern const KernelList score_histogram;
const KernelList score_histogram = {{"cuda", make}};

}  // namespace tandem::cuda
