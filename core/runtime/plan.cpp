#include "core/runtime/plan.h"

#include <algorithm>

#include "core/runtime/backend.h"

namespace tandem {

std::string_view nameOf(Precision precision) {
  switch (precision) {
    case Precision::Fp32:
      return "fp32";
    case Precision::Tf32:
      return "tf32";
    case Precision::Bf16:
      return "bf16";
    case Precision::Fp16:
      return "fp16";
  }
  return "?";
}

std::optional<Precision> precisionFromName(std::string_view name) {
  for (const Precision precision : {Precision::Fp32, Precision::Tf32, Precision::Bf16, Precision::Fp16})
    if (nameOf(precision) == name) return precision;
  return std::nullopt;
}

bool isDevice(const DeviceInfo& device, std::string_view id) {
  const std::string_view own = device.id;
  return own == id || (own.starts_with(id) && own.substr(id.size()) == ":0");
}

OpCall callOf(const Program& program, const Node& node) {
  OpCall call{.op = node.op, .attrs = &node.attrs, .inputs = {}, .outputs = {}};
  for (const ValueId id : node.inputs)
    call.inputs.push_back(id == kNoValue ? TensorType{} : program.type(id));
  for (const ValueId id : node.outputs)
    call.outputs.push_back(id == kNoValue ? TensorType{} : program.type(id));
  call.frozenWeights = program.frozen && node.inputs.size() > 1 && node.inputs[1] != kNoValue &&
                       program.value(program.storage(node.inputs[1]).first).role == Role::Parameter;
  return call;
}

const ReportSlot* findSlot(std::span<const ReportSlot> slots, std::string_view name) {
  const auto found = std::ranges::find(slots, name, &ReportSlot::name);
  return found == slots.end() ? nullptr : &*found;
}

const ReportSlot* lossSlot(std::span<const ReportSlot> slots) {
  return findSlot(slots, "loss");
}

const ReportSlot* metricSlot(std::span<const ReportSlot> slots) {
  const auto isMetric = [](const ReportSlot& slot) {
    const bool loss =
        slot.name == "loss" || slot.name.ends_with(" loss");  // the sum, or of one of several heads
    return !loss && !slot.trainingOnly;
  };
  const auto found = std::ranges::find_if(slots, isMetric);
  return found == slots.end() ? nullptr : &*found;
}

}  // namespace tandem
