#include "core/ops/softmax_cross_entropy.h"

#include "gpu/kernel.h"
#include "gpu/row_mean.cuh"

namespace tandem::cuda {
namespace {

// Computes the probabilities of a row (p may be nullptr) and its loss.
template <class Group>
struct Loss {
  const float* logits;
  const std::int32_t* labels;
  float* p;
  std::int64_t columns;
  __device__ float operator()(std::int64_t row) const {
    const float* x = logits + row * columns;
    const SoftmaxRow s = softmaxRow<Group>(x, p ? p + row * columns : nullptr, columns);
    const std::int32_t label = labels[row];
    const bool inside = label >= 0 && label < columns;
    return inside ? s.highest + logf(s.sum) - x[label] : NAN;
  }
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(0).dtype != DType::F32) return refuse("supports f32 only");
  const std::int64_t rows = request.in(0).shape[0], columns = request.in(0).shape[1];
  return makeKernel(
      [rows, columns](cudaStream_t stream, const Operands& o) {
        return meanOfRows<Loss>("softmax_cross_entropy", stream, rows, columns, o.input<float>(2),
                                static_cast<float*>(o.workspace), o.output<float>(0), o.input<float>(0),
                                o.input<std::int32_t>(1), o.output<float>(1));
      },
      rowMeanWorkspace(rows));
}

}  // namespace

extern const KernelList softmax_cross_entropy;
const KernelList softmax_cross_entropy = {{"cuda", make}};

}  // namespace tandem::cuda
