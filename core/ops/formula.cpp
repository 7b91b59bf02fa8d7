#include "core/ops/formula.h"

#include <algorithm>

#include "core/ops/bias_grad.h"
#include "core/ops/combine.h"
#include "core/ops/combine_grad.h"
#include "core/ops/formula_program.h"
#include "core/ops/formula_text.h"
#include "core/ops/rules.h"

namespace tandem::ops {
namespace {

Types infer(const Attrs& attrs, std::span<const TensorType> in) {
  TANDEM_ASSIGN(const Formula formula, Formula::from(attrs));
  if (in.empty() || in.size() > Formula::kMaxOperands) return invalid("has no operand, or too many");
  for (int k = static_cast<int>(in.size()); k < Formula::kMaxOperands; ++k)
    if (formula.reads(k)) return invalid("an operand of the formula is missing");
  TANDEM_TRY(requireSameDtype(in));
  Shape shape = in[0].shape;
  for (const TensorType& type : in)
    if (type.shape.rank() > shape.rank()) shape = type.shape;
  for (const TensorType& type : in) {
    const int rank = type.shape.rank(), skipped = shape.rank() - rank;
    bool fit = rank == 1 || skipped == 0;
    for (int i = 0; fit && i < rank; ++i) {
      if (shape[skipped + i] == 1) shape = shape.with(skipped + i, type.shape[i]);
      fit = type.shape[i] == 1 || type.shape[i] == shape[skipped + i];
    }
    if (!fit) return invalid("the shapes differ: " + shape.text() + " and " + type.shape.text());
  }
  return std::vector<TensorType>{{in[0].dtype, shape}};
}

// Sums of the gradient over the axes along which an operand of this shape is repeated.
Result<ValueId> summed(Program& program, ValueId gradient, const Shape& shape) {
  if (program.type(gradient).shape == shape) return gradient;
  if (program.type(gradient).shape.rank() != shape.rank()) {
    TANDEM_ASSIGN(gradient, program.append1(bias_grad, {}, {gradient}));
    if (program.type(gradient).shape == shape) return gradient;
  }
  Attrs attrs = CombineAttrs{}.attrs();
  attrs.set("shape", std::vector<std::int64_t>(shape.dims().begin(), shape.dims().end()));
  return program.append1(combine_grad, std::move(attrs), {gradient, kNoValue, kNoValue});
}

// The derivative times dy. dy is an operand even if the derivative is 0, since it has the shape of the result.
Result<ValueId> gradientOf(GradientContext& c, const Formula& f, int operand) {
  const Formula derivative = f.derivative(operand);
  TANDEM_TRY(derivative.check());
  if (derivative.nodes().size() == 1 && derivative.reads(0)) return c.outputGrads[0];
  std::vector<ValueId> inputs{c.outputGrads[0]};
  std::vector<int> places{0};
  for (std::size_t k = 0; k < c.node.inputs.size(); ++k) {
    places.push_back(static_cast<int>(inputs.size()));
    if (derivative.reads(static_cast<int>(k) + 1)) inputs.push_back(c.input(k));
  }
  return c.program.append1(formula, derivative.withOperands(places).attrs(), std::move(inputs));
}

Result<std::vector<ValueId>> gradient(GradientContext& c) {
  TANDEM_ASSIGN(const Formula f, Formula::from(c.node.attrs));
  std::vector<ValueId> grads(c.node.inputs.size(), kNoValue);
  for (std::size_t i = 0; i < grads.size(); ++i) {
    if (!c.wanted[i]) continue;
    const Shape shape = c.program.type(c.input(i)).shape;
    TANDEM_ASSIGN(const ValueId whole, gradientOf(c, f, static_cast<int>(i)));
    TANDEM_ASSIGN(grads[i], summed(c.program, whole, shape));
  }
  return grads;
}

void reference(const Attrs& attrs, std::span<const RefTensor> in, std::span<RefTensor> out) {
  const Formula formula = *Formula::from(attrs);
  std::vector<TensorType> types;
  for (const RefTensor& tensor : in) types.push_back(tensor.type);
  const FormulaAxes axes = FormulaAxes::of(out[0].type.shape, types);
  std::vector<double> operands(in.size());
  for (std::size_t i = 0; i < out[0].data.size(); ++i) {
    for (std::size_t k = 0; k < in.size(); ++k) operands[k] = in[k].data[at(axes.at(static_cast<int>(k), i))];
    out[0].data[i] = formula.value(operands);
  }
}

double flopsOf(FormulaCode code) {
  switch (code) {
    case FormulaCode::Operand:
    case FormulaCode::Constant:
      return 0;
    case FormulaCode::Power:
    case FormulaCode::Exp:
    case FormulaCode::Log:
    case FormulaCode::Sin:
    case FormulaCode::Cos:
    case FormulaCode::Tanh:
    case FormulaCode::Sigmoid:
    case FormulaCode::Softplus:
    case FormulaCode::Erf:
      return 20;  // as the activations of these names
    default:
      return 1;
  }
}

Cost cost(const Attrs& attrs, std::span<const TensorType> in, std::span<const TensorType> out) {
  double flops = 0;
  const Formula formula = *Formula::from(attrs);
  for (const Formula::Node& node : formula.nodes()) flops += flopsOf(node.code);
  return elementwiseCost(flops, in, out);
}

Sample sampleOf(std::string name, std::string_view text, std::vector<SampleInput> inputs) {
  return {.name = std::move(name), .attrs = parseFormula(text)->formula.attrs(), .inputs = std::move(inputs)};
}

// The gradient with respect to operand 0, the operands of which follow dy.
Sample derivativeOf(const Sample& sample) {
  Sample derivative = sample;
  derivative.name += "_derivative";
  derivative.attrs = Formula::from(sample.attrs)->derivative(0).attrs();
  Shape shape = sample.inputs[0].type.shape;
  derivative.inputs.insert(derivative.inputs.begin(), f32(shape));
  derivative.gradientCheck = false;
  return derivative;
}

std::vector<Sample> samples() {
  const Shape small{3, 5, 7};
  std::vector<Sample> all;
  for (const char* function :
       {"abs", "exp", "sin", "cos", "tanh", "sigmoid", "relu", "softplus", "erf", "sign", "floor"})
    all.push_back(sampleOf(function, std::string(function) + "(x)", {f32(small)}));
  for (const char* function : {"log", "sqrt"})
    all.push_back(sampleOf(function, std::string(function) + "(x)", {f32(small, Fill::Positive)}));
  for (const char* function : {"max", "min"})
    all.push_back(sampleOf(function, std::string(function) + "(a, b)", {f32(small), f32(small)}));
  all.push_back(sampleOf("arithmetic", "-a * b + (a - 2) * b - 0.5", {f32(small), f32(small)}));
  all.push_back(sampleOf("divide", "a / b", {f32(small), f32(small, Fill::Positive)}));
  all.push_back(sampleOf("power", "a ^ b", {f32(small, Fill::Positive), f32(small)}));
  all.push_back(sampleOf("whole_powers", "x ^ 2 + x ^ 3 - x ^ 5", {f32(small)}));
  all.push_back(sampleOf("inverse_powers", "x ^ -1 + x ^ -2 + x ^ 0.5", {f32(small, Fill::Positive)}));
  all.push_back(sampleOf("clip", "clip(x, -0.5, 1)", {f32(small)}));
  all.push_back(sampleOf("where", "where(a < b, a * b, a - b)", {f32(small), f32(small)}));
  all.push_back(
      sampleOf("compare", "(a <= b) * a + (a > 0.25) * b + (a >= 1) + (a != b)", {f32(small), f32(small)}));
  all.push_back(sampleOf("swish", "x * sigmoid(beta * x)", {f32({2, 3, 5, 11}), f32({11})}));
  all.push_back(sampleOf("swish_of_one", "x * sigmoid(beta * x) + gamma", {f32({5, 7}), f32({1}), f32({1})}));
  all.push_back(sampleOf("gate", "a * sigmoid(b)", {f32({2, 3, 5, 11}), f32({2, 1, 1, 11})}));
  all.push_back(sampleOf("mask", "a * b + c", {f32({2, 3, 5, 19}), f32({2, 3, 5, 1}), f32({2, 1, 5, 1})}));
  all.push_back(sampleOf("one_value", "x + sin(x)", {f32({1, 1})}));
  const std::size_t count = all.size();
  for (std::size_t i = 0; i < count; ++i) all.push_back(derivativeOf(all[i]));
  Sample wide = sampleOf("swish_wide", "x * sigmoid(beta * x)", {f32({9, 700}), f32({700})});
  wide.gradientCheck = false;
  Sample large = sampleOf("swish_large", "x * sigmoid(beta * x)", {f32({32, 28, 28, 32}), f32({32})});
  large.perf = true;
  large.gradientCheck = false;
  all.insert(all.end(), {wide, large});
  return all;
}

}  // namespace

const OpDef formula = {
    .name = "formula",
    .summary = "y = f(x0, x1, ...) of a formula f",
    .infer = infer,
    .gradient = gradient,
    .reference = reference,
    .cost = cost,
    .samples = samples,
    .half = {.allInputs = true},
};

}  // namespace tandem::ops
