// Describes a Tandem layer as Keras layers that compute the same.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "core/io/keras/data_match.h"
#include "core/io/keras/graph.h"
#include "core/io/keras/keras.h"
#include "core/network/analysis.h"

namespace tandem::keras {

// Describes layers in execution order. The network must be valid and `weights` complete. One Tandem layer may
// need several Keras layers: padding before it, an activation with a parameter after it.
class Describer {
 public:
  Describer(const Network& network, const Analysis& analysis, std::span<const WeightView> weights);

  // Appends to `layers`. Errors name the layer and what Keras lacks.
  Status describe(const Layer& layer, std::vector<KerasLayer>& layers);
  const std::string& outputName(LayerId id) const { return outputs_.at(id); }
  // Add layers after a described one: the scaling of an input, an activation, or the unit of targets. Their names begin
  // with `prefix`, which distinguishes those of several inputs or outputs.
  void scaleInput(LayerId input, const InputFields& fields, std::string_view prefix,
                  std::vector<KerasLayer>& layers);
  void activate(LayerId output, std::string_view function, std::string_view prefix,
                std::vector<KerasLayer>& layers);
  void scaleOutput(LayerId output, const TargetUnit& unit, std::string_view prefix,
                   std::vector<KerasLayer>& layers);

 private:
  std::string uniqueName(std::string_view wanted);
  KerasLayer& appendAfter(LayerId id, std::string_view className, const std::string& name,
                          std::vector<KerasLayer>& layers);
  KerasLayer& append(std::vector<KerasLayer>& layers, std::string_view className, std::string_view name);
  Weight& addWeight(const Layer& layer, std::string_view suffix, KerasLayer& target);
  void dense(const Layer& layer, std::vector<KerasLayer>& layers);
  Status conv(const Layer& layer, std::vector<KerasLayer>& layers);
  void convTranspose(const Layer& layer, std::vector<KerasLayer>& layers);
  Status conv1d(const Layer& layer, std::vector<KerasLayer>& layers);
  Status pool(const Layer& layer, std::vector<KerasLayer>& layers);
  void pool1d(const Layer& layer, std::vector<KerasLayer>& layers);
  void batchNorm(const Layer& layer, std::vector<KerasLayer>& layers);
  void prelu(const Layer& layer, std::vector<KerasLayer>& layers);
  void norm(const Layer& layer, std::vector<KerasLayer>& layers);
  void activation(const Layer& layer, std::vector<KerasLayer>& layers);
  void zeroPadding(const Layer& layer, std::vector<KerasLayer>& layers);
  void finishActivated(const Layer& layer, std::vector<KerasLayer>& layers);
  const Shape& inputShape(const Layer& layer) const { return shapes_.at(layer.inputs.at(0).layer); }

  std::map<std::string_view, const WeightView*, std::less<>> weights_;
  std::map<LayerId, Shape> shapes_;         // of one sample, of each layer's output
  std::map<LayerId, std::string> outputs_;  // the last Keras layer of each Tandem layer
  std::set<std::string, std::less<>> usedNames_;
  std::set<LayerId> nonNegative_;
};

}  // namespace tandem::keras
