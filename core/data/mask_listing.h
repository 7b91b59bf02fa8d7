// The images of a folder that have masks: images of the same name whose pixels are classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/data/dataset.h"

namespace tandem {

struct MaskListing {
  // With the same index: an image and its mask. Training images, then those of the folder's own validation and test sets;
  // in each part by name.
  std::vector<std::filesystem::path> images, masks;
  std::int64_t ownValidation = 0, ownTest = 0;
  std::vector<std::filesystem::path> unmasked;  // images without a mask
  std::filesystem::path root;                   // what the user calls files relative to
  std::filesystem::path classes;                // the file of the names of the classes; empty: there is none
  std::vector<std::string> notes;
};

// Whether an image folder has masks: `spec.masks` names their folder, or the folder, or its train folder, contains one
// folder of images and one of masks, by their names.
bool hasMasks(const DataSpec& spec);

// Images and masks at any depth. A mask has the name of its image without the ending, perhaps followed by a word such as
// "_mask". Folders named like train and test are the split (split_names.h), below the folders of images and masks or
// above them. Errors: NotFound, Io, or InvalidInput if there are no masks or if files have the same name.
Result<MaskListing> listMasks(const DataSpec& spec, const LoadProgress& progress);

}  // namespace tandem
