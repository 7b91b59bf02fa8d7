// Arrays of HDF5 files as data. arrays/chunked.h5 was written by h5py.
#include "core/data/hdf5_arrays.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/data/detect.h"
#include "core/data/encode.h"
#include "core/data/npy.h"
#include "core/hdf5/hdf5.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;

const std::string kChunked = TANDEM_SOURCE_DIR "/tests/unit/arrays/chunked.h5";

// Writes an array of floats and one of classes.
void writeArrays(Hdf5Group& root, const std::string& inputs, const std::string& targets,
                 std::int64_t samples) {
  std::vector<float> x;
  std::vector<std::int32_t> y;
  for (std::int64_t i = 0; i < samples; ++i) {
    x.push_back(static_cast<float>(i) + 0.25f);
    x.push_back(-1.5f);
    y.push_back(static_cast<std::int32_t>(i % 2));
  }
  EXPECT_TRUE(root.write<float>(inputs, Shape{samples, 2}, x).ok());
  EXPECT_TRUE(root.write<std::int32_t>(targets, Shape{samples}, y).ok());
}

DataSpec specOf(const std::string& path) {
  DataSpec spec;
  spec.kind = DataKind::Numpy;
  spec.path = path;
  spec.normalize = false;
  return spec;
}

std::string errorOf(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  return data.ok() ? "" : data.error().text();
}

TEST(Hdf5Arrays, ReadsTheSetsOfGroups) {
  const TempFolder folder;
  const std::string path = folder.file("data.h5");
  auto file = Hdf5File::create(path);
  ASSERT_TRUE(file.ok());
  writeArrays(file->root(), "train/x", "train/y", 20);
  writeArrays(file->root(), "test/x", "test/y", 6);
  ASSERT_TRUE(file->commit().ok());
  const auto spec = detectData(path);
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->kind, DataKind::Numpy);
  const auto data = loadDataset(specOf(path));
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->size(), 26);
  EXPECT_EQ((*data)->part(SplitPart::Test).size(), 6U);
  EXPECT_EQ((*data)->info.targets[0].classes, 2);
  EXPECT_EQ((*data)->inputs[0].floats[4], 2.25f);
  const auto encoded = encodeFile(path, preprocessingOf(**data));
  ASSERT_TRUE(encoded.ok()) << encoded.error().text();
  EXPECT_EQ(encoded->rows, 6) << "those of the test set";
}

TEST(Hdf5Arrays, ReadsChunksThatAreCompressed) {
  const auto data = loadDataset(specOf(kChunked));
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->info.inputs[0].sample, (Shape{6, 5, 1}));
  ASSERT_EQ((*data)->inputs[0].bytes.size(), 600U);
  for (std::size_t i = 0; i < 600; ++i) ASSERT_EQ((*data)->inputs[0].bytes[i], i % 251);
  EXPECT_EQ((*data)->targets[0].classOf[5], 2);
  const auto store = openHdf5Arrays(kChunked);
  ASSERT_TRUE(store.ok());
  const auto half = store->open("half");
  ASSERT_TRUE(half.ok());
  const auto array = readNpy(**half, "half", {});
  ASSERT_TRUE(array.ok()) << array.error().text();
  EXPECT_EQ(array->header.shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(array->at(0), 0.5);
  EXPECT_EQ(array->at(3), -3);
}

TEST(Hdf5Arrays, WhatIsNotAnArrayOfTheFileIsRefused) {
  DataSpec spec = specOf(kChunked);
  spec.array = "link";
  EXPECT_EQ(errorOf(spec),
            kChunked +
                ": link: this is a link, which is not followed. An array must hold integers or "
                "floating-point numbers, in the file itself");
  spec.array = "names";
  EXPECT_NE(errorOf(spec).find("names: this array does not hold numbers"), std::string::npos)
      << errorOf(spec);
  spec.array = "none";
  EXPECT_NE(
      errorOf(spec).find("there is no array \"none\". Choose one of half, link, names, x_train, y_train"),
      std::string::npos)
      << errorOf(spec);
}

TEST(Hdf5Arrays, OtherFilesAreReported) {
  const TempFolder folder;
  const std::string weights = folder.file("m.weights.h5");
  auto file = Hdf5File::create(weights);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->root().createGroup("layers/dense/vars").ok());
  ASSERT_TRUE(file->root().createGroup("vars").ok());
  ASSERT_TRUE(file->commit().ok());
  EXPECT_NE(errorOf(specOf(weights)).find("this is a file of Keras weights, not of data"), std::string::npos);
  const std::string model = folder.file("model.h5");
  auto whole = Hdf5File::create(model);
  ASSERT_TRUE(whole.ok());
  writeArrays(whole->root(), "x", "y", 10);
  ASSERT_TRUE(whole->root().setText("model_config", "{}").ok() && whole->commit().ok());
  EXPECT_NE(errorOf(specOf(model)).find("this is a file of Keras weights, not of data"), std::string::npos);
  const std::string empty = folder.file("empty.h5");
  auto none = Hdf5File::create(empty);
  ASSERT_TRUE(none.ok() && none->root().createGroup("x").ok() && none->commit().ok());
  EXPECT_NE(errorOf(specOf(empty)).find("the file contains no arrays"), std::string::npos);
  std::string bytes;
  {
    const auto read = std::ifstream(kChunked, std::ios::binary);
    std::ostringstream all;
    all << read.rdbuf();
    bytes = all.str();
  }
  for (const std::size_t size : {std::size_t{8}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    const std::string cut = folder.write("cut.h5", bytes.substr(0, size));
    EXPECT_FALSE(errorOf(specOf(cut)).empty()) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); at += 331) {  // must not crash
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(~damaged[at]);
    (void)errorOf(specOf(folder.write("damaged.h5", damaged)));
  }
}

}  // namespace
}  // namespace tandem
