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
  // Appends to `layers`, which must outlive the describer.
  Describer(const Network& network, const Analysis& analysis, std::span<const WeightView> weights,
            std::vector<KerasLayer>& layers);

  // Errors name the layer and what Keras lacks.
  Status describe(const Layer& layer);
  const std::string& outputName(LayerId id) const { return outputs_.at(id); }
  // Add layers after a described one: the scaling of an input, an activation, or the unit of targets. Their names begin
  // with `prefix`, which distinguishes those of several inputs or outputs.
  void scaleInput(LayerId input, const InputFields& fields, std::string_view prefix);
  void activate(LayerId output, std::string_view function, std::string_view prefix);
  void scaleOutput(LayerId output, const TargetUnit& unit, std::string_view prefix);

  // For codecs. References to a layer are valid until the next one is appended.
  KerasLayer& append(std::string_view className, std::string_view name);
  KerasLayer& last() { return layers_.back(); }
  Weight& addWeight(const Layer& layer, std::string_view suffix, KerasLayer& target);
  const Shape& inputShape(const Layer& layer) const {
    return shapes_.at(layer.inputs.at(0).layer);
  }  // of one sample
  const Shape& shapeOf(const Source& source) const { return shapes_.at(source.layer); }
  // Whether the samples that the layer reads may be shorter than its input.
  bool readsVarying(const Layer& layer) const { return varying_.contains(layer.inputs.at(0).layer); }
  // Whether what the layer reads is never negative.
  bool readsNonNegative(const Layer& layer) const { return nonNegative_.contains(layer.inputs.at(0).layer); }

 private:
  std::string uniqueName(std::string_view wanted);
  KerasLayer& appendAfter(LayerId id, std::string_view className, const std::string& name);

  std::vector<KerasLayer>& layers_;
  std::map<std::string_view, const WeightView*, std::less<>> weights_;
  std::map<LayerId, Shape> shapes_;         // of one sample, of each layer's output
  std::map<LayerId, std::string> outputs_;  // the last Keras layer of each Tandem layer
  std::set<std::string, std::less<>> usedNames_;
  std::set<LayerId> nonNegative_, varying_;
};

}  // namespace tandem::keras
