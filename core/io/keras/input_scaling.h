// The layers Rescaling and Normalization between an input of a model and the first other layer, and a Rescaling at the
// end. Tandem's networks have no such layers: they are the normalization of the data (core/data/preprocessing.h).
#pragma once

#include <vector>

#include "core/io/keras/data_match.h"
#include "core/io/keras/model_file.h"

namespace tandem::keras {

// y = x * factor + offset for each value of the last axis, in this order of operations.
struct InputScaling {
  std::vector<double> factor, offset;
  bool rescales = false;  // there is a Rescaling layer, or the statistics are those of levels from 0 to 255
};

// Rescaling or Normalization.
bool isScaling(const KerasLayer& layer);

// The Rescaling that this output of the model is: the unit of its targets. Nothing if it is another layer.
const KerasLayer* outputScaling(const KerasModel& model, std::string_view output);
// Its factors, one or `width`. Errors name the layer: another number of factors, or not finite ones.
Result<TargetUnit> outputUnit(const KerasLayer& layer, std::int64_t width);

// Combines all of them for each input, in the order of the model's layers; no factors where there are none. samples:
// the shapes of the inputs. Errors name the layer: it is elsewhere in the model, or beside another reader of the input;
// several axes; inverted; factors that are missing, not finite or 0.
Result<std::vector<InputScaling>> inputScalings(const KerasModel& model, std::span<const Shape> samples);

}  // namespace tandem::keras
