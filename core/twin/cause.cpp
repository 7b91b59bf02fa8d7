// Finds out why a tensor differs: compares what its op reads on both sides, and reruns the op on the same
// operands with the kernels and settings of both sides, and with its definition in double precision.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/ops/activation.h"
#include "core/ops/activation_grad.h"
#include "core/ops/combine.h"
#include "core/ops/combine_grad.h"
#include "core/ops/pool2d_grad.h"
#include "core/ops/pool_steps_grad.h"
#include "core/ops/prelu_grad.h"
#include "core/ops/simple_rnn_grad.h"
#include "core/text/enumeration.h"
#include "core/train/batch_tensors.h"
#include "core/twin/lock_step_impl.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxKernels = 6;  // other kernels of the side to try

// The operands of a node as the reference saw them. Blocks are read from the state before the step, because
// the step has changed them since.
Result<std::vector<RefTensor>> operandsOf(TwinSide& side, const Node& node, const SavedBlocks& before,
                                          const StepInputs& inputs) {
  const Program& p = side.plan->train.program;
  std::vector<RefTensor> operands;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    RefTensor& operand = operands.emplace_back();
    if (id == kNoValue) continue;
    operand.type = p.type(id);
    const auto [owner, offset] = p.storage(id);
    const bool replaced =
        std::ranges::find(node.op->inPlace, static_cast<int>(i), &InPlace::input) != node.op->inPlace.end();
    if (replaced && p.value(owner).role == Role::Report) {  // it began with zeros
      operand.data.assign(static_cast<std::size_t>(operand.type.shape.elements()), 0.0);
      continue;
    }
    const std::byte* from = nullptr;
    switch (p.value(owner).role) {
      case Role::Parameter:
        from = before.parameters.data();
        break;
      case Role::Optimizer:
        from = before.optimizer.data();
        break;
      case Role::State:
        from = before.states.data();
        break;
      case Role::Step:
        from = reinterpret_cast<const std::byte*>(inputs.step.data());
        break;
      case Role::Input:
        from = static_cast<const std::byte*>(inputs.tensors[inputOf(side.plan->train, owner)]);
        break;
      case Role::Temp:
      case Role::Gradient:
      case Role::Report:
        break;
    }
    std::vector<std::byte> read;
    if (from) {
      operand.data = numbersOf(operand.type, {from + offset, operand.type.bytes()});
      continue;
    }
    read.resize(operand.type.bytes());
    TANDEM_TRY(side.session->readValue(Phase::Train, id, read));
    operand.data = numbersOf(operand.type, read);
  }
  return operands;
}

class Trial {
 public:
  // definition: the exact value of the op's result number `output`.
  Trial(const std::vector<RefTensor>& operands, std::size_t output, const std::vector<double>& definition)
      : operands_(operands), output_(output), definition_(definition) {}

  // Computes that result with the named kernel ("": the one that the options choose).
  Alternative run(std::string label, Backend& backend, const DeviceOptions& options, const OpCall& call,
                  std::string_view kernel) const {
    Alternative result;
    result.label = std::move(label);
    std::vector<Tensor> in, out;
    std::vector<const Tensor*> inputs;
    std::vector<Tensor*> outputs;
    if (call.inputs.size() != operands_.size()) {
      result.refused = "has different operands";
      return result;
    }
    in.reserve(call.inputs.size());
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      inputs.push_back(nullptr);
      if (operands_[i].data.empty()) continue;
      in.push_back(tensorOf(call.inputs[i], operands_[i].data));
      inputs.back() = &in.back();
    }
    out.reserve(call.outputs.size());
    for (const TensorType& type : call.outputs) {
      outputs.push_back(nullptr);
      if (!present(type)) continue;
      out.emplace_back(type);
      outputs.back() = &out.back();
    }
    const auto ran = backend.runOp(options, call, kernel, inputs, outputs, 1);
    if (!ran.ok()) {
      result.refused = ran.error().message;
      return result;
    }
    const std::vector<double> values = numbersOf(outputs[output_]->type(), outputs[output_]->bytes());
    // For a result that replaces an operand, the difference is relative to the change, since weights move
    // little in a step. A small fraction of the old values is added to allow for their own rounding.
    constexpr double kOfOld = 1e-3;
    const std::vector<double>* old = nullptr;
    for (const InPlace& pair : call.op->inPlace)
      if (pair.output == static_cast<int>(output_))
        old = &operands_[static_cast<std::size_t>(pair.input)].data;
    double dd = 0, ss = 0, oo = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double before = old ? (*old)[i] : 0, d = values[i] - definition_[i];
      dd += d * d;
      ss += (definition_[i] - before) * (definition_[i] - before);
      oo += before * before;
      result.largest = std::max(result.largest, std::abs(d));
    }
    const double size = std::sqrt(ss) + kOfOld * std::sqrt(oo);
    result.relative = size > 0 ? std::sqrt(dd) / size : dd > 0 ? INFINITY : 0;
    if (std::isnan(dd)) result.relative = INFINITY;
    return result;
  }

 private:
  const std::vector<RefTensor>& operands_;
  std::size_t output_;
  const std::vector<double>& definition_;
};

