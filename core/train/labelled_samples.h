// Labelled samples on which a trained model is evaluated: a part of its training data, or other data.
#pragma once

#include <optional>

#include "core/train/evaluation.h"
#include "core/train/trained_model.h"

namespace tandem {

struct LabelledSamples {
  EncodedSamples samples;
  std::string name;  // "the test part of digits"
};

// The Error if the file states neither columns nor classes, which labels are compared with.
Status checkDescribed(const OpenModel& model, const std::filesystem::path& file);
// The Error if the file does not name the data that the model was trained on.
Status checkKnowsData(const OpenModel& model, const std::filesystem::path& file);

// A part of the data that the model was trained on; without `part`, the test part, or the validation part if there is none.
// file: of the model; spec: its data, perhaps changed by the user.
Result<LabelledSamples> samplesOfPart(const OpenModel& model, const std::filesystem::path& file,
                                      DataSpec spec, std::optional<SplitPart> part,
                                      const LoadProgress& progress = {});

// Whether the path is read by samplesOfFolder(): a folder, or an archive of arrays.
bool isDataFolder(const std::filesystem::path& path);
// The test part of a folder or of an archive of arrays that has one, else all its samples. spec: how it is read.
Result<LabelledSamples> samplesOfFolder(const OpenModel& model, const std::filesystem::path& folder,
                                        DataSpec spec, const LoadProgress& progress = {});
// All samples of a table or a text. given: what the user has set.
Result<LabelledSamples> samplesOfTable(const OpenModel& model, const std::filesystem::path& file,
                                       const TableFormat& given);
// Of any data, read as the training data was.
Result<LabelledSamples> samplesOfFile(const OpenModel& model, const std::filesystem::path& file,
                                      const LoadProgress& progress = {});

}  // namespace tandem
