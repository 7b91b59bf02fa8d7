// Keras layers -> a Tandem network with its weights.
#pragma once

#include <map>
#include <set>

#include "core/io/keras/config.h"
#include "core/io/keras/data_match.h"
#include "core/io/keras/input_scaling.h"
#include "core/io/keras/keras.h"
#include "core/io/keras/model_file.h"

namespace tandem::keras {

inline constexpr double kKerasLeakySlope = 0.2;  // of the function "leaky_relu"; the layer LeakyReLU has 0.3

// Moves the model's weights. Errors name the layer.
class Converter {
 public:
  explicit Converter(KerasModel model);
  Result<ImportedModel> convert();

  // For codecs. The type of layer that the current codec is for.
  std::string_view type() const { return type_; }
  // Append a layer made from the current one of Keras; a reference is valid until the next one.
  Layer& append(std::string_view type, Attrs properties, std::string_view suffix = {});
  void appendInput(Attrs properties);
  // Makes the input that the layer reads one of tokens. varies: padding, 0, follows the end of a sample.
  Status readTokens(const KerasLayer& layer, bool varies);
  // For the user: what the network lacks of the current layer.
  void note(const std::string& text);
  void appendActivation(const std::string& function, double slope, std::string_view suffix = {});
  // With the activation as its property, or as a layer after it if the property has no such function.
  void appendActivated(std::string_view type, Attrs properties, const std::string& function);
  // Requires that the axis in the settings of the Keras layer, from which the last layer was made, is the last one.
  // what: "normalizes".
  void requireLastAxis(const KerasLayer& layer, ConfigReader& config, const std::string& what);
  // Of the last layer that is not an activation.
  void addWeight(std::string_view suffix, Weight weight);
  // Whether a Rescaling or Normalization is no layer of the network (input_scaling.h).
  bool scalesData(const KerasLayer& layer) const { return dataScalings_.contains(layer.name); }
  // Top, bottom, left and right of the layers ZeroPadding2D before, if they are not converted themselves.
  Result<std::vector<std::int64_t>> padsBefore(const KerasLayer& layer) const;
  static Status requireWeights(const KerasLayer& layer, std::size_t count);

 private:
  Status convertLayer(KerasLayer& layer);
  std::string uniqueName(const std::string& wanted);
  struct Converted {
    std::size_t first = 0, last = 0;  // its layers in layers_
  };
  const KerasLayer* inputOf(const KerasLayer& layer) const;  // of a layer with one input
  // Whether the layer has no equivalent in Tandem's network: paddings are merged into convolutions, the scaling of the
  // input belongs to the data.
  bool isSkipped(const KerasLayer& layer) const;
  // The layers that produce the values of the layer `name`, without skipped ones.
  Result<const Converted*> sourceOf(const std::string& name, const std::string& reader) const;
  Status connect();
  Status checkResult();
  Status checkOutputs();
  void listOrigins();
  void readTraining();
  Status describeData();
  void describeInputs(std::span<const InputScaling> scalings);
  void describeOutput(const Layer& layer, const TargetUnit& unit);
  Status readDescription();
  Status renameInputs();
  Status readOutputs();

  KerasModel model_;
  std::map<std::string_view, const KerasLayer*, std::less<>> byName_;
  std::map<std::string_view, Converted, std::less<>> converted_;
  std::map<std::string_view, std::string, std::less<>> layerNotes_;  // by the layers' names in Keras
  std::set<std::string_view> merged_;  // paddings that all their readers, convolutions, apply themselves
  std::set<std::string_view> dataScalings_;  // input_scaling.h
  const KerasLayer* current_ = nullptr;
  std::string_view type_;
  std::vector<Layer> layers_;
  std::set<std::string, std::less<>> names_;
  std::vector<std::pair<LayerId, std::int64_t>> axes_;       // must be the last axis, counting the batch
  std::map<std::string_view, LayerId, std::less<>> inputs_;  // by their names in Keras
  std::vector<LayerId> outputs_;                             // in the order of the model's
  std::vector<std::int64_t> widths_;                         // of the last axis of each output
  ImportedModel result_;
};

}  // namespace tandem::keras
