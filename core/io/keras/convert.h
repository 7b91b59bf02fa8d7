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

// Moves the model's weights. Errors name the layer.
class Converter {
 public:
  explicit Converter(KerasModel model);
  Result<ImportedModel> convert();

 private:
  using Integers = std::vector<std::int64_t>;

  Status convertLayer(KerasLayer& layer);
  Status input(ConfigReader& config);
  Status dense(KerasLayer& layer, ConfigReader& config);
  Status conv(KerasLayer& layer, ConfigReader& config);
  Status depthwiseConv(KerasLayer& layer, ConfigReader& config);
  Status convTranspose(KerasLayer& layer, ConfigReader& config);
  Status conv1d(KerasLayer& layer, ConfigReader& config);
  Status pool(const KerasLayer& layer, ConfigReader& config);
  Status pool1d(const KerasLayer& layer, ConfigReader& config);
  Status batchNorm(KerasLayer& layer, ConfigReader& config);
  Status prelu(KerasLayer& layer);
  Status norm(KerasLayer& layer, ConfigReader& config);
  Status activation(const KerasLayer& layer, ConfigReader& config);
  Status plain(const KerasLayer& layer, ConfigReader& config);

  Layer& append(std::string_view type, Attrs properties, std::string_view suffix = {});
  void appendActivation(const std::string& function, double slope, std::string_view suffix);
  void appendActivated(std::string_view type, Attrs properties, const std::string& function);
  // Requires that the axis in the settings of the Keras layer is the last one.
  void requireLastAxis(const KerasLayer& layer, LayerId added, ConfigReader& config);
  Status setWindow(const KerasLayer& layer, ConfigReader& config, Attrs& properties);
  void addWeight(std::string_view suffix, Weight weight);
  Status addConvWeights(KerasLayer& layer, bool bias, int rank);
  Status takeWeights(KerasLayer& layer, std::size_t count);
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
  Status describeData();
  void describeInputs(std::span<const InputScaling> scalings);
  void describeOutput(const Layer& layer, const TargetUnit& unit);
  Status readDescription();
  Status renameInputs();
  Status readOutputs();

  KerasModel model_;
  std::map<std::string_view, const KerasLayer*, std::less<>> byName_;
  std::map<std::string_view, Converted, std::less<>> converted_;
  std::set<std::string_view> merged_;  // paddings that all their readers, convolutions, apply themselves
  const KerasLayer* current_ = nullptr;
  std::vector<Layer> layers_;
  std::set<std::string, std::less<>> names_;
  std::vector<std::pair<LayerId, std::int64_t>> axes_;       // must be the last axis, counting the batch
  std::map<std::string_view, LayerId, std::less<>> inputs_;  // by their names in Keras
  std::vector<LayerId> outputs_;                             // in the order of the model's
  std::vector<std::int64_t> widths_;                         // of the last axis of each output
  ImportedModel result_;
};

}  // namespace tandem::keras
