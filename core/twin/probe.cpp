#include "core/twin/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "core/tensor/half.h"

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
      const ParameterInfo& info = *parameterAt.at(offset);
      probe.layer = layerName(p, p.value(info.value).layer);  // a cast of mixed precision has none of its own
      probe.tensor = info.name + " gradient";
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
  std::vector<std::byte> bytes(probe.type.bytes());
  TANDEM_TRY(session.readValue(Phase::Train, probe.value, bytes));
  const std::vector<double> numbers = numbersOf(probe.type, bytes);
  return std::vector<float>(numbers.begin(), numbers.end());
}

namespace {

// Calls f with a value of the C++ type that stands for `dtype`.
template <class F>
void withType(DType dtype, const F& f) {
  switch (dtype) {
    case DType::F32:
      return f(float{});
    case DType::F16:
      return f(Float16{});
    case DType::BF16:
      return f(BFloat16{});
    case DType::F64:
      return f(double{});
    case DType::I32:
      return f(std::int32_t{});
    case DType::U8:
      return f(std::uint8_t{});
  }
}

}  // namespace

std::vector<double> numbersOf(const TensorType& type, std::span<const std::byte> bytes) {
  std::vector<double> numbers(static_cast<std::size_t>(type.shape.elements()));
  TANDEM_CHECK(bytes.size() >= type.bytes(), "the bytes of a whole tensor");
  withType(type.dtype, [&](auto value) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      std::memcpy(&value, bytes.data() + i * sizeof(value), sizeof(value));
      numbers[i] = static_cast<double>(value);
    }
  });
  return numbers;
}

Tensor tensorOf(const TensorType& type, std::span<const double> numbers) {
  Tensor tensor(type);
  withType(type.dtype, [&](auto value) {
    using T = decltype(value);
    std::ranges::transform(numbers, tensor.as<T>().begin(), [](double x) { return static_cast<T>(x); });
  });
  return tensor;
}

}  // namespace tandem
