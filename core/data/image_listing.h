// The images, or the text files, in a folder with one subfolder per class.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/data/dataset.h"

namespace tandem {

struct ImageListing {
  std::vector<std::string> classNames;  // sorted
  // Training images, then those of the folder's own validation and test sets; in each part by class and path.
  std::vector<std::filesystem::path> files;
  std::vector<std::int32_t> classOf;
  std::int64_t ownValidation = 0, ownTest = 0;
  std::vector<std::string> notes;
};

// The subfolders of `root` are the classes, with all images in them at any depth. If they are named like train and test,
// validation or both (split_names.h), these are the split, and their subfolders are the classes. Files that are not
// images by their name are counted in a note. Errors: NotFound, Io, or InvalidInput if there are no two classes with
// images.
Result<ImageListing> listImages(const std::filesystem::path& root, const LoadProgress& progress);
// The same of files that end in ".txt".
Result<ImageListing> listTexts(const std::filesystem::path& root, const LoadProgress& progress);

// The entries of a folder by name, without hidden ones.
struct FolderEntries {
  std::vector<std::string> folders, files;
};
Result<FolderEntries> entriesOf(const std::filesystem::path& folder);
// Whether a file is a PNG or JPEG image by its name.
bool isPictureName(const std::string& file);

// "cat (3 .webp, 1 .txt), dog (2 .gif) and 5 more folders"
using FolderCounts = std::map<std::string, std::map<std::string, std::int64_t>>;  // by folder, then by kind
std::string countsText(const FolderCounts& counts);

}  // namespace tandem
