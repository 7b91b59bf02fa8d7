// LayerDef: a layer that users place on the canvas. One file per layer: layers/NAME.cpp defines
// `const LayerDef NAME` in namespace tandem::layers; the build lists the folder.
//
// A layer has no separate shape rule: its lowering runs on a scratch Program, and the shape rules of the ops
// give the result or the Error. So the editor always shows exactly what will be trained.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/layers/layer_help.h"
#include "core/ops/op.h"
#include "core/settings/property.h"
#include "core/text/library_names.h"

namespace tandem {

// The context in which a layer is lowered into a Program. The first dimension of values is the batch.
class LowerContext {
 public:
  LowerContext(Program& program, bool training, bool trainable, std::string layerName, int layerIndex)
      : program_(program),
        training_(training),
        trainable_(trainable),
        name_(std::move(layerName)),
        layerIndex_(layerIndex) {}

  bool training() const { return training_; }
  // Whether steps change what the layer has learned: not outside training, and not of a frozen layer.
  bool learns() const { return training_ && trainable_; }
  const Shape& shape(ValueId id) const { return program_.type(id).shape; }
  // Of a sequence whose samples may end before its last step: the value with their numbers of steps; else kNoValue. What
  // comes after the end is padding: it must not influence a result.
  ValueId lengths(ValueId id) const { return program_.value(id).lengths; }
  void setLengths(ValueId id, ValueId lengths) { program_.value(id).lengths = lengths; }

  // Appends a node. Errors: those of the op's shape rule, or a result that is too large.
  Result<ValueId> op(const OpDef& def, Attrs attrs, std::vector<ValueId> inputs);
  Result<std::vector<ValueId>> opMany(const OpDef& def, Attrs attrs, std::vector<ValueId> inputs);
  // As op(), but if an equal node exists, its result: two branches then have the same value.
  Result<ValueId> sharedOp(const OpDef& def, Attrs attrs, std::vector<ValueId> inputs);
  // An Error if a tensor of this shape exceeds the memory of any machine (so sizes never overflow).
  static Status checkSize(const Shape& shape);

  // A weight "LAYER/suffix", trained unless the layer is frozen. fanIn and fanOut are for the initializer.
  ValueId parameter(std::string_view suffix, Shape shape, std::string_view initializer, std::int64_t fanIn,
                    std::int64_t fanOut, bool decays);
  // Adds the gradient of l1 sum|w| + l2 sum w^2 to that of the last parameter(), w.
  void penalize(double l1, double l2);
  // A running statistic ("LAYER/moving_mean").
  ValueId state(std::string_view suffix, Shape shape, std::string_view initializer);
  // The step block of the program, created on first use, for ops that need the step number or row count
  // (dropout).
  ValueId stepBlock();
  // Index of the layer in the network; selects its random stream.
  int layerIndex() const { return layerIndex_; }
  std::uint64_t seed = 0;

 private:
  Program& program_;
  bool training_, trainable_;
  std::string name_;
  int layerIndex_;
};

// What the range of a layer's inputs says about that of its results.
enum class RangeRule : std::uint8_t {
  Unknown,
  SignKept,  // they are not negative if no input is
  Kept       // they are limited if all inputs are, such as to [0, 1] or to values above 0
};

struct LayerDef {
  std::string_view type;      // "conv2d"; equals the file's basename
  std::string_view label;     // "Convolution 2D"
  std::string_view category;  // "Core", "Convolution", "Normalization", ...: a section of the palette
  std::string_view summary;   // one sentence for palette and help
  LibraryNames names = {};    // in Keras and PyTorch; exports use the one of Keras
  std::vector<Property> properties = {};
  int minInputs = 1;
  int maxInputs = 1;
  // The names of the inputs that differ in meaning, in port order: "query", "key", "value". Empty: all are alike. A layer
  // may have fewer inputs than names.
  std::vector<std::string_view> inputNames = {};
  // How many of them these properties need; nullptr: minInputs to maxInputs.
  int (*inputCount)(const Attrs& properties) = nullptr;
  // Of sequences: no step of the result depends on another step of the inputs, so the result has the lengths of the inputs
  // that have any, which must be the same. A layer without it must set the lengths of its result itself, and must not let
  // padding influence it (masked() in sequence.h).
  bool keepsSteps = false;
  bool readsTokens = false;  // an input may be tokens, i32 (batch, steps); for other layers, that is an error
  RangeRule range = RangeRule::Unknown;
  bool keepsShape = false;  // with one input, the result has its shape
  // The input must keep its size: the properties state it, or its width becomes another dimension.
  bool fixesSize = false;
  std::string_view activationKey = {};  // the property that names the function that is applied last
  // `inputs` are in port order, minInputs to maxInputs of them; the input layer gets the program's "x".
  Result<ValueId> (*lower)(LowerContext&, const Attrs& properties, std::span<const ValueId> inputs) = nullptr;

  // Of a layer with several outputs, instead of lower(): their names, which may depend on the properties, and their
  // values in the same order.
  std::vector<std::string> (*outputs)(const Attrs& properties) = nullptr;
  Result<std::vector<ValueId>> (*lowerMany)(LowerContext&, const Attrs& properties,
                                            std::span<const ValueId> inputs) = nullptr;

  LayerHelp help = {};
};

const LayerDef* findLayer(std::string_view type);
std::span<const LayerDef* const> allLayers();

}  // namespace tandem
