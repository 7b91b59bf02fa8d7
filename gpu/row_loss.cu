#include "core/ops/row_loss.h"

#include "gpu/kernel.h"
#include "gpu/row_mean.cuh"

namespace tandem::cuda {
namespace {

using In = ops::LossIn;
using Out = ops::RowLossOut;

template <class Rule>
struct Of {
  // Computes the loss of a row and stores its factors.
  template <class Group>
  struct Loss {
    const float *outputs, *targets;
    float* factors;
    const float* weights;  // nullptr: all 1
    ops::LossValues values;
    std::int64_t columns;
    __device__ float operator()(std::int64_t row) const {
      const float *x = outputs + row * columns, *t = targets + row * columns;
      float highest = 0;
      if constexpr (Rule::form.usesHighest) {
        highest = -INFINITY;
        for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) highest = fmaxf(highest, x[j]);
        highest = Group::max(highest);
      }
      ops::RowSums<float> sums;
      for (std::int64_t j = Group::lane(); j < columns; j += Group::kSize) {
        const ops::RowSums<float> terms = Rule::template terms<ops::StandardMath>(x[j], t[j], highest);
        sums = {sums.a + terms.a, sums.b + terms.b, sums.c + terms.c};
      }
      sums = {Group::sum(sums.a), Group::sum(sums.b), Group::sum(sums.c)};
      const ops::RowFactors<float> f = Rule::template factors<ops::StandardMath>(sums, highest, values.p);
      if (Group::lane() == 0) {
        factors[row * ops::kRowFactors] = f.a;
        factors[row * ops::kRowFactors + 1] = f.b;
      }
      const float loss = Rule::template value<ops::StandardMath>(sums, values.p);
      return weights ? loss * weights[row] : loss;
    }
  };
};

Result<std::unique_ptr<Kernel>> make(const KernelRequest& request) {
  if (request.in(In::kPrediction).dtype != DType::F32) return refuse("supports f32 only");
  TANDEM_ASSIGN(const auto a, ops::RowLossAttrs::from(request.attrs()));
  return ops::withRowLoss(a.kind, [&]<class Rule>() {
    const auto rows = ops::LossRows::of(request.in(In::kPrediction).shape, Rule::form);
    return makeKernel(
        [rows, values = a.values(), weighted = request.call.hasOperand(In::kWeights)](cudaStream_t stream,
                                                                                      const Operands& o) {
          const float* weights = weighted ? o.input<float>(In::kWeights) : nullptr;
          return meanOfRows<Of<Rule>::template Loss>(
              "row_loss", stream, {rows.samples, rows.perSample}, rows.columns, o.input<float>(In::kStep),
              static_cast<float*>(o.workspace), o.output<float>(Out::kLoss), o.input<float>(In::kPrediction),
              o.input<float>(In::kTarget), o.output<float>(Out::kFactors), weights, values);
        },
        rowMeanWorkspace(rows.rows()));
  });
}

}  // namespace

extern const KernelList row_loss;
const KernelList row_loss = {{"cuda", make}};

}  // namespace tandem::cuda
