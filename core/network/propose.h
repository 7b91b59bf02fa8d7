// A project for data that the user has: a small network, loss and settings that fit it.
#pragma once

#include "core/data/dataset.h"
#include "core/network/project.h"

namespace tandem {

struct Proposal {
  Project project;
  DatasetInfo data;  // as read for it, with the reader's notes
};

// Reads the data. A target of numbers is read as classes if it has at most 20 different whole numbers and at least 5
// rows for each on average; `spec.target` may name another column than the last one, and its kind may be set. Errors
// are those of the reader, or that most rows have different targets. A table may be read twice, so `progress` may begin
// again.
Result<Proposal> proposeProject(DataSpec spec, const LoadProgress& progress = {});

// The properties of the input layer that reads a tensor of the data.
Attrs inputProperties(const DataTensor& input);

// What the project does with the data: "4 inputs, 3 classes ("species"): softmax cross-entropy and accuracy".
std::string summaryOf(const Proposal& proposal);

}  // namespace tandem
