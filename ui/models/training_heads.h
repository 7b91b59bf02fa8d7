// Edits of the heads in the training settings. The value that decides about the best epoch stays the same one, under
// its new name, as long as its head remains.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "core/data/dataset.h"
#include "core/network/project.h"

namespace tandem::ui {

// The layer that a head is trained on; empty if the head does not name one of several outputs.
std::string outputName(const Head& head, const Network& network);

// Gives outputs of the network that have no head one each, for a target of the data if it is known, and removes heads
// whose layer is gone. most: the number of heads to add; there are never more than kMaxHeads.
void addHeads(TrainingConfig& training, const Network& network, const std::optional<DatasetInfo>& data,
              std::size_t most = std::numeric_limits<std::size_t>::max());
void removeHead(TrainingConfig& training, std::size_t index);  // not the only one
void setOutput(TrainingConfig& training, std::size_t index, const std::string& layer);
void renameOutput(TrainingConfig& training, const std::string& from, const std::string& to);
// Removes the heads of layers that are in `before` and not in `after`. The last one remains, for the only output.
void removeHeadsOfRemoved(TrainingConfig& training, const Network& before, const Network& after);

// Which class each number of a list of class weights belongs to, "setosa: 2" in a line each. Empty for other properties of
// the loss, and if the data is not known.
std::string classWeightLines(const Head& head, const Property& property,
                             const std::optional<DatasetInfo>& data);

}  // namespace tandem::ui
