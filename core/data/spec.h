// DataSpec: which data a project trains on and how it is split. Part of the project file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

enum class DataKind : std::uint8_t { Idx, Csv, ImageFolder, Generated };

struct DataSpec {
  DataKind kind = DataKind::Generated;
  // Idx: a folder that holds the four files of MNIST's naming (plain or .gz). Csv: the file.
  // ImageFolder: the folder with one subfolder a class. "builtin:fashion-mnist" is the installed set.
  // A relative path is taken from the working directory.
  std::string path;

  // Generated: "spirals", "moons", "circles", "checkerboard".
  std::string generator = "spirals";
  std::int64_t count = 2000;
  double noise = 0.1;

  // Csv
  std::string target;               // column to predict; empty: the last
  bool classification = true;       // the target holds class names, not numbers
  std::vector<std::string> ignore;  // columns not to use

  // ImageFolder: every image is resized to this; its proportions are not kept. Channels: 1 or 3
  std::int64_t imageHeight = 32, imageWidth = 32, imageChannels = 3;

  bool normalize = true;            // mean 0, deviation 1, taken from the training part only
  double validationFraction = 0.1;  // of what is not test
  double testFraction = 0.2;        // for sets without a test part of their own
  std::uint64_t splitSeed = 1;
  bool operator==(const DataSpec&) const = default;
};

}  // namespace tandem
