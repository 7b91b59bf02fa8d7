// What the editor shows on each node, and the list of problems: shape inference, parameters, FLOPs.
// Runs on each edit; never throws; a broken layer leaves the others readable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/network/network.h"

namespace tandem {

// Of a repeated layer: totals of all its repetitions, and the output of the last one.
struct LayerFacts {
  std::optional<Shape> output;  // of one sample, without the batch; absent when unknown
  std::int64_t parameters = 0;
  std::int64_t untrained = 0;       // running statistics
  double forwardFlops = 0;          // per sample
  std::size_t activationBytes = 0;  // per sample, f32
};

// A suggestion the editor can carry out with a click.
struct Fix {
  std::string label;       // "Insert a Flatten layer before it"
  std::string insertType;  // layer type to insert before `layer`, or
  std::string setKey;      // property to set on `layer`
  AttrValue setValue;
  bool remove = false;  // or remove `layer`, or
  GroupId group = 0;    // give this group the repeat
  int repeat = 1;
};

struct Problem {
  LayerId layer = 0;  // 0: the network as a whole
  Error error;
  std::optional<Fix> fix;
};

struct Analysis {
  std::map<LayerId, LayerFacts> layers;
  std::vector<Problem> problems;
  std::int64_t parameters = 0;
  double forwardFlops = 0;
  bool ok() const { return problems.empty(); }
};

Analysis analyze(const Network& network);

// Carries out problem.fix. Returns the id of an inserted layer, otherwise problem.layer. A layer inserted
// between two of a group joins it.
Result<LayerId> applyFix(const Problem& problem, Network& network);

// The network, repetitions written out (repeat.h), as ops for one batch size: the first pass of the compiler
// (compile/lower.cpp adds the loss). Adds the input value "x" (Role::Input), the layers' names in execution
// order, and weights as values of their own (Role::Parameter and Role::State), which the compiler later binds
// into blocks. Errors name the layer; they are the first of analyze()'s problems.
struct Lowered {
  ValueId features = kNoValue;
  ValueId output = kNoValue;
  std::map<LayerId, ValueId> outputs;  // of each layer; its last repetition's
};
Result<Lowered> lowerNetwork(const Network& network, std::int64_t batch, bool training, std::uint64_t seed,
                             Program& program);

}  // namespace tandem
