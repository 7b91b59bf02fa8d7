// Mixed precision (Micikevicius et al. 2018): activations and their gradients become bf16 or fp16 where
// the op accepts them (OpDef::half). Weights stay in f32 and are read through one half copy of
// their block, made once per pass. Weight gradients, statistics, loss and optimizer stay in f32.
//
// The op alone determines which inputs become half. Casts are inserted where a value's type differs from what
// its reader needs (one per value and type, shared by all readers), and each op's shape rule determines the
// result types.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/compile/passes.h"
#include "core/ops/cast.h"
#include "core/ops/conv2d.h"
#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"
#include "core/ops/matmul.h"

namespace tandem {
namespace {

class Assigner {
 public:
  Assigner(Draft& draft, DType half) : draft_(draft), p_(draft.program), half_(half) {}

  Status run() {
    decide();
    p_.layers.push_back("precision");
    own_ = static_cast<std::int32_t>(p_.layers.size()) - 1;
    std::vector<Node> old = std::move(p_.nodes);
    p_.nodes.clear();
    for (std::size_t i = 0; i < old.size(); ++i) TANDEM_TRY(place(std::move(old[i]), inHalf_[i]));
    for (PlanOutput& output : draft_.outputs) {
      if (!isHalf(p_.type(output.value).dtype)) continue;
      p_.currentLayer = own_;
      p_.currentPart = Part::Forward;
      TANDEM_ASSIGN(output.value, as(output.value, DType::F32));
    }
    // The copy of the weights comes first, so that it precedes every layer.
    if (weights_ != kNoValue)
      std::stable_partition(p_.nodes.begin(), p_.nodes.end(),
                            [&](const Node& n) { return n.outputs[0] == weights_; });
    return success();
  }

 private:
  bool floating(ValueId id) const { return p_.type(id).dtype == DType::F32 || isHalf(p_.type(id).dtype); }
  bool temporary(ValueId id) const { return p_.value(p_.storage(id).first).role == Role::Temp; }

  // Determines which nodes compute on half operands, and which values have a reader that accepts half.
  void decide() {
    inHalf_.assign(p_.nodes.size(), false);
    wanted_.assign(p_.values.size(), false);
    for (std::size_t i = p_.nodes.size(); i-- > 0;) {
      const Node& node = p_.nodes[i];
      if (node.op->view) {
        wanted_[at(node.inputs[0])] = wanted_[at(node.inputs[0])] || wanted_[at(node.outputs[0])];
        continue;
      }
      const HalfOperands& rule = node.op->half;
      if (!rule.acceptsHalf() || !resultsMayBeHalf(node, rule)) continue;
      inHalf_[i] = true;
      for (std::size_t k = 0; k < node.inputs.size(); ++k)
        if (node.inputs[k] != kNoValue && rule.acceptsHalf(k)) wanted_[at(node.inputs[k])] = true;
    }
  }

  // A result stored in a block (such as the gradient of a weight that is used twice) is f32. So is one that
  // no reader accepts as half, if the op can produce f32.
  bool resultsMayBeHalf(const Node& node, const HalfOperands& rule) const {
    std::vector<TensorType> inputs;
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      if (node.inputs[k] == kNoValue) {
        inputs.emplace_back();
        continue;
      }
      if (rule.acceptsHalf(k) && !floating(node.inputs[k])) return false;
      inputs.push_back(p_.type(node.inputs[k]));
      if (rule.acceptsHalf(k)) inputs.back().dtype = half_;
    }
    if (rule.f32Result) return true;
    const std::vector<TensorType> results = node.op->infer(node.attrs, inputs).value();
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
      if (node.outputs[k] != kNoValue && isHalf(results[k].dtype) && !temporary(node.outputs[k]))
        return false;
    return true;
  }

  Status place(Node node, bool inHalf) {
    p_.currentLayer = node.layer;
    p_.currentPart = node.part;
    if (!node.op->view) {
      const HalfOperands& rule = node.op->half;
      const ValueId result = node.outputs[0];
      const bool inF32 = inHalf && rule.f32Result && !(wanted_[at(result)] && temporary(result));
      if (inF32) node.attrs.set("result", std::string(nameOf(DType::F32)));
      if (rule.halfResult && wanted_[at(result)] && temporary(result))
        node.attrs.set("result", std::string(nameOf(half_)));
      for (std::size_t k = 0; k < node.inputs.size(); ++k) {
        ValueId& id = node.inputs[k];
        if (id == kNoValue || !floating(id)) continue;
        TANDEM_ASSIGN(id, as(id, inHalf && rule.acceptsHalf(k, inF32) ? half_ : DType::F32));
      }
    }
    std::vector<TensorType> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? TensorType{} : p_.type(id));
    const std::vector<TensorType> results = node.op->infer(node.attrs, inputs).value();
    for (std::size_t k = 0; k < node.outputs.size(); ++k)
      if (node.outputs[k] != kNoValue) p_.value(node.outputs[k]).type.dtype = results[k].dtype;
    p_.nodes.push_back(std::move(node));
    return success();
  }

