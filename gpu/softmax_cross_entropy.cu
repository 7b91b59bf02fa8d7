#include "core/ops/softmax_cross_entropy.h"

#include "gpu/kernel.h"
#include "gpu/row_mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;
using Out = ops::CrossEntropyOut;

// Computes the probabilities of a row (p may be nullptr) and its loss.
template <class Group>
struct Loss {
  const float* logits;
  const std::int32_t* labels;
  const float* weights;  // of the rows; nullptr: all 1
  float* p;
  ops::CrossEntropyRule<float> rule;
  std::int64_t columns;
  __device__ float operator()(std::int64_t row) const {
    const float* x = logits + row * columns;
    const SoftmaxRow s = softmaxRow<Group>(x, p ? p + row * columns : nullptr, columns);
    const std::int32_t label = labels[row];
    const bool inside = label >= 0 && label < columns;
    const float sum = logf(s.sum);
    float mean = 0;
    if (rule.smoothing > 0) {
      for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) mean += x[j] - s.highest;
      mean = Group::sum(mean) / static_cast<float>(columns) - sum;
    }
    const float loss = inside ? rule.loss(x[label] - s.highest - sum, mean) : NAN;
    return weights ? loss * weights[row] : loss;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto attrs, ops::CrossEntropyAttrs::from(request.attrs()));
  const std::int64_t rows = request.in(In::kPrediction).shape[0],
                     columns = request.in(In::kPrediction).shape[1];
  return makeKernel(
      [rows, columns, rule = ops::CrossEntropyRule<float>(attrs),
       weighted = request.call.hasOperand(In::kWeights)](cudaStream_t stream, const Operands& o) {
        const float* weights = weighted ? o.input<float>(In::kWeights) : nullptr;
        return meanOfRows<Loss>("softmax_cross_entropy", stream, {rows}, columns, o.input<float>(In::kStep),
                                static_cast<float*>(o.workspace), o.output<float>(Out::kLoss),
                                o.input<float>(In::kPrediction), o.input<std::int32_t>(In::kTarget), weights,
                                o.output<float>(Out::kProbabilities), rule);
      },
      rowMeanWorkspace(rows));
}

}  // namespace

extern const KernelList softmax_cross_entropy;
const KernelList softmax_cross_entropy = {{"cuda", make}};

}  // namespace tandem::cuda
