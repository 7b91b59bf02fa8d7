#include <gtest/gtest.h>

#include <chrono>

#include "core/data/dataset.h"
#include "core/data/idx.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::gzip;
using testing::idx;
using testing::TempFolder;

std::span<const std::uint8_t> bytesOf(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Four training and two test images of 2 x 2; sample i is filled with 10 * i.
void writeSmallSet(const TempFolder& folder, bool packed) {
  const auto write = [&](const std::string& name, const std::string& content) {
    folder.write(packed ? name + ".gz" : name, packed ? gzip(content) : content);
  };
  std::string train, test;
  for (int i = 0; i < 4; ++i) train += std::string(4, static_cast<char>(10 * i));
  for (int i = 4; i < 6; ++i) test += std::string(4, static_cast<char>(10 * i));
  write("train-images-idx3-ubyte", idx({4, 2, 2}, train));
  write("train-labels-idx1-ubyte", idx({4}, std::string{0, 1, 2, 1}));
  write("t10k-images-idx3-ubyte", idx({2, 2, 2}, test));
  write("t10k-labels-idx1-ubyte", idx({2}, std::string{2, 0}));
}

DataSpec specOf(const std::string& path) {
  DataSpec spec;
  spec.kind = DataKind::Idx;
  spec.path = path;
  return spec;
}

class IdxFolder : public ::testing::TestWithParam<bool> {};

TEST_P(IdxFolder, KeepsTheProvidedTestSet) {
  const TempFolder folder;
  writeSmallSet(folder, GetParam());
  DataSpec spec = specOf(folder.path());
  spec.validationFraction = 0.25;
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  const Dataset& set = **data;
  EXPECT_EQ(set.info.inputs[0].sample, (Shape{2, 2, 1}));
  EXPECT_EQ(set.info.targets[0].classes, 3);
  EXPECT_EQ(set.info.targets[0].classNames, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(set.info.name, folder.path().filename());
  EXPECT_EQ(set.size(), 6);
  EXPECT_EQ(set.targets[0].classOf, (std::vector<std::int32_t>{0, 1, 2, 1, 2, 0}));
  EXPECT_EQ(set.inputs[0].bytes[5 * 4], 50);
  EXPECT_EQ(set.part(SplitPart::Test), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(set.part(SplitPart::Validation).size(), 1u);
  EXPECT_EQ(set.part(SplitPart::Train).size(), 3u);
  const auto form = probeDataset(spec);
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->inputs[0].sample, set.info.inputs[0].sample);
  EXPECT_EQ(form->targets[0].classNames, set.info.targets[0].classNames);
}
INSTANTIATE_TEST_SUITE_P(PlainAndGzip, IdxFolder, ::testing::Bool());

TEST(Idx, WithoutATestSetTheFractionsApply) {
  const TempFolder folder;
  folder.write("train-images.idx3-ubyte", idx({4, 1, 1}, "abcd"));
  folder.write("train-labels.idx1-ubyte", idx({4}, std::string{0, 1, 0, 1}));
  DataSpec spec = specOf(folder.path());
  spec.testFraction = 0.5;
  spec.validationFraction = 0;
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->part(SplitPart::Test).size(), 2u);
  EXPECT_EQ((*data)->part(SplitPart::Train).size(), 2u);
}

TEST(Idx, SeveralGzipMembersAreOneFile) {
  const std::string plain = idx({6}, "abcdef");
  const auto array = parseIdx(bytesOf(gzip(plain.substr(0, 9)) + gzip(plain.substr(9))), "f");
  ASSERT_TRUE(array.ok()) << array.error().text();
  EXPECT_EQ(std::string(array->values.begin(), array->values.end()), "abcdef");
}

TEST(Idx, InvalidFilesAreReported) {
  const std::string packed = gzip(idx({6}, "abcdef"));
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  std::string wrongType = idx({1}, "a");
  wrongType[2] = 0x0d;
  std::string rank = idx({1}, "a");
  rank[3] = 9;
  const std::pair<std::string, std::string> cases[] = {
      {"", "f: the file is empty. Download the file again"},
      {"PK", "f: this is not an IDX file: it does not start with two zero bytes"},
      {wrongType, "f: the values have IDX type 0x0d; only unsigned bytes (0x08) are supported"},
      {rank, "f: the header declares 9 dimensions; 1 to 4 are supported"},
      {idx({2, 2}, "").substr(0, 9), "f: the file ends within its header. Download the file again"},
      {idx({3, 0}, ""), "f: the header declares no values"},
      {idx({3, 2}, "abcde"),
       "f: the header declares 3 x 2 = 6 values, but the file has 5. Download the file again"},
      {idx({3, 2}, "abcdefg"),
       "f: the header declares 3 x 2 = 6 values, but the file has 7. Download the file again"},
      {idx({~0u, ~0u, ~0u, ~0u}, "a"),
       "f: the header declares 4294967295 x 4294967295 x 4294967295 x 4294967295 = "
       "340282366604025813406317257057592410112 values, but the file has 1. Download the file again"},
      {packed.substr(0, packed.size() - 3), "f: the gzip data is truncated. Download the file again"},
      {damaged, "f: the gzip data is damaged. Download the file again"},
      {packed + "x", "f: the gzip data is truncated. Download the file again"},
      {gzip(idx({7}, "abcdef")),
       "f: the header declares 7 values, but the file ends after 6. Download the file again"},
      {gzip(idx({5}, "abcdef")),
       "f: there is more data than the 5 values that the header declares. Download the file again"},
  };
  for (const auto& [content, text] : cases) {
    const auto array = parseIdx(bytesOf(content), "f");
    ASSERT_FALSE(array.ok()) << text;
    EXPECT_EQ(array.error().text(), text);
  }
}

// A header that declares more than the compressed bytes could hold is refused before memory is allocated.
TEST(Idx, AGzipBombIsRejectedByItsHeader) {
  const auto array = parseIdx(bytesOf(gzip(idx({60000, 1000, 1000}, std::string(1000, 'x')))), "f");
  ASSERT_FALSE(array.ok());
  EXPECT_TRUE(array.error().message.starts_with(
      "the header declares 60000 x 1000 x 1000 = 60000000000 values, but the file has at most "))
      << array.error().message;
}

TEST(Idx, InconsistentFoldersAreReported) {
  const TempFolder folder;
  const std::string at = folder.path().string();
  const auto errorOf = [](const std::string& path) {
    const auto data = loadDataset(specOf(path));
    return data.ok() ? std::string("none") : data.error().text();
  };
  EXPECT_EQ(errorOf(at + "/none"),
            at + "/none: the folder does not exist. Move it there, or choose other data");
  EXPECT_EQ(
      errorOf("builtin:nothing"),
      "builtin:nothing: there is no built-in dataset with this name. Choose one of builtin:fashion-mnist, "
      "builtin:digits, builtin:iris, builtin:wine, builtin:breast-cancer, builtin:diabetes, builtin:credit-g, "
      "builtin:reuters-corn, builtin:sunspots, builtin:co2, builtin:macrodata");
  EXPECT_EQ(errorOf(at), at + ": there are no IDX files named as in MNIST. The folder needs "
                              "train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz");
  folder.write("train-images-idx3-ubyte", idx({2, 1, 1}, "ab"));
  EXPECT_EQ(errorOf(at),
            at + ": the training set has images but no labels. Add train-labels-idx1-ubyte, plain or .gz");
  const std::string images = at + "/train-images-idx3-ubyte", labels = at + "/train-labels-idx1-ubyte";
  folder.write("train-labels-idx1-ubyte", idx({3}, std::string{0, 1, 2}));
  EXPECT_EQ(errorOf(at), images + ": 2 images but 3 labels. The two files must belong to the same dataset");
  folder.write("train-labels-idx1-ubyte", idx({2, 1}, std::string{0, 1}));
  EXPECT_EQ(errorOf(at), labels + ": the file has 2 dimensions, but labels have 1");
  folder.write("train-labels-idx1-ubyte", idx({2}, std::string{0, 0}));
  EXPECT_EQ(errorOf(at), labels + ": all labels are 0; at least two classes are needed");
  folder.write("train-labels-idx1-ubyte", idx({2}, std::string{0, 1}));
  folder.write("t10k-images-idx3-ubyte", idx({2, 2, 1}, "abcd"));
  folder.write("t10k-labels-idx1-ubyte", idx({2}, std::string{0, 1}));
  EXPECT_EQ(errorOf(at),
            at + "/t10k-images-idx3-ubyte: the images are 2 x 1, but those of the training set are 1 x 1");
  folder.write("t10k-images-idx3-ubyte", idx({2, 1, 1}, "ab"));
  folder.write("t10k-labels-idx1-ubyte", idx({2}, std::string{0, 5}));
  EXPECT_EQ(errorOf(at),
            at + "/t10k-labels-idx1-ubyte: label 5 of sample 1 is out of range; the classes are 0 to 1");
  std::filesystem::remove(labels);
  std::filesystem::create_directory(labels);
  EXPECT_EQ(errorOf(at),
            at + ": the training set has images but no labels. Add train-labels-idx1-ubyte, plain or .gz");
}

// Kaggle unpacks an archive into a folder beside a file of almost the same name, and the file lies in it.
TEST(Idx, ReadsKagglesLayout) {
  const TempFolder folder;
  const auto write = [&](const std::string& part, const std::string& images, const std::string& labels) {
    folder.write(part + "-images-idx3-ubyte/" + part + "-images-idx3-ubyte", images);
    folder.write(part + "-labels-idx1-ubyte/" + part + "-labels-idx1-ubyte", labels);
  };
  write("train", idx({4, 1, 1}, "abcd"), idx({4}, std::string{0, 1, 0, 1}));
  write("t10k", idx({1, 1, 1}, "e"), idx({1}, std::string{1}));
  const auto size = [&](const std::string& path) {
    return loadDataset(specOf(path)).value()->inputs[0].bytes.size();
  };
  EXPECT_EQ(size(folder.path()), 5u);
  folder.write("train-images.idx3-ubyte", idx({4, 1, 1}, "abcd"));  // also beside the folders
  folder.write("train-labels.idx1-ubyte", idx({4}, std::string{0, 1, 0, 1}));
  EXPECT_EQ(size(folder.path()), 5u);
  EXPECT_EQ(size(folder.file("train-images.idx3-ubyte")), 5u);
  EXPECT_EQ(size(folder.file("train-images-idx3-ubyte")), 5u);
  EXPECT_EQ(size(folder.file("train-images-idx3-ubyte/train-images-idx3-ubyte")), 5u);
}

TEST(Idx, ReadsEmnistNamesAndSeveralDatasetsInAFolder) {
  const TempFolder folder;
  const auto write = [&](const std::string& set, int first) {
    const auto labels = [&](int count) {
      std::string values;
      for (int i = 0; i < count; ++i) values += static_cast<char>(first + i % 2);
      return values;
    };
    folder.write(set + "-train-images-idx3-ubyte.gz", gzip(idx({4, 1, 1}, "abcd")));
    folder.write(set + "-train-labels-idx1-ubyte.gz", gzip(idx({4}, labels(4))));
    folder.write(set + "-test-images-idx3-ubyte.gz", gzip(idx({2, 1, 1}, "ef")));
    folder.write(set + "-test-labels-idx1-ubyte.gz", gzip(idx({2}, labels(2))));
  };
  write("emnist-letters", 1);
  folder.write("emnist-letters-mapping.txt", "1 65 97\n2 66 98\n");
  const auto letters = loadDataset(specOf(folder.path()));
  ASSERT_TRUE(letters.ok()) << letters.error().text();
  EXPECT_EQ((*letters)->info.name, "emnist-letters");
  EXPECT_EQ((*letters)->info.targets[0].classNames, (std::vector<std::string>{"0", "A", "B"}));
  EXPECT_EQ((*letters)->part(SplitPart::Test).size(), 2u);
  EXPECT_EQ(
      (*letters)->info.notes,
      (std::vector<std::string>{
          "EMNIST stores images with rows and columns exchanged; they are exchanged back, so images to predict must be upright",
          "Warning: class 0 has no samples"}));
  EXPECT_EQ(probeDataset(specOf(folder.path()))->notes, (*letters)->info.notes);
  write("emnist-digits", 0);
  const auto several = loadDataset(specOf(folder.path()));
  ASSERT_FALSE(several.ok());
  EXPECT_EQ(several.error().text(),
            folder.path().string() +
                ": the folder holds several datasets: emnist-digits, emnist-letters. Add the "
                "name of one to the path: " +
                folder.file("emnist-digits"));
  for (const char* path : {"emnist-digits", "emnist-digits-train-images-idx3-ubyte.gz"}) {
    const auto digits = loadDataset(specOf(folder.file(path)));
    ASSERT_TRUE(digits.ok()) << digits.error().text();
    EXPECT_EQ((*digits)->info.targets[0].classNames, (std::vector<std::string>{"0", "1"})) << path;
  }
  EXPECT_EQ(loadDataset(specOf(folder.file("emnist-mnist"))).error().text(),
            folder.file("emnist-mnist") + ": the folder does not exist. Move it there, or choose other data");
}

TEST(Idx, EmnistImagesAreReadUpright) {
  const auto read = [](const std::string& set, std::uint32_t rows, std::uint32_t columns,
                       const std::string& train, const std::string& test) {
    const TempFolder folder;
    folder.write(set + "train-images-idx3-ubyte", idx({2, rows, columns}, train));
    folder.write(set + "train-labels-idx1-ubyte", idx({2}, std::string{0, 1}));
    folder.write(set + "test-images-idx3-ubyte", idx({1, rows, columns}, test));
    folder.write(set + "test-labels-idx1-ubyte", idx({1}, std::string{1}));
    const auto data = loadDataset(specOf(folder.path()));
    EXPECT_TRUE(data.ok()) << data.error().text();
    EXPECT_EQ(probeDataset(specOf(folder.path()))->inputs[0].sample, (*data)->info.inputs[0].sample);
    const auto& bytes = (*data)->inputs[0].bytes;
    return std::pair((*data)->info.inputs[0].sample, std::string(bytes.begin(), bytes.end()));
  };
  EXPECT_EQ(read("emnist-letters-", 2, 2, "abcdefgh", "ijkl"),
            std::pair(Shape{2, 2, 1}, std::string("acbdegfhikjl")));
  EXPECT_EQ(read("EMNIST-tall-", 2, 3, "abcdefghijkl", "mnopqr"),
            std::pair(Shape{3, 2, 1}, std::string("adbecfgjhkilmpnqor")));
  EXPECT_EQ(read("letters-", 2, 3, "abcdefghijkl", "mnopqr"),
            std::pair(Shape{2, 3, 1}, std::string("abcdefghijklmnopqr")));
}

TEST(Idx, AValidationSetOfItsOwnIsUsed) {
  const TempFolder folder;
  const auto write = [&](const std::string& part, std::uint32_t count, const std::string& labels) {
    folder.write(part + "-images-idx3-ubyte", idx({count, 1, 1}, std::string(count, 'x')));
    folder.write(part + "-labels-idx1-ubyte", idx({count}, labels));
  };
  write("train", 3, std::string{0, 1, 2});
  write("val", 2, std::string{0, 1});
  const auto data = loadDataset(specOf(folder.path()));
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->part(SplitPart::Validation), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ((*data)->part(SplitPart::Train).size(), 3u);
}

TEST(Idx, LabelsThatStartAtOneAreNoted) {
  const TempFolder folder;
  folder.write("train-images-idx3-ubyte", idx({4, 1, 1}, "abcd"));
  folder.write("train-labels-idx1-ubyte", idx({4}, std::string{1, 2, 1, 2}));
  const auto info = probeDataset(specOf(folder.path()));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->targets[0].classes, 3);
  EXPECT_EQ(info->notes, (std::vector<std::string>{"Warning: class 0 has no samples"}));
}

