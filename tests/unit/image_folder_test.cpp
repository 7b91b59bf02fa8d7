// Which pictures of a folder are read, to which class and part they belong, and what is noted.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/base/file.h"
#include "core/data/dataset.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Notes = std::vector<std::string>;

const std::filesystem::path kPictures = std::filesystem::path(TANDEM_SOURCE_DIR) / "tests/unit/pictures";

std::string contentOf(const char* name) {
  return readTextFile(kPictures / name, 1 << 20).value();
}

void addPictures(const TempFolder& folder, std::initializer_list<const char*> names) {
  const std::string picture = contentOf("grey.png");
  for (const char* name : names) folder.write(name, picture);
}

DataSpec specOf(const TempFolder& folder) {
  DataSpec spec;
  spec.kind = DataKind::ImageFolder;
  spec.path = folder.path();
  spec.imageHeight = 3;
  spec.imageWidth = 5;
  spec.imageChannels = 1;
  spec.testFraction = spec.validationFraction = 0;
  return spec;
}

std::string errorOf(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  return data.ok() ? "none" : data.error().text();
}

std::size_t sizeOf(const Dataset& data, SplitPart part) {
  return data.part(part).size();
}

TEST(ImageFolder, PicturesInNestedFoldersBelongToTheClass) {
  const TempFolder folder;
  addPictures(folder, {"cat/1.png", "cat/persian/2.png", "cat/siamese/old/3.png", "dog/4.png"});
  std::filesystem::create_directory_symlink(folder.path() / "cat", folder.path() / "cat/persian/loop");
  const auto data = loadDataset(specOf(folder));
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->targets[0].classOf, (std::vector<std::int32_t>{0, 0, 0, 1}));
  EXPECT_EQ((*data)->info.notes,
            (Notes{"Images in subfolders belong to the class of the outer folder: cat (2)"}));
  EXPECT_EQ(probeDataset(specOf(folder))->notes, (*data)->info.notes);
}

TEST(ImageFolder, ClassNamesHaveOneUnicodeForm) {
  const TempFolder folder;
  addPictures(folder, {"train/a\xcc\x88rger/1.png", "train/zorn/2.png", "test/\xc3\xa4rger/3.png",
                       "test/zorn/4.png"});
  const auto data = loadDataset(specOf(folder));
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->info.targets[0].classNames, (std::vector<std::string>{"zorn", "\xc3\xa4rger"}));
  EXPECT_EQ(sizeOf(**data, SplitPart::Test), 2u);
}

TEST(ImageFolder, TrainAndTestFoldersAreTheSplit) {
  for (const auto& [train, validation, test] : {std::tuple("train", "val", "test"),
                                                {"Training", "valid", "Testing"},
                                                {"train", "validation", "TEST"}}) {
    const TempFolder folder;
    const std::string picture = contentOf("grey.png");
    for (const char* name : {"/cat/1.png", "/cat/2.png", "/dog/1.png"})
      folder.write(train + std::string(name), picture);
    for (const char* name : {"/cat/1.png", "/dog/1.png"})
      folder.write(validation + std::string(name), picture);
    folder.write(test + std::string("/dog/9.png"), picture);
    DataSpec spec = specOf(folder);
    spec.validationFraction = spec.testFraction = 0.5;  // not used
    const auto data = loadDataset(spec);
    ASSERT_TRUE(data.ok()) << data.error().text();
    EXPECT_EQ((*data)->info.targets[0].classNames, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ((*data)->part(SplitPart::Train), (std::vector<std::int64_t>{0, 1, 2}));
    EXPECT_EQ((*data)->part(SplitPart::Validation), (std::vector<std::int64_t>{3, 4}));
    EXPECT_EQ((*data)->part(SplitPart::Test), (std::vector<std::int64_t>{5}));
    EXPECT_EQ((*data)->targets[0].classOf, (std::vector<std::int32_t>{0, 0, 1, 0, 1, 1}));
    EXPECT_EQ((*data)->info.notes,
              (Notes{"The folder's own split is used: 3 training, 2 validation, 1 test"}));
  }
}

TEST(ImageFolder, MissingPartsAreDrawnFromTheTrainingFolder) {
  const TempFolder folder;
  addPictures(folder,
              {"train/a/1.png", "train/a/2.png", "train/a/3.png", "train/a/4.png", "train/b/1.png",
               "train/b/2.png", "train/b/3.png", "train/b/4.png", "test/1.png", "test/2.png", "extra/x.png"});
  DataSpec spec = specOf(folder);
  spec.testFraction = 0.5;
  spec.validationFraction = 0.5;
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ(
      (*data)->info.notes,
      (Notes{
          "The folder test is not used: none of its subfolders is a class of the training set",
          "The folder extra is not used: it is not a part of the split",
          "The folder's own split is used: 8 training, validation drawn from them, test drawn from them"}));
  EXPECT_EQ(sizeOf(**data, SplitPart::Train), 2u);
  EXPECT_EQ(sizeOf(**data, SplitPart::Validation), 2u);
  EXPECT_EQ(sizeOf(**data, SplitPart::Test), 4u);
}

TEST(ImageFolder, AClassMayBeCalledTrain) {
  const TempFolder folder;
  addPictures(folder, {"bus/1.png", "train/1.png", "train/steam/2.png"});
  const auto data = loadDataset(specOf(folder));
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->info.targets[0].classNames, (std::vector<std::string>{"bus", "train"}));
  EXPECT_EQ((*data)->targets[0].classOf, (std::vector<std::int32_t>{0, 1, 1}));
}

