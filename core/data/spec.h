// DataSpec: which data a project trains on and how it is split. Part of the project file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/series_spec.h"
#include "core/data/table_format.h"
#include "core/data/text_format.h"

namespace tandem {

enum class DataKind : std::uint8_t { Idx, Csv, ImageFolder, Generated, Numpy, TextFolder, TextFile, Cifar };

struct DataSpec {
  DataKind kind = DataKind::Generated;
  // Idx: a folder with four files named as in MNIST (plain or .gz), or its file of training images. Csv: the file.
  // ImageFolder: the folder with one subfolder per class, or with train, validation and test folders that have
  // these subfolders; or the folder of the images of which masks exist, or the one around both. TextFolder: one subfolder
  // per class, likewise, of text files. TextFile: the file. Numpy: an .npz or HDF5 file, or the .npy file of the inputs with that
  // of the targets beside it. Cifar: the folder with the binary files of CIFAR-10 or CIFAR-100, or one of them. Idx and
  // Csv: "builtin:iris" and so on are installed datasets (builtin.h). A relative path is resolved against the working
  // directory.
  std::string path;

  // Generated: "spirals", "moons", "circles", "checkerboard", "shapes" (images of imageHeight x imageWidth),
  // "waves" and "bursts" (sequences of different lengths, with a class for each or for each step), "series" (a time
  // series, in windows), "sentences" (texts; the noise is the share of sentences with a random class).
  std::string generator = "spirals";
  std::int64_t count = 2000;
  double noise = 0.1;

  // Numpy: the array of inputs; empty: by its name, such as x or x_train.
  std::string array;

  // Csv, and Numpy: there the only target is an array, and empty means by its name, such as y. Cifar: "fine" or "coarse"
  // or both, of CIFAR-100; empty: fine.
  std::vector<std::string> targets;  // columns to predict, in any order; empty: the last one
  // The targets contain class names, not numbers. A target that is listed among the numbers or categories is what the
  // list says.
  bool classification = true;
  std::vector<std::string> ignore;  // columns to ignore
  std::string sampleWeights;        // the column that weights the rows in the training loss; empty: none does
  // Columns whose kind is set; the kind of the others follows from their values.
  std::vector<std::string> numbers, categories;
  std::vector<std::string> texts;  // features that are read as text, each a separate input
  TableFormat table;
  SeriesSpec series;  // also of the generated "series"

  // ImageFolder, and Csv with columns of images: every image is resized to this size, ignoring its aspect ratio. Channels: 1 or 3
  std::int64_t imageHeight = 32, imageWidth = 32, imageChannels = 3;
  // ImageFolder: the folder of masks, in which the pixels of an image have classes. Empty: a folder "masks" (or a similar
  // name) beside one named "images", if there are any.
  std::string masks;
  TextFormat text;  // of columns of texts, TextFolder, TextFile and generated sentences

  bool skipDamaged = false;  // leave out images that cannot be read; otherwise they are an Error

  bool normalize = true;  // mean 0, standard deviation 1, from the training set only
  bool standardizeTargets =
      true;  // of a regression, likewise; predictions and metrics are in the target's unit
  std::vector<std::string>
      unscaled;  // targets that are not standardized; follows from the network, not in the file
  std::vector<std::string>
      vocabulary;  // of texts, instead of a learned one; follows from a model, not in the file
  double validationFraction = 0.1;  // of the samples outside the test set
  double testFraction = 0.2;        // for datasets without their own test set
  std::uint64_t splitSeed = 1;
  // Each class has the same share of every part, and at least one training sample. Only for classification. Project
  // files written before this setting existed read as false, so that their splits stay the same.
  bool stratify = true;
  bool operator==(const DataSpec&) const = default;
};

}  // namespace tandem