TEST(Idx, LoadsFashionMnistAndCanBeCancelled) {
  const DataSpec spec = specOf("builtin:fashion-mnist");
  const auto form = probeDataset(spec);
  if (!form.ok()) {
    EXPECT_EQ(form.error().text(),
              "/usr/share/datasets/fashion-mnist: the dataset is not installed. Install the Debian package "
              "dataset-fashion-mnist: sudo apt install dataset-fashion-mnist");
    GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  }
  EXPECT_EQ(form->name, "Fashion-MNIST");
  EXPECT_EQ(form->inputs[0].sample, (Shape{28, 28, 1}));
  EXPECT_EQ(form->targets[0].classNames[9], "Ankle boot");
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  const Dataset& set = **data;
  EXPECT_EQ(set.part(SplitPart::Train).size(), 54000u);
  EXPECT_EQ(set.part(SplitPart::Validation).size(), 6000u);
  EXPECT_EQ(set.part(SplitPart::Test).size(), 10000u);
  EXPECT_EQ(set.targets[0].classOf[0], 9);  // as published: the first image is an ankle boot
  EXPECT_NEAR(set.inputs[0].mean[0], 0.2860, 0.002);
  EXPECT_NEAR(1 / set.inputs[0].scale[0], 0.3530, 0.002);

  int calls = 0;
  const auto cancelled = loadDataset(spec, [&](double done) {
    EXPECT_TRUE(done >= 0 && done <= 1);
    return ++calls < 3;
  });
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace tandem