// The names of the operands that are not the same, bit for bit apart from the sign of zero.
std::vector<std::string> differingOperands(const OpDef& op, const std::vector<RefTensor>& a,
                                           const std::vector<RefTensor>& b) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (i >= a.size() || i >= b.size() || a[i].data != b[i].data)
      names.push_back((op.operands.empty() ? "input " : "") + operandName(op, i));
  return names;
}

// Whether the op selects or masks elements by comparing values: where these are nearly equal, rounding decides.
bool selectsElements(const Node& node) {
  if (node.op == &ops::prelu_grad) return true;
  if (node.op == &ops::pool2d_grad) return node.attrs.text("mode", "max") == "max";
  if (node.op == &ops::pool_steps_grad) return node.attrs.text("mode", "mean") == "max";
  if (node.op == &ops::simple_rnn_grad) return node.attrs.text("activation", "tanh") == "relu";
  if (node.op == &ops::combine_grad) {
    const CombineKind kind = ops::CombineAttrs::from(node.attrs)->kind;
    return kind == CombineKind::Maximum || kind == CombineKind::Minimum;
  }
  if (node.op != &ops::activation_grad) return false;
  switch (ops::ActivationAttrs::from(node.attrs)->kind) {
    case ActivationKind::Relu:
    case ActivationKind::LeakyRelu:
    case ActivationKind::Relu6:
    case ActivationKind::HardSigmoid:
    case ActivationKind::HardSwish:
      return true;
    default:  // with a continuous derivative
      return false;
  }
}

// differing: the operands that are not the same on both sides. withinRounding: the difference of the tensor is no larger
// than rounding explains. selects: see selectsElements().
std::string verdictOf(const Cause& cause, const std::vector<std::string>& differing, double tolerance,
                      bool withinRounding, bool selects, const SideSpec& reference, const SideSpec& side) {
  const auto good = [&](const Alternative& a) { return a.refused.empty() && a.relative <= tolerance; };
  const Alternative &first = cause.alternatives[0], &second = cause.alternatives[1];
  if (!first.refused.empty() || !second.refused.empty())
    return "The op could not be rerun on both sides, so its share of the difference is unknown.";
  const bool agree = good(first) && good(second);
  const std::string cancels =
      "Its terms nearly cancel, so that rounding is a large part of the result; the deviations from the "
      "definition in double precision are small beside the other gradients of the layer";
  if (cause.sameOperands && (agree || withinRounding)) {
    const Precision a = reference.device.precision, b = side.device.precision;
    const std::string how = a == b ? "its sums are computed in a different order"
                                   : fmt::format("{} computes it in {}, {} in {}", reference.label, nameOf(a),
                                                 side.label, nameOf(b));
    return fmt::format(
        "Both sides read bit-identical operands, so the difference arises in {} itself: {}. {} ({:.1e} and {:.1e}).",
        cause.op, how, agree ? "Both results agree with the definition in double precision" : cancels,
        first.relative, second.relative);
  }
  if (withinRounding && !agree)
    return fmt::format(
        "The difference is within rounding. {} ({:.1e} and {:.1e}), and its inputs already differ because of "
        "amplified rounding ({}).",
        cancels, first.relative, second.relative, enumerated(differing));
  if (agree)
    return fmt::format(
        "On the same operands, both kernels agree with the definition in double precision ({:.1e} and "
        "{:.1e}), so {} is not the cause: its inputs already differ because of amplified rounding ({}).",
        first.relative, second.relative, cause.op, enumerated(differing));
  if (!good(first) && good(second))
    return fmt::format(
        "The reference is at fault: its kernel for {} ({}) deviates from the definition by {:.1e}; "
        "{} is accurate to {:.1e}.",
        cause.op, first.label, first.relative, side.label, second.relative);
  const std::string why = selects ? " Rounding changed which elements were selected." : "";
  std::string text =
      fmt::format("{} ({}) deviates from the definition in double precision by {:.1e} on the same operands",
                  cause.op, second.label, second.relative);
  if (good(first)) text += fmt::format(", {} by {:.1e}", reference.label, first.relative);
  for (std::size_t i = 2; i < cause.alternatives.size(); ++i)
    if (good(cause.alternatives[i]))
      return fmt::format("{}. This removes the difference: {} ({:.1e}).{}", text, cause.alternatives[i].label,
                         cause.alternatives[i].relative, why);
  return text + ". No alternative tried on this side removes the difference." + why;
}

