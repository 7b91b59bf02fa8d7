#include "core/twin/probe.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace tandem {
namespace {

std::string layerName(const Program& program, std::int32_t layer) {
  return layer < 0 ? std::string() : program.layers[static_cast<std::size_t>(layer)];
}

// A fused node makes what the layer it took over would have made: the value knows that layer.
std::int32_t layerOf(const Program& program, const Node& node) {
  const std::int32_t layer = program.value(node.outputs[0]).layer;
  return layer >= 0 ? layer : node.layer;
}

// The last node of each layer in one part makes what the layer hands on.
std::set<std::size_t> lastOfLayers(const Program& program, Part part) {
  std::map<std::int32_t, std::size_t> last;
  for (std::size_t i = 0; i < program.nodes.size(); ++i) {
    const Node& node = program.nodes[i];
    if (node.part != part || node.op->view || node.outputs[0] == kNoValue) continue;
    if (program.value(program.storage(node.outputs[0]).first).role == Role::Temp)
      last[layerOf(program, node)] = i;
  }
  std::set<std::size_t> nodes;
  for (const auto& [layer, node] : last) nodes.insert(node);
  return nodes;
}

}  // namespace

std::string_view nameOf(TensorKind kind) {
  switch (kind) {
    case TensorKind::Activation:
      return "activation";
    case TensorKind::InputGradient:
      return "input gradient";
    case TensorKind::WeightGradient:
      return "weight gradient";
    case TensorKind::Update:
      return "update";
  }
  return "?";
}

std::vector<Probe> probesOf(const Plan& plan) {
  const Program& p = plan.train.program;
  const std::set<std::size_t> outputs = lastOfLayers(p, Part::Forward);
  const std::set<std::size_t> inputGradients = lastOfLayers(p, Part::Backward);
  std::map<std::size_t, const ParameterInfo*> parameterAt;  // by offset in the block
  for (const ParameterInfo& info : p.parameters) parameterAt[info.offsetBytes] = &info;
  std::vector<Probe> probes;
  std::set<std::pair<std::string, std::string>> used;
  const auto add = [&](Probe probe) {
    const std::string tensor = probe.tensor;
    for (int number = 2; !used.emplace(probe.layer, probe.tensor).second; ++number)
      probe.tensor = fmt::format("{} {}", tensor, number);
    probes.push_back(std::move(probe));
  };
  for (std::size_t i = 0; i < p.nodes.size(); ++i) {
    const Node& node = p.nodes[i];
    if (node.op->view || node.outputs[0] == kNoValue || node.part == Part::Update) continue;
    const ValueId value = node.outputs[0];
    const auto [owner, offset] = p.storage(value);
    const Role role = p.value(owner).role;
    Probe probe;
    probe.value = value;
    probe.node = static_cast<std::int32_t>(i);
    probe.type = p.type(value);
    probe.layer = layerName(p, layerOf(p, node));
    if (role == Role::Temp && node.part == Part::Forward) {
      probe.kind = TensorKind::Activation;
      probe.tensor = outputs.contains(i) ? "output" : std::string(node.op->name);
    } else if (role == Role::Temp && node.part == Part::Backward) {
      probe.kind = TensorKind::InputGradient;
      probe.tensor = inputGradients.contains(i) ? "input gradient" : std::string(node.op->name);
    } else if (role == Role::Gradient && parameterAt.contains(offset)) {
      probe.kind = TensorKind::WeightGradient;
      probe.tensor = parameterAt.at(offset)->name + " gradient";
    } else {
      continue;
    }
    add(std::move(probe));
  }
  for (const ParameterInfo& info : p.parameters) {
    Probe probe;
    probe.kind = TensorKind::Update;
    probe.layer = layerName(p, p.value(info.value).layer);
    probe.tensor = info.name + " update";
    probe.value = info.value;
    probe.type = p.type(info.value);
    add(std::move(probe));
  }
  return probes;
}

Result<std::vector<float>> readProbe(Session& session, const Probe& probe) {
  std::vector<float> values(static_cast<std::size_t>(probe.type.shape.elements()));
  if (probe.type.dtype == DType::F32) {
    TANDEM_TRY(session.readValue(Phase::Train, probe.value, std::as_writable_bytes(std::span(values))));
    return values;
  }
  if (probe.type.dtype != DType::I32)
    return Error{ErrorCode::Unsupported,
                 fmt::format("values of type {} cannot be shown", nameOf(probe.type.dtype)),
                 probe.layer,
                 {}};
  std::vector<std::int32_t> whole(values.size());
  TANDEM_TRY(session.readValue(Phase::Train, probe.value, std::as_writable_bytes(std::span(whole))));
  std::copy(whole.begin(), whole.end(), values.begin());
  return values;
}

}  // namespace tandem