TEST(ImageFolder, FoldersThatWouldBeMisreadAreRefused) {
  const TempFolder flat, deep;
  addPictures(flat, {"train/cat.1.png", "train/dog.1.png", "test/1.png"});
  EXPECT_EQ(errorOf(specOf(flat)),
            flat.path().string() +
                ": the training images are not in class folders. Put the images of each class "
                "into a subfolder named after the class, in each of test, train");
  addPictures(deep, {"archive/cat/1.png", "archive/dog/1.png"});
  EXPECT_EQ(errorOf(specOf(deep)),
            deep.path().string() +
                ": there is only one subfolder with images; at least two classes are needed. "
                "Choose " +
                deep.path().string() + "/archive if its 2 subfolders are the classes");
}

TEST(ImageFolder, SkippedFilesAreCountedByFolder) {
  const TempFolder folder;
  addPictures(folder, {"cat/1.png", "cat/2.JFIF", "cat/persian/1.png", "dog/1.png", "loose.png", "list.csv"});
  for (const char* name : {"cat/a.webp", "cat/b.WEBP", "cat/persian/c.gif", "dog/Thumbs.db", "dog/README",
                           "dog/.DS_Store", "__MACOSX/cat/1.png"})
    folder.write(name, "x");
  const Notes expected{
      "Images in subfolders belong to the class of the outer folder: cat (1)",
      "Skipped 5 files that are neither PNG nor JPEG: cat (2 .webp), cat/persian (1 .gif), dog (1 .db, 1 without an "
      "ending)",
      "Skipped images outside of class folders: " + folder.path().filename().string() + " (1 .png)"};
  const auto data = loadDataset(specOf(folder));
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->info.notes, expected);
  EXPECT_EQ((*data)->size(), 4);
  EXPECT_EQ(probeDataset(specOf(folder))->notes, expected);
}

TEST(ImageFolder, DamagedPicturesAreListedAtOnceAndCanBeLeftOut) {
  const TempFolder folder;
  addPictures(folder,
              {"train/cat/1.png", "train/cat/2.png", "train/dog/1.png", "val/cat/1.png", "test/dog/1.png"});
  const std::string jpeg = contentOf("rgb.jpg"), png = contentOf("grey.png");
  folder.write("train/cat/0.jpg", jpeg.substr(0, jpeg.size() - 40));
  folder.write("train/dog/2.png", png.substr(0, png.size() - 20));
  folder.write("val/dog/2.jpg", "<html>404</html>");
  folder.write("val/dog/3.jpg", "<html>404</html>");
  folder.write("test/cat/0.png", "");
  folder.write("test/dog/0.png", png);
  DataSpec spec = specOf(folder);
  const std::string list =
      "cannot be read: train/cat/0.jpg (the JPEG is damaged: Premature end of JPEG file); "
      "train/dog/2.png (the PNG is damaged: the file ends too early); val/dog/2.jpg, val/dog/3.jpg (this is an HTML "
      "page; only PNG and JPEG can be read); test/cat/0.png (the file is empty)";
  EXPECT_EQ(errorOf(spec), folder.path().string() + ": 5 of 11 images " + list +
                               ". Replace or remove them, or leave them out: \"Damaged\" in the data panel, "
                               "\"skip_damaged\": true in the project's data, or --skip-damaged");
  spec.skipDamaged = true;
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->info.notes, (Notes{"The folder's own split is used: 5 training, 3 validation, 3 test",
                                        "Left out 5 of 11 images that " + list}));
  EXPECT_EQ((*data)->targets[0].classOf, (std::vector<std::int32_t>{0, 0, 1, 0, 1, 1}));
  EXPECT_EQ(sizeOf(**data, SplitPart::Train), 3u);
  EXPECT_EQ(sizeOf(**data, SplitPart::Validation), 1u);
  EXPECT_EQ(sizeOf(**data, SplitPart::Test), 2u);
  EXPECT_EQ((*data)->inputs[0].bytes.size(), 6u * 15);
  for (std::size_t i = 0; i < 6; ++i)  // the samples are those of the labels
    EXPECT_EQ(std::vector((*data)->inputs[0].bytes.begin() + static_cast<std::ptrdiff_t>(15 * i),
                          (*data)->inputs[0].bytes.begin() + static_cast<std::ptrdiff_t>(15 * i + 15)),
              std::vector((*data)->inputs[0].bytes.begin(), (*data)->inputs[0].bytes.begin() + 15));
}

TEST(ImageFolder, LeavingOutEveryPictureIsRefused) {
  const TempFolder folder;
  for (const char* name : {"a/1.png", "b/1.png"}) folder.write(name, "x");
  DataSpec spec = specOf(folder);
  spec.skipDamaged = true;
  EXPECT_TRUE(errorOf(spec).starts_with(folder.path().string() + ": 2 of 2 images cannot be read: "))
      << errorOf(spec);
}

TEST(ImageFolder, AClassWithoutTrainingSamplesIsAWarning) {
  const TempFolder folder;
  addPictures(folder, {"train/a/1.png", "train/b/1.png", "test/a/1.png", "test/c/1.png"});
  const auto info = probeDataset(specOf(folder));
  ASSERT_TRUE(info.ok()) << info.error().text();
  EXPECT_EQ(info->targets[0].classNames, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(
      info->notes.back(),
      "Warning: class c has no training samples; the network cannot learn what is only in the validation and "
      "test sets");
}

}  // namespace
}  // namespace tandem
