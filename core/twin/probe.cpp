#include "core/twin/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <span>

#include "core/ops/cast.h"
#include "core/ops/gru_grad.h"
#include "core/ops/lstm_grad.h"
#include "core/ops/simple_rnn_grad.h"
#include "core/tensor/half.h"

namespace tandem {
namespace {

std::string layerName(const Program& program, std::int32_t layer) {
  return layer < 0 ? std::string() : program.layers[static_cast<std::size_t>(layer)];
}

// A fused node computes the output of the layer it absorbed; the value refers to that layer.
std::int32_t layerOf(const Program& program, const Node& node, ValueId value) {
  const std::int32_t layer = program.value(value).layer;
  return layer >= 0 ? layer : node.layer;
}

// What the nodes of the forward pass read.
std::set<ValueId> readForward(const Program& program) {
  std::set<ValueId> read;
  for (const Node& node : program.nodes)
    if (node.part == Part::Forward) read.insert(node.inputs.begin(), node.inputs.end());
  return read;
}

// The results of a node to compare, as indices: in forward the first and those that the pass reads, since the others are
// saved for the gradient; in backward the gradients.
std::vector<std::size_t> comparedResults(const Node& node, const std::set<ValueId>& read) {
  std::vector<std::size_t> indices;
  if (node.op->view || node.part == Part::Update) return indices;
  // Casts in backward are of activations as well, which have no loss scale.
  if (node.op == &ops::cast && node.part == Part::Backward) return indices;
  const bool recurrent =
      node.op == &ops::simple_rnn_grad || node.op == &ops::lstm_grad || node.op == &ops::gru_grad;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.part == Part::Forward && i > 0 && !read.contains(node.outputs[i])) continue;
    if (recurrent && i == 1) continue;  // states, which have no loss scale
    if (node.outputs[i] != kNoValue) indices.push_back(i);
  }
  return indices;
}

// The last result of each layer in one part is the layer's output.
std::set<ValueId> lastOfLayers(const Program& program, Part part, const std::set<ValueId>& read) {
  std::map<std::int32_t, ValueId> last;
  for (const Node& node : program.nodes)
    if (node.part == part)
      for (const std::size_t output : comparedResults(node, read))
        if (const ValueId value = node.outputs[output];
            program.value(program.storage(value).first).role == Role::Temp)
          last[layerOf(program, node, value)] = value;
  std::set<ValueId> values;
  for (const auto& [layer, value] : last) values.insert(value);
  return values;
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
  const std::set<ValueId> read = readForward(p);
  const std::set<ValueId> outputs = lastOfLayers(p, Part::Forward, read);
  const std::set<ValueId> inputGradients = lastOfLayers(p, Part::Backward, read);
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
  const auto addResult = [&](const Node& node, std::size_t output) {
    const ValueId value = node.outputs[output];
    const auto [owner, offset] = p.storage(value);
    const Role role = p.value(owner).role;
    Probe probe;
    probe.value = value;
    probe.node = static_cast<std::int32_t>(&node - p.nodes.data());
    probe.output = output;
    probe.type = p.type(value);
    probe.layer = layerName(p, layerOf(p, node, value));
    if (role == Role::Temp && node.part == Part::Forward) {
      probe.kind = TensorKind::Activation;
      probe.tensor = outputs.contains(value) ? "output" : std::string(node.op->name);
    } else if (role == Role::Temp) {
      probe.kind = TensorKind::InputGradient;
      probe.tensor = inputGradients.contains(value) ? "input gradient" : std::string(node.op->name);
    } else if (role == Role::Gradient && parameterAt.contains(offset)) {
      probe.kind = TensorKind::WeightGradient;
      const ParameterInfo& info = *parameterAt.at(offset);
      probe.layer = layerName(p, p.value(info.value).layer);  // a mixed-precision cast has no layer
      probe.tensor = info.name + " gradient";
    } else {
      return;
    }
    add(std::move(probe));
  };
  for (const Node& node : p.nodes)
    for (const std::size_t output : comparedResults(node, read)) addResult(node, output);
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

// Calls f with a value of the C++ type for `dtype`.
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
  TANDEM_CHECK(bytes.size() >= type.bytes(), "the bytes of a complete tensor");
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
