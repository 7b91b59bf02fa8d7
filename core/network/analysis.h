// The analysis that the editor shows: shapes, parameters and FLOPs of each node, and the list of problems.
// Runs on each edit; never throws; an invalid layer does not prevent analysis of the others.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/network/network.h"

namespace tandem {

// For a repeated layer: totals over all repetitions, and the output of the last one.
struct LayerFacts {
  std::optional<Shape> output;      // of one sample, without the batch; absent when unknown
  std::vector<Shape> moreOutputs;   // those of a layer with several, after the first
  std::vector<bool> varies;         // of each output: a sequence whose samples may be shorter
  std::int64_t parameters = 0;      // that are trained
  std::int64_t untrained = 0;       // running statistics and frozen weights
  double forwardFlops = 0;          // per sample
  std::size_t activationBytes = 0;  // per sample, f32
  std::string outputText() const;   // "28 x 28 x 4", "28 x 28 x 4 (2 outputs)"; "?" when unknown
};

struct InsertLayer {
  std::string type;  // before the problem's layer
};
struct SetProperty {
  std::string key;
  AttrValue value;
};
struct RemoveLayer {};
struct SetRepeat {
  GroupId group = 0;
  int repeat = 1;
};
struct AddHeads {};  // one for each output (headsFor() in compile.h); applyFix() cannot

// A suggestion that the editor can apply with one click.
struct Fix {
  std::string label;  // "Insert a Flatten layer before it"
  std::variant<InsertLayer, SetProperty, RemoveLayer, SetRepeat, AddHeads> action;
};

struct Problem {
  LayerId layer = 0;  // 0: the network as a whole
  Error error;
  std::optional<Fix> fix;
};

struct Analysis {
  std::map<LayerId, LayerFacts> layers;
  std::vector<Problem> problems;
  std::int64_t parameters = 0, untrained = 0;
  double forwardFlops = 0;
  bool ok() const { return problems.empty(); }
  std::optional<Shape> shapeOf(Source source) const;  // absent when unknown
  bool varies(Source source) const;                   // LayerFacts::varies
};

Analysis analyze(const Network& network);

// Of an input layer: whether its samples are tokens, and whether they may be shorter than its first dimension.
bool readsTokens(const Layer& input);
bool variesInLength(const Layer& input);

// Applies problem.fix. Returns the id of an inserted layer, otherwise problem.layer. A layer inserted
// between two layers joins the innermost group that contains both.
Result<LayerId> applyFix(const Problem& problem, Network& network);

// Lowers the network, with repetitions expanded (repeat.h), to ops for one batch size: the compiler's first
// pass (compile/lower.cpp adds the losses). Adds an input value for each input layer (Role::Input, of the layer's name)
// and one for the lengths of each that varies (Value::lengths), the layer names in
// execution order, and weights as separate values (Role::Parameter and Role::State), which the compiler later
// binds into blocks. Errors name the layer and equal the first of analyze()'s problems.
struct Lowered {
  std::map<LayerId, ValueId> inputs;  // by input layer
  std::map<Source, ValueId> outputs;  // of drawn layers; of the last repetition
};
Result<Lowered> lowerNetwork(const Network& network, std::int64_t batch, bool training, std::uint64_t seed,
                             Program& program);

}  // namespace tandem