std::int32_t optimizerNode(const Program& program) {
  for (std::size_t i = program.nodes.size(); i-- > 0;)
    if (program.nodes[i].op->name.ends_with("_update")) return static_cast<std::int32_t>(i);
  return -1;
}

}  // namespace

Result<Cause> LockStep::explain(const SideParity& parity, std::size_t tensor) {
  Impl& i = *impl_;
  TANDEM_CHECK(tensor < parity.tensors.size() && parity.side < i.sides.size(), "a compared tensor");
  const TensorParity& wanted = parity.tensors[tensor];
  TwinSide &reference = i.sides[0], &side = i.sides[parity.side];
  const Program &p = reference.plan->train.program, &q = side.plan->train.program;
  const auto nodeOf = [&](const TwinSide& of) {
    const Probe* probe = of.find(wanted);
    TANDEM_CHECK(probe, "both sides have the tensor");
    const Program& program = of.plan->train.program;
    return &program.nodes[static_cast<std::size_t>(probe->node >= 0 ? probe->node : optimizerNode(program))];
  };
  const Node &node = *nodeOf(reference), &other = *nodeOf(side);

  if (other.op != node.op)
    return Error{
        ErrorCode::Unsupported, "the sides compute this tensor with different ops", wanted.layer, {}};
  SavedBlocks before;
  TANDEM_TRY(reference.save(before));
  // What a node reads when the next step starts from the reference's blocks.
  const auto rehearsed = [&](TwinSide& of, const Node& its) -> Result<std::vector<RefTensor>> {
    SavedBlocks own;
    TANDEM_TRY(of.save(own));
    TANDEM_TRY(i.rehearse(of, before));
    auto operands = operandsOf(of, its, before, i.rehearsalInputs());
    TANDEM_TRY(of.load(own));
    return operands;
  };
  TANDEM_ASSIGN(const std::vector<RefTensor> operands, rehearsed(reference, node));
  TANDEM_ASSIGN(const std::vector<RefTensor> sideOperands, rehearsed(side, other));

  const OpCall call = callOf(p, node), otherCall = callOf(q, other);
  std::vector<RefTensor> exact;
  for (const TensorType& type : call.outputs)
    exact.push_back(
        {type, std::vector<double>(present(type) ? static_cast<std::size_t>(type.shape.elements()) : 0)});
  node.op->reference(node.attrs, operands, exact);

  const std::vector<std::string> differing = differingOperands(*node.op, operands, sideOperands);
  Cause cause{wanted.layer, wanted.tensor, std::string(node.op->name), differing.empty(), {}, {}};
  const std::size_t output = reference.find(wanted)->output;
  const Trial trial(operands, output, exact[output].data);
  const auto kernelOf = [](const TwinSide& of, const Node& its) {
    const auto index = static_cast<std::size_t>(&its - of.plan->train.program.nodes.data());
    return of.plan->train.kernels[index].kernel;
  };
  const std::string kernel = kernelOf(reference, node), sideKernel = kernelOf(side, other);
  auto& list = cause.alternatives;
  list.push_back(trial.run(reference.spec.label + ": " + kernel, *reference.backend, reference.spec.device,
                           call, kernel));
  const DeviceOptions& options = side.spec.device;
  list.push_back(
      trial.run(side.spec.label + ": " + sideKernel, *side.backend, options, otherCall, sideKernel));
  if (options.precision == Precision::Tf32) {
    DeviceOptions fp32 = options;
    fp32.precision = Precision::Fp32;
    list.push_back(trial.run(side.spec.label + " with TF32 off", *side.backend, fp32, otherCall, ""));
  }
  const Precision narrow = options.precision;
  if ((narrow == Precision::Bf16 || narrow == Precision::Fp16) && reference.spec.device.precision != narrow) {
    DeviceOptions fp32 = options;
    fp32.precision = Precision::Fp32;
    list.push_back(trial.run(side.spec.label + " with fp32", *side.backend, fp32, call, ""));
  }
  if (!options.deterministic) {
    DeviceOptions steady = options;
    steady.deterministic = true;
    list.push_back(
        trial.run(side.spec.label + " with deterministic kernels", *side.backend, steady, otherCall, ""));
  }
  std::size_t tried = 0;
  for (const std::string& name : side.backend->kernels(*other.op))
    if (name != sideKernel && tried++ < kMaxKernels)
      list.push_back(
          trial.run(side.spec.label + " with kernel " + name, *side.backend, options, otherCall, name));
  if (wanted.difference.largest == 0 && wanted.difference.nonFinite == 0)
    cause.verdict = "The two sides are bit-identical here; there is nothing to explain.";
  else
    cause.verdict = verdictOf(cause, differing, parity.tolerance, !wanted.beyondRounding,
                              selectsElements(node), reference.spec, side.spec);
  return cause;
}

}  // namespace tandem
