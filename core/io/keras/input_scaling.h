// The layers Rescaling and Normalization between a model's input and its first other layer. Tandem's networks
// have no such layers: they are the normalization of the data (core/data/preprocessing.h).
#pragma once

#include <vector>

#include "core/data/preprocessing.h"
#include "core/io/keras/model_file.h"

namespace tandem::keras {

// y = x * factor + offset for each value of the last axis, in this order of operations.
struct InputScaling {
  std::vector<double> factor, offset;
  bool rescales = false;  // there is a Rescaling layer, or the statistics are those of levels from 0 to 255
};

// Rescaling or Normalization.
bool isScaling(const KerasLayer& layer);

// A Rescaling after the last other layer: the unit of a target. Nothing if there is none.
const KerasLayer* outputScaling(const KerasModel& model);
// A target with its factors. Errors name the layer: several factors, or not finite ones.
Result<Field> outputUnit(const KerasLayer& layer);

// Combines all of them for an input of shape `sample`; no factors if there are none. Errors
// name the layer: it is elsewhere in the model, or beside another reader of the input; several axes; inverted;
// factors that are missing, not finite or 0.
Result<InputScaling> inputScaling(const KerasModel& model, const Shape& sample);

}  // namespace tandem::keras
