// The formats of other programs from which models are imported. Each is a folder here, listed in model_formats.cpp.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/io/imported_model.h"

namespace tandem {

struct ModelFormat {
  std::string_view name;                                        // "keras"
  std::string_view label;                                       // "Keras models"
  std::vector<std::string_view> endings;                        // of file names, ".h5"
  bool (*detect)(const std::filesystem::path& file) = nullptr;  // by its content
  Result<ImportedModel> (*import)(const std::filesystem::path& file) = nullptr;
};

std::span<const ModelFormat> modelFormats();
// nullptr: none of them, or there is no such file.
const ModelFormat* modelFormatOf(const std::filesystem::path& file);

// Errors: of the format; the file is of none of them, or is missing.
Result<ImportedModel> importModel(const std::filesystem::path& file);

// A project that trains the model further. The heads have the losses that the file states, or those that fit the
// outputs; it has no data yet, and initial weights are up to the caller. Notes for the user are added.
Project projectOf(const ImportedModel& model, std::string name, std::vector<std::string>& notes);

// What the model reads and computes: "reads 28 x 28 x 1 and computes 10 values".
std::string summaryOf(const ImportedModel& model);

}  // namespace tandem
