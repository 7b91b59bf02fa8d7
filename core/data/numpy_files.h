// Which arrays of an .npz or HDF5 file, or of the .npy files in a folder, are inputs and targets.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/byte_source.h"
#include "core/data/dataset.h"

namespace tandem {

// Arrays by name: the members of an .npz file, or the .npy files beside one, without the ending, or those of an HDF5 file
// with the groups that they are in: "train/x". All are read as .npy files.
struct ArrayStore {
  std::vector<std::string> names;
  std::function<Result<std::unique_ptr<ByteSource>>(const std::string& name)> open;
  std::string where;
  std::string chosen;  // the name of the .npy file; empty for an .npz file
};

// Whether this is an .npy or HDF5 file, by its first bytes, or an .npz file, by these and its ending: other files are ZIP
// archives, too.
bool isArrayFile(const std::filesystem::path& file, std::span<const std::uint8_t> start);

// Errors: NotFound, Io, or a file of another kind.
Result<ArrayStore> openArrays(const std::filesystem::path& file);

// The arrays of a part of the data, by name.
struct ArrayPair {
  SplitPart part = SplitPart::Train;
  std::string inputs, targets;
};

// By the names that Keras and others use, such as x and y, x_train and y_test, or train_images and test_labels, or as the
// user says: `inputs`, or empty; `targets`, or empty. The first pair is that of the training samples, or of the chosen
// file. Errors name the arrays that there are.
Result<std::vector<ArrayPair>> findPairs(const ArrayStore& store, const std::string& inputs,
                                         const std::string& targets);

// The inputs to predict: the only array, or those of the test set, or those of the first pair.
Result<std::string> findInputs(const ArrayStore& store);

}  // namespace tandem
