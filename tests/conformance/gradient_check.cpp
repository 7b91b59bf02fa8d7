#include "tests/conformance/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/ops/step_block.h"
#include "tests/conformance/operands.h"

namespace tandem::conformance {
namespace {

// Evaluates a program's nodes with the definitions of the ops. values: by ValueId; inputs must be filled.
class Evaluator {
 public:
  Evaluator(const Program& program, std::vector<std::vector<double>> given)
      : program_(program), values_(std::move(given)) {
    values_.resize(program.values.size());
    for (const Node& node : program.nodes) {
      std::vector<RefTensor> inputs;
      for (const ValueId id : node.inputs)
        inputs.push_back(id == kNoValue ? RefTensor{} : RefTensor{program.type(id), value(id)});
      const std::vector<RefTensor> outputs = runReference(*node.op, node.attrs, inputs);
      for (std::size_t i = 0; i < outputs.size(); ++i)
        values_[static_cast<std::size_t>(node.outputs[i])] = outputs[i].data;
    }
  }

  const std::vector<double>& value(ValueId id) {
    std::vector<double>& data = values_[static_cast<std::size_t>(id)];
    const Value& v = program_.value(id);
    if (data.empty() && v.base != kNoValue) {  // a view of another value
      const std::vector<double>& base = value(v.base);
      const std::size_t begin = v.offsetBytes / sizeOf(v.type.dtype);
      const auto count = static_cast<std::size_t>(v.type.shape.elements());
      data.assign(base.begin() + static_cast<std::ptrdiff_t>(begin),
                  base.begin() + static_cast<std::ptrdiff_t>(begin + count));
    }
    return data;
  }

 private:
  const Program& program_;
  std::vector<std::vector<double>> values_;
};

bool differentiable(const SampleInput& input) {
  return !input.absent && !input.given && input.fill != Fill::Step && input.type.dtype == DType::F32;
}

struct Setup {
  Program program;
  std::vector<std::vector<double>> given;
  std::vector<ValueId> grads;  // per input
};

// The op, a random gradient dy of output 0 (none for a loss, which is the root), and the nodes of the rule.
Result<Setup> differentiate(const OpDef& op, const Sample& sample, std::span<const RefTensor> inputs,
                            std::vector<double>& dy) {
  Setup s;
  std::vector<ValueId> ids;
  for (const RefTensor& tensor : inputs) {
    ids.push_back(present(tensor.type) ? s.program.addValue({tensor.type}) : kNoValue);
    if (ids.back() != kNoValue) s.given.push_back(tensor.data);
  }
  TANDEM_ASSIGN(const std::vector<ValueId> outputs, s.program.append(op, sample.attrs, ids));
  s.given.resize(s.program.values.size());
  GradientContext context{
      s.program, s.program.nodes.back(), std::vector<ValueId>(outputs.size(), kNoValue), {}};
  for (const SampleInput& input : sample.inputs) context.wanted.push_back(differentiable(input));
  dy.assign(static_cast<std::size_t>(s.program.type(outputs[0]).shape.elements()), 1.0);
  if (!op.loss) {
    PhiloxSequence random(11, 0);
    for (double& x : dy) x = random.normal();
    context.outputGrads[0] = s.program.addValue({s.program.type(outputs[0])});
    s.given.push_back(dy);
  }
  TANDEM_ASSIGN(s.grads, op.gradient(context));
  if (s.grads.size() != inputs.size()) return invalid("the rule must return one entry per input");
  return s;
}

}  // namespace

std::string checkGradient(const OpDef& op, const Sample& sample) {
  std::vector<RefTensor> inputs = fill(op, sample);
  std::vector<double> dy;
  auto setup = differentiate(op, sample, inputs, dy);
  if (!setup.ok()) return setup.error().text();
  Evaluator evaluator(setup->program, setup->given);

  double lossScale = 1;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (op.loss && sample.inputs[i].fill == Fill::Step) lossScale = inputs[i].data[kStepLossScale];
  const auto objective = [&] {
    const std::vector<RefTensor> outputs = runReference(op, sample.attrs, inputs);
    double sum = 0;
    for (std::size_t i = 0; i < dy.size(); ++i) sum += dy[i] * outputs[0].data[i];
    return sum * lossScale;
  };

  constexpr double kStep = 1e-5;
  constexpr std::size_t kProbes = 96;  // elements tried per input, evenly spread
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!differentiable(sample.inputs[i])) continue;
    const ValueId id = setup->grads[i];
    if (op.loss && id == kNoValue) continue;  // targets are given, not trained
    if (id != kNoValue && setup->program.type(id).shape.elements() != inputs[i].type.shape.elements())
      return fmt::format("the gradient of input {} has the wrong size", operandName(op, i));
    std::vector<double>& x = inputs[i].data;
    const std::size_t stride = std::max<std::size_t>(1, x.size() / kProbes);
    for (std::size_t k = 0; k < x.size(); k += stride) {
      const double middle = x[k];
      x[k] = middle + kStep;
      const double above = objective();
      x[k] = middle - kStep;
      const double below = objective();
      x[k] = middle;
      const double numeric = (above - below) / (2 * kStep);
      const double rule = id == kNoValue ? 0.0 : evaluator.value(id)[k];
      if (!(std::abs(rule - numeric) <= 1e-6 * (1 + std::abs(numeric) + std::abs(rule))))
        return fmt::format("input {} [{}]: the rule gives {}, finite differences {}", operandName(op, i), k,
                           rule, numeric);
    }
  }
  return {};
}

}  // namespace tandem::conformance