  // The value in that type: the value itself or a cast of it.
  Result<ValueId> as(ValueId id, DType dtype) {
    if (p_.type(id).dtype == dtype) return id;
    ValueId& cast = casts_.try_emplace({id, dtype}, kNoValue).first->second;
    if (cast != kNoValue) return cast;
    if (const auto offset = offsetInWeights(id)) {
      TANDEM_TRY(copyWeights());
      // f32 offsets are multiples of 64 bytes, so half offsets are multiples of 32.
      cast = p_.addView(weights_, *offset / 2, {half_, p_.type(id).shape}, p_.value(id).name);
      return cast;
    }
    TANDEM_ASSIGN(const ValueId appended, appendCast(id, dtype));
    return cast = appended;
  }

  // Of a view of the block of the weights; nothing for other values and the block itself.
  std::optional<std::size_t> offsetInWeights(ValueId id) const {
    if (id == draft_.parameterBlock) return std::nullopt;
    std::size_t offset = 0;
    for (; id != draft_.parameterBlock; id = p_.value(id).base) {
      if (p_.value(id).base == kNoValue) return std::nullopt;
      offset += p_.value(id).offsetBytes;
    }
    return offset;
  }

  Status copyWeights() {
    if (weights_ != kNoValue) return success();
    const std::int32_t layer = std::exchange(p_.currentLayer, own_);
    const Part part = std::exchange(p_.currentPart, Part::Forward);
    TANDEM_ASSIGN(weights_, appendCast(draft_.parameterBlock, half_));
    p_.value(weights_).name = "parameters/" + std::string(nameOf(half_));
    p_.currentLayer = layer;
    p_.currentPart = part;
    return success();
  }

  Result<ValueId> appendCast(ValueId id, DType dtype) {
    return p_.append1(ops::cast, {{"dtype", std::string(nameOf(dtype))}}, {id});
  }

  static std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }

  Draft& draft_;
  Program& p_;
  const DType half_;
  std::int32_t own_ = -1;       // the layer of casts that belong to no network layer
  ValueId weights_ = kNoValue;  // the half copy of the parameter block
  std::vector<bool> inHalf_, wanted_;
  std::map<std::pair<ValueId, DType>, ValueId> casts_;
};

}  // namespace

Status assignPrecision(Draft& draft, Precision precision) {
  if (precision == Precision::Bf16) return Assigner(draft, DType::BF16).run();
  if (precision == Precision::Fp16) return Assigner(draft, DType::F16).run();
  return success();
}

namespace {

// The precision name of a dtype, which differs from the dtype name for float types.
std::string_view precisionName(DType dtype) {
  if (dtype == DType::F32) return nameOf(Precision::Fp32);
  return dtype == DType::F16 ? nameOf(Precision::Fp16) : nameOf(dtype);
}

}  // namespace

NodePrecision precisionOf(const Program& program, const Node& node, Precision precision) {
  const auto dtype = [&](ValueId id) { return id == kNoValue ? DType::F32 : program.type(id).dtype; };
  const DType to = dtype(node.outputs[0]);
  const std::string result(precisionName(to));
  if (node.op->view) return {result, {}};
  if (node.op == &ops::cast)
    return {fmt::format("{} to {}", precisionName(dtype(node.inputs[0])), result), {}};
  const HalfOperands& rule = node.op->half;
  const auto half = std::ranges::find_if(node.inputs, [&](ValueId id) { return isHalf(dtype(id)); });
  if (half != node.inputs.end()) {
    const std::string from(precisionName(dtype(*half)));
    if (isHalf(to)) return {from, std::string(rule.why)};
    return {from + " to " + result, rule.f32Result ? "its consumer needs fp32" : std::string(rule.why)};
  }
  if (isHalf(to)) return {result, {}};
  const std::string fp32(nameOf(Precision::Fp32));
  if (precision == Precision::Fp32) return {fp32, {}};
  const bool product = node.op == &ops::matmul || node.op == &ops::conv2d || node.op == &ops::conv2d_dgrad ||
                       node.op == &ops::conv2d_wgrad;
  if (precision == Precision::Tf32) return {product ? "tf32" : fp32, product ? "" : "not a matrix product"};
  return {fp32, rule.acceptsHalf() ? "its result is a weight gradient" : std::string(rule.why)};
}

std::vector<std::string> precisionByLayer(const Program& program, Precision precision) {
  // The ops by layer and precision, in order of appearance.
  std::map<std::int32_t, std::vector<std::pair<std::string, std::vector<std::string>>>> layers;
  for (const Node& node : program.nodes) {
    if (node.op->view) continue;
    const NodePrecision is = precisionOf(program, node, precision);
    auto& list = layers[node.layer];
    const std::string text = is.why.empty() ? is.text : is.text + " (" + is.why + ")";
    auto line = std::ranges::find(list, text, [](const auto& entry) { return entry.first; });
    if (line == list.end()) line = list.insert(line, {text, {}});
    const std::string op(node.op->name);
    if (std::ranges::find(line->second, op) == line->second.end()) line->second.push_back(op);
  }
  std::vector<std::string> lines;
  for (const auto& [layer, list] : layers)
    for (const auto& [text, ops] : list)
      lines.push_back(fmt::format("{}: {} in {}",
                                  layer < 0 ? "?" : program.layers[static_cast<std::size_t>(layer)],
                                  fmt::join(ops, ", "), text));
  return lines;
}

}  // namespace tandem
