// DataSpec: which data a project trains on and how it is split. Part of the project file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

enum class DataKind : std::uint8_t { Idx, Csv, ImageFolder, Generated };

struct DataSpec {
  DataKind kind = DataKind::Generated;
  // Idx: a folder with four files named as in MNIST (plain or .gz). Csv: the file. ImageFolder: the folder
  // with one subfolder per class. "builtin:fashion-mnist" is the installed dataset. A relative path is
  // resolved against the working directory.
  std::string path;

  // Generated: "spirals", "moons", "circles", "checkerboard".
  std::string generator = "spirals";
  std::int64_t count = 2000;
  double noise = 0.1;

  // Csv
  std::string target;               // column to predict; empty: the last one
  bool classification = true;       // the target contains class names, not numbers
  std::vector<std::string> ignore;  // columns to ignore

  // ImageFolder: every image is resized to this size, ignoring its aspect ratio. Channels: 1 or 3
  std::int64_t imageHeight = 32, imageWidth = 32, imageChannels = 3;

  bool normalize = true;            // mean 0, standard deviation 1, from the training set only
  double validationFraction = 0.1;  // of the samples outside the test set
  double testFraction = 0.2;        // for datasets without their own test set
  std::uint64_t splitSeed = 1;
  bool operator==(const DataSpec&) const = default;
};

}  // namespace tandem
