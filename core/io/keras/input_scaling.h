// The layers Rescaling and Normalization between an input of a model and the first other layer, and a Rescaling at the
// end. They are no layers of Tandem's network but the normalization of the data (core/data/preprocessing.h).
#pragma once

#include <set>
#include <string_view>
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
// The names of those that are the normalization of the data or the unit of targets. All others are layers of the network.
std::set<std::string_view> dataScalings(const KerasModel& model);
// The numbers of a setting (scale, offset, mean, variance), one or several: of a Normalization without settings, of its
// weights. Empty if they are missing or no numbers.
std::vector<double> scalingNumbers(const KerasLayer& layer, const char* key);

// The Rescaling that this output of the model is: the unit of its targets. Nothing if it is another layer.
const KerasLayer* outputScaling(const KerasModel& model, std::string_view output);
// Its factors, one or `width`. Errors name the layer: another number of factors, or not finite ones.
Result<TargetUnit> outputUnit(const KerasLayer& layer, std::int64_t width);

// Combines all of them for each input, in the order of the model's layers; no factors where there are none. samples:
// the shapes of the inputs. Errors name the layer: it is beside another reader of the input; several axes; inverted; factors that are missing, not finite or 0.
Result<std::vector<InputScaling>> inputScalings(const KerasModel& model, std::span<const Shape> samples);

}  // namespace tandem::keras
