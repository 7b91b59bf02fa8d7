// CIFAR-10 and CIFAR-100 in their binary version.
#include <gtest/gtest.h>

#include "core/data/dataset.h"
#include "core/data/detect.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;

// The red levels of image i are i, the green ones 100 + column, the blue ones 200.
std::string record(const std::string& labels, int i) {
  std::string bytes = labels + std::string(1024, static_cast<char>(i));
  for (int p = 0; p < 1024; ++p) bytes += static_cast<char>(100 + p % 32);
  return bytes + std::string(1024, static_cast<char>(200));
}

std::string batch(int first, int count) {
  std::string bytes;
  for (int i = first; i < first + count; ++i) bytes += record(std::string(1, static_cast<char>(i % 10)), i);
  return bytes;
}

constexpr const char* kNames = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

std::string errorOf(const DataSpec& spec) {
  const auto info = probeDataset(spec);
  const auto data = loadDataset(spec);
  EXPECT_EQ(info.ok(), data.ok());
  if (!info.ok() && !data.ok()) {
    EXPECT_EQ(info.error().text(), data.error().text());
  }
  return info.ok() ? "" : info.error().message;
}

TEST(Cifar, ReadsTheBatchesAndTheNames) {
  const TempFolder folder;
  folder.write("cifar-10-batches-bin/data_batch_1.bin", batch(0, 10));
  const std::string second = folder.write("cifar-10-batches-bin/data_batch_2.bin", batch(10, 10));
  folder.write("cifar-10-batches-bin/test_batch.bin", batch(20, 5));
  folder.write("cifar-10-batches-bin/batches.meta.txt", kNames);
  for (const std::string& path : {folder.path().string(), folder.file("cifar-10-batches-bin"),
                                  folder.file("cifar-10-batches-bin/"), second}) {
    const auto spec = detectData(path);
    ASSERT_TRUE(spec.ok()) << spec.error().text();
    EXPECT_EQ(spec->kind, DataKind::Cifar) << path;
    const auto data = loadDataset(*spec);
    ASSERT_TRUE(data.ok()) << data.error().text();
    const Dataset& set = **data;
    EXPECT_EQ(set.info.name, "CIFAR-10");
    EXPECT_EQ(set.info.inputs[0].sample, (Shape{32, 32, 3}));
    EXPECT_EQ(set.info.targets[0].classNames[9], "truck");
    EXPECT_EQ(set.size(), 25);
    EXPECT_EQ(set.part(SplitPart::Test), (std::vector<std::int64_t>{20, 21, 22, 23, 24}));
    EXPECT_EQ(set.targets[0].classOf[13], 3);
    const std::uint8_t* pixel = set.inputs[0].bytes.data() + 13 * 3072 + 3 * 33;  // row 1, column 1
    EXPECT_EQ(pixel[0], 13);
    EXPECT_EQ(pixel[1], 101);
    EXPECT_EQ(pixel[2], 200);
    const auto info = probeDataset(*spec);
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->targets[0].classNames, set.info.targets[0].classNames);
  }
}

TEST(Cifar, HasFineOrCoarseClassesOrBoth) {
  const TempFolder folder;
  std::string images;
  for (int i = 0; i < 100; ++i) images += record({static_cast<char>(i % 20), static_cast<char>(i)}, i);
  folder.write("train.bin", images);
  std::string names;
  for (int i = 0; i < 20; ++i) names += "group " + std::to_string(i) + "\n";
  folder.write("coarse_label_names.txt", names);
  auto spec = detectData(folder.path());
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->kind, DataKind::Cifar);
  const auto fine = probeDataset(*spec);
  ASSERT_TRUE(fine.ok()) << fine.error().text();
  EXPECT_EQ(fine->targets[0].name, "fine");
  EXPECT_EQ(fine->targets[0].classes, 100);
  EXPECT_EQ(fine->targets[0].classNames[42], "42");
  EXPECT_NE(fine->notes[0].find("fine_label_names.txt"), std::string::npos);
  spec->targets = {"coarse", "fine"};
  const auto both = loadDataset(*spec);
  ASSERT_TRUE(both.ok()) << both.error().text();
  EXPECT_EQ((*both)->info.targets[0].classNames[3], "group 3");
  EXPECT_EQ((*both)->targets[0].classOf[45], 5);
  EXPECT_EQ((*both)->targets[1].classOf[45], 45);
  spec->targets = {"label"};
  EXPECT_EQ(errorOf(*spec), "CIFAR-100 has no labels \"label\"");
  spec->targets = {"fine", "fine"};
  EXPECT_EQ(errorOf(*spec), "\"fine\" is twice among the targets");
}

TEST(Cifar, DamagedFilesAreReported) {
  const TempFolder folder;
  DataSpec spec;
  spec.kind = DataKind::Cifar;
  spec.path = folder.path().string();
  EXPECT_EQ(errorOf(spec), "there are no images of CIFAR-10 or CIFAR-100");
  folder.write("data_batch_1.bin", batch(0, 10).substr(1));
  EXPECT_EQ(errorOf(spec),
            "the size of the file is not a multiple of 3073, the bytes of an image with its label");
  EXPECT_FALSE(detectData(folder.path()).ok());
  std::string wrong = batch(0, 10);
  wrong[std::size_t{3073} * 4] = 11;
  folder.write("data_batch_1.bin", wrong);
  EXPECT_EQ(errorOf(spec), "label 11 of image 4 is out of range; the classes are 0 to 9");
  folder.write("data_batch_1.bin", batch(0, 10));
  EXPECT_EQ(errorOf(spec), "");
  folder.write("test_batch.bin", "short");
  EXPECT_EQ(errorOf(spec),
            "the size of the file is not a multiple of 3073, the bytes of an image with its label");
  spec.targets = {"fine"};
  folder.write("test_batch.bin", batch(0, 10));
  EXPECT_EQ(errorOf(spec), "CIFAR-10 has one label for each image, so there are no targets to choose");
  folder.write("other/train.bin", "of another program");
  spec.path = folder.file("other");
  spec.targets = {};
  EXPECT_EQ(errorOf(spec), "there are no images of CIFAR-10 or CIFAR-100");
}

}  // namespace
}  // namespace tandem
