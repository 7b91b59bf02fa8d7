#include <algorithm>
#include <utility>

#include "core/compile/passes.h"
#include "core/ops/add.h"
#include "core/ops/concat.h"
#include "core/ops/copy.h"
#include "core/ops/zero_pad.h"

namespace tandem {
namespace {

// Whether each value depends on a parameter: only those values need gradients.
std::vector<bool> dependsOnParameters(const Program& program) {
  std::vector<bool> depends(program.values.size(), false);
  for (const ParameterInfo& info : program.parameters) depends[static_cast<std::size_t>(info.value)] = true;
  for (const Node& node : program.nodes) {
    bool any = false;
    for (const ValueId id : node.inputs)
      any = any || (id != kNoValue && depends[static_cast<std::size_t>(id)]);
    for (const ValueId id : node.outputs)
      if (any && id != kNoValue) depends[static_cast<std::size_t>(id)] = true;
  }
  return depends;
}

// Accumulates the gradients of values that are read more than once.
class Gradients {
 public:
  explicit Gradients(Program& program, std::size_t values)
      : program_(program), of_(values, kNoValue), slices_(values) {}

  Result<ValueId> of(ValueId value) {
    if (static_cast<std::size_t>(value) >= of_.size()) return kNoValue;
    TANDEM_TRY(addSlices(value));
    return of_[static_cast<std::size_t>(value)];
  }

  Status flow(ValueId value, ValueId gradient) {
    const Node& last = program_.nodes.back();
    if (last.op != &ops::zero_pad || last.outputs[0] != gradient) return add(value, gradient);
    slices_[static_cast<std::size_t>(value)].push_back(last);
    return success();
  }

 private:
  Status add(ValueId value, ValueId gradient) {
    ValueId& sum = of_[static_cast<std::size_t>(value)];
    if (sum == kNoValue) {
      sum = gradient;
      return success();
    }
    TANDEM_ASSIGN(sum, program_.append1(ops::add, {}, {sum, gradient}));
    return success();
  }

  // Gradients of slices wait until all are known: if these are all parts of the value, they are joined, which is one
  // pass over memory instead of several.
  Status addSlices(ValueId value) {
    std::vector<Node> slices = std::exchange(slices_[static_cast<std::size_t>(value)], {});
    if (slices.empty()) return success();
    const auto begin = [](const Node& node) { return node.attrs.integer("before", 0); };
    std::ranges::sort(slices, {}, begin);
    const std::int64_t axis = slices[0].attrs.integer("axis", -1);
    std::int64_t end = 0;
    std::vector<ValueId> parts;
    for (const Node& node : slices) {
      if (begin(node) != end || node.attrs.integer("axis", -1) != axis) break;
      end += program_.type(node.inputs[0]).shape[static_cast<int>(axis)];
      parts.push_back(node.inputs[0]);
    }
    if (parts.size() < slices.size() || slices.back().attrs.integer("after", 0) != 0) {
      for (const Node& node : slices) TANDEM_TRY(add(value, node.outputs[0]));
      return success();
    }
    TANDEM_ASSIGN(const ValueId joined, program_.append1(ops::concat, {{"axis", axis}}, parts));
    return add(value, joined);
  }

  Program& program_;
  std::vector<ValueId> of_;
  std::vector<std::vector<Node>> slices_;
};

Status propagate(Draft& draft, Gradients& gradients, const std::vector<bool>& depends, const Node& node,
                 bool isLoss) {
  Program& p = draft.program;
  std::vector<ValueId> outputGradients;
  bool any = isLoss;  // the loss's own gradient is 1 and is never stored
  for (const ValueId id : node.outputs) {
    ValueId gradient = kNoValue;
    if (id != kNoValue && !isLoss) {
      p.currentLayer = node.layer;
      TANDEM_ASSIGN(gradient, gradients.of(id));
    }
    outputGradients.push_back(gradient);
    any = any || outputGradients.back() != kNoValue;
  }
  std::vector<bool> wanted;
  bool anyWanted = false;
  for (const ValueId id : node.inputs) {
    wanted.push_back(id != kNoValue && depends[static_cast<std::size_t>(id)]);
    anyWanted = anyWanted || wanted.back();
  }
  if (!any || !anyWanted) return success();
  const std::string where = node.layer >= 0 ? p.layers[static_cast<std::size_t>(node.layer)] : std::string();
  if (!node.op->gradient)
    return Error{
        ErrorCode::Unsupported, "gradients cannot pass through " + std::string(node.op->name), where, {}};

  p.currentLayer = node.layer;
  GradientContext context{p, node, std::move(outputGradients), std::move(wanted)};
  TANDEM_ASSIGN(const auto inputGradients, node.op->gradient(context));
  for (std::size_t i = 0; i < inputGradients.size(); ++i)
    if (inputGradients[i] != kNoValue && context.wanted[i])
      TANDEM_TRY(gradients.flow(node.inputs[i], inputGradients[i]));
  return success();
}

// Places a parameter's gradient in the gradient block: its producer writes it there directly, or a copy
// does if the value already has storage elsewhere.
Status bindGradient(Draft& draft, std::size_t index, ValueId gradient) {
  Program& p = draft.program;
  if (p.value(gradient).base != kNoValue || p.value(gradient).role != Role::Temp) {
    TANDEM_ASSIGN(gradient, p.append1(ops::copy, {}, {gradient}));
  }
  Value& value = p.value(gradient);
  value.role = Role::Gradient;
  value.base = draft.gradientBlock;
  value.offsetBytes = p.parameters[index].offsetBytes;
  value.name = p.parameters[index].name + "/gradient";
  draft.gradients[index] = gradient;
  return success();
}

}  // namespace

Status differentiate(Draft& draft) {
  Program& p = draft.program;
  const std::vector<bool> depends = dependsOnParameters(p);
  const std::size_t forwardNodes = p.nodes.size(), forwardValues = p.values.size();
  p.currentPart = Part::Backward;
  Gradients gradients(p, forwardValues);
  for (std::size_t i = forwardNodes; i-- > 0;) {
    const Node node = p.nodes[i];  // a copy, because gradient rules append to the list
    bool isLoss = false;
    for (const ValueId id : node.outputs)
      isLoss = isLoss || std::ranges::find(draft.losses, id) != draft.losses.end();
    TANDEM_TRY(propagate(draft, gradients, depends, node, isLoss));
  }
  Value block = p.value(draft.parameterBlock);
  block.role = Role::Gradient;
  block.name = "gradients";
  draft.gradientBlock = p.addValue(std::move(block));
  for (std::size_t i = 0; i < p.parameters.size(); ++i) {
    p.currentLayer = p.value(p.parameters[i].value).layer;
    TANDEM_ASSIGN(const ValueId gradient, gradients.of(p.parameters[i].value));
    if (gradient != kNoValue) TANDEM_TRY(bindGradient(draft, i, gradient));
  }
  return success();
}

}  // namespace tandem
