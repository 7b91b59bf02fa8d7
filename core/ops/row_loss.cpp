#include "core/ops/row_loss.h"

#include <fmt/format.h>

#include <limits>

#include "core/ops/row_loss_grad.h"
#include "core/ops/rules.h"

namespace tandem::ops {

using In = LossIn;
using Out = RowLossOut;

LossRows rowsOf(const Attrs& attrs, const Shape& shape) {
  const std::size_t kind = RowLossAttrs::from(attrs)->kind;
  return withRowLoss(kind, [&]<class Loss>() { return LossRows::of(shape, Loss::form); });
}

namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const RowLossAttrs a, RowLossAttrs::from(attrs));
  const Shape& shape = in[In::kPrediction].shape;
  if (shape != in[In::kTarget].shape || shape.rank() < 2)
    return invalid("the output is " + shape.text() + ", but the targets are " + in[In::kTarget].shape.text(),
                   {}, "The last layer needs as many units as the data has targets");
  const RowForm form = withRowLoss(a.kind, []<class Loss>() { return Loss::form; });
  const LossRows rows = LossRows::of(shape, form);
  if (rows.columns < form.least)
    return invalid(
        fmt::format("the loss \"{}\" compares vectors of at least {} values, but the output has {}",
                    a.info().label, form.least, rows.columns),
        {}, "Choose a loss of single numbers, such as mean squared error");
  TANDEM_TRY(requireStepBlock(in[In::kStep]));
  TANDEM_TRY(requireWeights(in, In::kWeights, Shape{rows.rows()}));
  return std::vector<TensorType>{{DType::F32, Shape{1}}, {DType::F32, Shape{rows.rows(), kRowFactors}}};
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_CHECK(c.outputGrads[Out::kLoss] == kNoValue && c.outputGrads[Out::kFactors] == kNoValue,
               "a loss must be the last op");
  std::vector<ValueId> operands = c.node.inputs;
  operands.insert(operands.begin() + RowLossGradIn::kFactors, c.output(Out::kFactors));
  TANDEM_ASSIGN(const ValueId dx, c.program.append1(row_loss_grad, c.node.attrs, operands));
  std::vector<ValueId> gradients(c.node.inputs.size(), kNoValue);
  gradients[In::kPrediction] = dx;
  return gradients;
}

// A NaN is no maximum, on no device; it reaches the results through the sums.
double highestOf(const double* x, std::int64_t columns) {
  double highest = -std::numeric_limits<double>::infinity();
  for (std::int64_t j = 0; j < columns; ++j) highest = x[j] > highest ? x[j] : highest;
  return highest;
}

// The loss of one row; its factors go to `factors`.
template <class Loss>
double rowLoss(const double* x, const double* t, std::int64_t columns, const double* parameters,
               double* factors) {
  const double highest = Loss::form.usesHighest ? highestOf(x, columns) : 0.0;
  RowSums<double> sums;
  for (std::int64_t j = 0; j < columns; ++j) {
    const RowSums<double> terms = Loss::template terms<StandardMath>(x[j], t[j], highest);
    sums = {sums.a + terms.a, sums.b + terms.b, sums.c + terms.c};
  }
  const RowFactors<double> f = Loss::template factors<StandardMath>(sums, highest, parameters);
  factors[0] = f.a;
  factors[1] = f.b;
  return Loss::template value<StandardMath>(sums, parameters);
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const RowLossAttrs a = *RowLossAttrs::from(attrs);
  withRowLoss(a.kind, [&]<class Loss>() {
    const LossRows rows = LossRows::of(in[In::kPrediction].type.shape, Loss::form);
    const std::int64_t valid = rows.valid(stepOf(in[In::kStep]).data());
    double total = 0;
    for (std::int64_t r = 0; r < rows.rows(); ++r) {
      const std::size_t first = at(r * rows.columns);
      const double loss =
          rowLoss<Loss>(&in[In::kPrediction].data[first], &in[In::kTarget].data[first], rows.columns,
                        a.parameters.data(), &out[Out::kFactors].data[at(r * kRowFactors)]);
      if (r < valid) total += hasOperand(in, In::kWeights) ? loss * in[In::kWeights].data[at(r)] : loss;
    }
    out[Out::kLoss].data[0] = valid > 0 ? total / static_cast<double>(valid) : 0.0;
  });
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  Cost total = elementwiseCost(0, in, out);
  total.flops =
      RowLossAttrs::from(attrs)->info().flops * static_cast<double>(in[In::kPrediction].shape.elements());
  return total;
}

std::vector<Sample> samplesOf(const LossInfo& info, const RowForm& form) {
  std::vector<Sample> all;
  const auto add = [&](const std::string& name, Shape shape, std::int64_t valid) -> Sample& {
    SampleInput target = f32(shape, info.activation.empty() ? Fill::Normal : Fill::Unit);
    if (info.classes) target = {{DType::F32, shape}, Fill::Labels, 2};
    all.push_back({.name = std::string(info.type) + "_" + name,
                   .attrs = sampleAttrs(info),
                   .inputs = {f32(shape), target, step(valid)}});
    return all.back();
  };
  const auto addWeighted = [&](const std::string& name, Shape shape, std::int64_t valid) {
    Sample& sample = add(name + "_weighted", shape, valid);
    sample.inputs.push_back(weights({LossRows::of(shape, form).rows()}));
    return &sample;
  };
  add("odd", {5, 7}, 5);
  addWeighted("odd", {5, 7}, 4);
  addWeighted("image", {3, 2, 3, 4}, 2);
  addWeighted("long_rows", {3, 9001}, 2)->gradientCheck = false;
  add("padded", {7, 6}, 4);
  add("one_row", {1, 3}, 1);
  if (form.least == 1) add("one_column", {4, 1}, 3);
  add("image", {3, 2, 3, 4}, 2);
  add("zero_targets", {4, 5}, 4).inputs[In::kTarget].fill = Fill::Zeros;
  add("saturated", {6, 5}, 5).inputs[In::kPrediction].fill = Fill::Wide;
  Sample& zero = add("zero_outputs", {4, 5}, 3);
  zero.inputs[In::kPrediction].fill = Fill::Zeros;
  zero.gradientCheck = false;  // the cosine is steeper there than finite differences are fine
  add("long_rows", {3, 9001}, 2).gradientCheck = false;
  Sample& large = add("large", {1024, 784}, 1000);
  large.perf = true;
  large.gradientCheck = false;
  return all;
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (std::size_t kind = 0; kind < RowLossAttrs::kInfos.size(); ++kind) {
    std::vector<Sample> own =
        withRowLoss(kind, []<class Loss>() { return samplesOf(Loss::info, Loss::form); });
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

}  // namespace

const OpDef row_loss = {
    .name = "row_loss",
    .summary = "loss = mean(l(row of x, row of t)) over the valid rows",
    .operands = {"prediction", "target", "step", "weights"},
    .results = {"loss", "factors"},
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .optionalInputs = {In::kWeights},
    .loss = true,
    .half = {.why = "the loss"},
};

}  // namespace tandem::ops
