// Program: a list of op nodes in execution order over typed values, for one batch size. Lowering
// creates it from a Network, gradient rules and passes extend it, a Plan freezes it.
//
// Values are single-assignment. A value may be a view of another (reshape, a parameter inside the
// parameter block, an in-place result): it then has no separate storage.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ops/attrs.h"
#include "core/tensor/tensor.h"

namespace tandem {

struct OpDef;

using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;

// Where a value is stored. Blocks persist between steps and are contiguous; temporaries share the arena.
enum class Role : std::uint8_t {
  Temp,       // activations, gradients of activations, scratch: planned into the arena
  Input,      // features "x" and labels "y", written before each step
  Parameter,  // the block of all weights that are trained, f32
  Gradient,   // the block of their gradients, same layout
  Optimizer,  // the block of the optimizer's state (momentum, variance), the mean gradient and the averaged weights, each
              // with the layout of the parameters
  State,   // the block of running statistics and frozen weights, f32
  Step,    // the step block: per-step scalars (step_block.h)
  Report,  // the report block: loss, metrics, gradient norm, read back after each step
};

struct Value {
  TensorType type;
  Role role = Role::Temp;
  std::string name;             // "conv1/kernel", "x", "loss"; may be empty for temporaries
  ValueId base = kNoValue;      // if set, a view of this value ...
  std::size_t offsetBytes = 0;  // ... starting at this byte
  std::int32_t layer = -1;      // index into Program::layers, -1 for none
  // Of a sequence (batch, steps, ...) whose samples may end earlier: their numbers of steps, i32 (batch), from 1. kNoValue:
  // all steps count.
  ValueId lengths = kNoValue;
};

enum class Part : std::uint8_t { Forward, Backward, Update };

struct Node {
  const OpDef* op = nullptr;
  Attrs attrs;
  std::vector<ValueId> inputs;   // kNoValue where an optional input is absent
  std::vector<ValueId> outputs;  // kNoValue where an optional output is not needed
  std::int32_t layer = -1;
  Part part = Part::Forward;
};

// A weight that training changes, in the Parameter block, or a running statistic or frozen weight, in the State block.
struct ParameterInfo {
  std::string name;  // "conv1/kernel"
  Shape shape;
  std::string initializer;  // "he_normal", "zeros", ...; see layers/initializers.h
  std::int64_t fanIn = 0, fanOut = 0;
  // The number of the weight in the network, which selects its random initial values, whether or not it is frozen; none
  // for statistics.
  std::optional<std::uint64_t> stream;
  bool decays = false;    // the L1/L2 penalties of the training settings apply (kernels, not biases or norms)
  double l1 = 0, l2 = 0;  // penalties of the layer, in addition
  ValueId value = kNoValue;
  std::size_t offsetBytes = 0;  // in its block
};

class Program {
 public:
  ValueId addValue(Value value);
  // Adds a view of `base`; `base` may itself be a view.
  ValueId addView(ValueId base, std::size_t offsetBytes, TensorType type, std::string name = {});
  // Infers output types, adds the output values (views for in-place results and view ops) and the node.
  Result<std::vector<ValueId>> append(const OpDef& op, Attrs attrs, std::vector<ValueId> inputs);
  Result<ValueId> append1(const OpDef& op, Attrs attrs, std::vector<ValueId> inputs);

  const TensorType& type(ValueId id) const { return values[static_cast<std::size_t>(id)].type; }
  Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
  const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  // The value that owns the storage of `id`, and the byte offset of `id` in it.
  std::pair<ValueId, std::size_t> storage(ValueId id) const;

  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<std::string> layers;        // names, for errors, profiles and reports
  std::vector<ParameterInfo> parameters;  // what training changes, in the order of the layers
  std::vector<ParameterInfo> states;      // running statistics and frozen weights, likewise
  std::uint64_t weights = 0;              // trainable and frozen

  // Parameters and states change only when the session's owner writes them, not in a step.
  bool frozen = false;

  // Assigned to new nodes and values by append().
  std::int32_t currentLayer = -1;
  Part currentPart = Part::Forward;

  std::string dump() const;  // one line per node, for tests and debugging
};

}  // namespace tandem
