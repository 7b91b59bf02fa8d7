// Tables that name images: which columns do, how their images become inputs, and what happens if one cannot be read.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/base/file.h"
#include "core/data/encode.h"
#include "core/data/image.h"
#include "core/data/image_name.h"
#include "core/data/table_preview.h"
#include "tests/unit/csv_load.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Bytes = std::vector<std::uint8_t>;
using Classes = std::vector<std::int32_t>;

// Different pictures.
const Texts kPictures{"grey.png", "rgb.png", "rgb.jpg", "palette.png"};

std::string contentOf(const std::string& picture) {
  return readTextFile(std::filesystem::path(TANDEM_SOURCE_DIR) / "tests/unit/pictures" / picture, 1 << 20)
      .value();
}

DataSpec specOf(const std::string& file) {
  DataSpec spec = table();
  spec.path = file;
  spec.imageHeight = 3;
  spec.imageWidth = 4;
  spec.imageChannels = 3;
  spec.validationFraction = spec.testFraction = 0;
  return spec;
}

// The levels of some of kPictures, one after another, as the reader resizes them.
Bytes levelsOf(std::initializer_list<std::size_t> pictures) {
  Bytes all;
  for (const std::size_t p : pictures) {
    const std::string content = contentOf(kPictures[p]);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(content.data());
    Bytes levels(3 * 4 * 3);
    resizeImage(decodeImage({bytes, content.size()}, kPictures[p]).value(), 3, 4, 3, levels.data());
    all.insert(all.end(), levels.begin(), levels.end());
  }
  return all;
}

// A folder with kPictures named 0.png, 1.png, 2.jpg and 3.png in "in/", and a table.
struct ImageTable {
  explicit ImageTable(std::string_view text) {
    for (std::size_t p = 0; p < kPictures.size(); ++p)
      folder.write("in/" + std::to_string(p) + kPictures[p].substr(kPictures[p].find('.')),
                   contentOf(kPictures[p]));
    spec = specOf(folder.write("t.csv", text));
  }

  std::shared_ptr<const Dataset> load() const {
    auto data = loadDataset(spec);
    EXPECT_TRUE(data.ok()) << data.error().text();
    return data.ok() ? *data : std::make_shared<const Dataset>();
  }
  std::string error() const {
    const auto data = loadDataset(spec);
    return data.ok() ? "none" : data.error().text();
  }

  TempFolder folder;
  DataSpec spec;
};

Texts namesOf(const std::vector<DataTensor>& tensors) {
  Texts names;
  for (const DataTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

std::string kindsOf(const DatasetInfo& info) {
  std::string kinds;
  for (const Field& field : info.fields)
    kinds += std::string(nameOf(field.role)) + " " + std::string(nameOf(field.kind)) + ", ";
  return kinds;
}

TEST(CsvImages, NamesAreRecognizedByTheirEnding) {
  for (const char* name : {"a.png", "x/y.JPG", "C:\\z.JpEg", "1.png", " .png"})
    EXPECT_TRUE(isImageName(name)) << name;
  for (const char* name : {"", ".png", "png", "a.png.txt", "a.gif", "https://web.org/a.png", "a.jpe"})
    EXPECT_FALSE(isImageName(name)) << name;
  EXPECT_EQ(imageFileOf("d/t.csv", "in\\a.png"), std::filesystem::path("d/in/a.png"));
  EXPECT_EQ(imageFileOf("d/t.csv", "/in/a.png"), std::filesystem::path("/in/a.png"));
  EXPECT_EQ(imageFileOf("t.csv", "a.png"), std::filesystem::path("a.png"));
}

TEST(CsvImages, AnImageNumbersAndSeveralTargets) {
  ImageTable t(
      "size,photo,colour,price,kind\n1,in/1.png,red,10,a\n2,in/0.png,blue,20,b\n3,in/3.png,red,30,a\n"
      "4,in/2.jpg,blue,40,b\n");
  t.spec.targets = {"price", "kind"};
  t.spec.numbers = {"price"};
  t.spec.normalize = t.spec.standardizeTargets = false;
  const auto data = t.load();
  EXPECT_EQ(namesOf(data->info.inputs), (Texts{"table", "photo"}));
  EXPECT_EQ(data->info.inputs[0].sample, Shape{3});
  EXPECT_EQ(data->info.inputs[1].sample, (Shape{3, 4, 3}));
  ASSERT_EQ(data->inputs.size(), 2u);
  EXPECT_EQ(data->inputs[0].floats, (Values{1, 0, 1, 2, 1, 0, 3, 0, 1, 4, 1, 0}));
  EXPECT_EQ(data->inputs[1].bytes, levelsOf({1, 0, 3, 2}));
  EXPECT_EQ(namesOf(data->info.targets), (Texts{"price", "kind"}));
  EXPECT_EQ(data->targets[0].floats, (Values{10, 20, 30, 40}));
  EXPECT_EQ(data->targets[1].classOf, (Classes{0, 1, 0, 1}));
  EXPECT_EQ(kindsOf(data->info),
            "feature number, feature image, feature category, target number, target category, ");
  EXPECT_EQ(data->info.fields[1].image, (Shape{3, 4, 3}));
  EXPECT_EQ(data->info.featureNames(), (Texts{"size", "colour=blue", "colour=red"}));
  EXPECT_TRUE(mentions(*data, "Column \"photo\" names images, which are resized to 3 x 4 x 3"));
}

TEST(CsvImages, OnlyAnImageAndAClass) {
  ImageTable t("photo,kind\nin/1.png,a\nin/0.png,b\n./in/3.png,a\n");
  t.spec.imageChannels = 1;
  const auto data = t.load();
  EXPECT_EQ(namesOf(data->info.inputs), (Texts{"photo"}));
  ASSERT_EQ(data->inputs.size(), 1u);
  EXPECT_EQ(data->inputs[0].bytes.size(), 3u * 12);
  EXPECT_EQ(data->inputs[0].mean.size(), 1u);
  EXPECT_TRUE(data->info.inputs[0].bytes.has_value());
  EXPECT_EQ(data->size(), 3);
  EXPECT_EQ(data->targets[0].classOf, (Classes{0, 1, 0}));
}

TEST(CsvImages, EachColumnOfImagesIsAnInput) {
  const ImageTable t("left,size,right,kind\nin/1.png,7,in/0.png,a\nin/0.png,8,in/2.jpg,b\n");
  const auto data = t.load();
  EXPECT_EQ(namesOf(data->info.inputs), (Texts{"left", "table", "right"}));
  ASSERT_EQ(data->inputs.size(), 3u);
  EXPECT_EQ(data->inputs[0].bytes, levelsOf({1, 0}));
  EXPECT_EQ(data->inputs[1].floats, (Values{7, 8}));
  EXPECT_EQ(data->inputs[2].bytes, levelsOf({0, 2}));
  EXPECT_NE(data->inputs[0].mean, data->inputs[2].mean) << "normalized separately";
  const auto inputs = preprocessingOf(*data).inputs();
  ASSERT_EQ(inputs.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(inputs[i].name, data->info.inputs[i].name);
}

TEST(CsvImages, RowsWithAMissingNameAreSkipped) {
  const ImageTable t("photo,size,kind\nin/1.png,1,a\n,2,b\nNA,3,b\nin/0.png,,b\nin/2.jpg,5,b\n");
  const auto data = t.load();
  EXPECT_EQ(data->inputs[0].bytes, levelsOf({1, 2}));
  EXPECT_EQ(data->inputs[1].floats, (Values{1, 5}));
  EXPECT_TRUE(mentions(*data, "Skipped 3 rows with missing values: lines 3, 4, 5"));
}

TEST(CsvImages, PathsMayBeAbsoluteAndWrittenAsInWindows) {
  const TempFolder other;
  other.write("a b.JPEG", contentOf("rgb.jpg"));
  other.write("c.PNG", contentOf("rgb.png"));
  const ImageTable t("photo,kind\n" + other.file("a b.JPEG") + ",a\nin\\0.png,b\n.\\in\\3.png,a\n" +
                     other.file("c.PNG") + ",b\n");
  EXPECT_EQ(t.load()->inputs[0].bytes, levelsOf({2, 0, 3, 1}));
}

TEST(CsvImages, WithoutAHeaderTheFirstNameIsNoHeader) {
  const ImageTable t("in/1.png,a\nin/0.png,b\nin/2.jpg,c\n");
  const auto data = t.load();
  EXPECT_EQ(namesOf(data->info.inputs), (Texts{"column 1"}));
  EXPECT_EQ(data->inputs[0].bytes, levelsOf({1, 0, 2}));
}

TEST(CsvImages, ManyDifferentNamesAreNeitherProseNorAnIndex) {
  for (const char* name : {"", "photo"}) {
    std::string text = name + std::string(",size,kind\n");
    for (int i = 0; i < 5000; ++i)
      text += std::to_string(i) + ".png," + std::to_string(i) + (i % 2 == 0 ? ",a\n" : ",b\n");
    const auto info = probeCsv(text, table(), "f.csv", false);
    ASSERT_TRUE(info.ok()) << info.error().text();
    EXPECT_EQ(kindsOf(*info), "feature image, feature number, target category, ");
    EXPECT_EQ(info->inputs[0].sample, (Shape{32, 32, 3}));
  }
}

TEST(CsvImages, OtherTextsAmongTheNamesMakeACategoryOrProse) {
  const Dataset mixed = load("photo,kind\na.png,a\nb.png,b\nnone,a\n", table());
  EXPECT_EQ(kindsOf(mixed.info), "feature category, target category, ");
  std::string late = "photo,size,kind\n", links = late;
  for (int i = 0; i < 3000; ++i) {
    const std::string rest = std::to_string(i) + ".png," + std::to_string(i) + (i % 2 ? ",a\n" : ",b\n");
    late += (i == 2500 ? "no " : "in/") + (i == 2500 ? "picture," + rest.substr(rest.find(',') + 1) : rest);
    links += "https://web.org/" + rest;
  }
  for (const std::string& text : {late, links}) {
    const Dataset prose = load(text, table());
    EXPECT_EQ(kindsOf(prose.info), "ignored number, feature number, target category, ");
    EXPECT_TRUE(
        mentions(prose, "Column \"photo\" contains mostly different texts, such as names: it is ignored"));
    EXPECT_EQ(prose.inputs[0].floats.size(), 3000u);
  }
}

TEST(CsvImages, TheUserDecides) {
  ImageTable t("photo,size,kind\nin/1.png,1,a\nno.png,2,b\n");
  t.spec.categories = {"photo"};
  EXPECT_EQ(namesOf(t.load()->info.inputs), (Texts{"table"}));
  EXPECT_EQ(t.load()->info.featureNames(), (Texts{"photo=in/1.png", "photo=no.png", "size"}));
  t.spec.categories = {};
  t.spec.ignore = {"photo"};
  EXPECT_EQ(kindsOf(t.load()->info), "ignored number, feature number, target category, ");
  t.spec.ignore = {};
  t.spec.numbers = {"photo"};
  EXPECT_NE(t.error().find("\"in/1.png\" in column \"photo\" is not a number"), std::string::npos)
      << t.error();
}

TEST(CsvImages, ImagesAreNoTarget) {
  ImageTable t("kind,photo\na,in/1.png\nb,in/0.png\n");
  EXPECT_EQ(
      t.error(),
      t.spec.path + ": column \"photo\" names images, which cannot be predicted. Choose another target");
  t.spec.targets = {"kind"};
  EXPECT_EQ(namesOf(t.load()->info.inputs), (Texts{"photo"}));
}

TEST(CsvImages, NamesOfTensorsDiffer) {
  const char* const kRefusal =
      "f.csv: column \"table\" has the same name as the input for all numbers and categories. Rename the column";
  EXPECT_EQ(refusal("table,size,kind\na.png,1,a\nb.png,2,b\n", table()), kRefusal);
  EXPECT_TRUE(probeCsv("size,table\n1,a\n2,b\n", table(), "f.csv", false).ok()) << "a target may have it";
  const auto only = probeCsv("table,kind\na.png,a\nb.png,b\n", table(), "f.csv", false);
  EXPECT_TRUE(only.ok()) << only.error().text();
  EXPECT_EQ(load("table,kind\n1,a\n2,b\n", table()).info.inputs[0].name, "table") << "a feature";
}

TEST(CsvImages, TheSizeOfImagesIsChecked) {
  DataSpec spec = table();
  spec.imageChannels = 2;
  EXPECT_EQ(refusal("photo,kind\na.png,a\nb.png,b\n", spec),
            "data: 2 image channels requested; only 1 (grey) and 3 (colour) are supported");
  EXPECT_EQ(load("size,kind\n1,a\n2,b\n", spec).size(), 2) << "there are none";
}

TEST(CsvImages, ImagesThatCannotBeReadAreListedWithTheirLines) {
  ImageTable t(
      "photo,size,second,kind\nin/1.png,1,in/0.png,a\nin/9.png,2,in/bad.png,b\nin/0.png,3,in/2.jpg,b\n"
      "in/2.jpg,4,in/8.png,a\nin/3.png,5,in/1.png,b\n");
  t.folder.write("in/bad.png", "<html>404</html>");
  const std::string list =
      "in/9.png in line 3, in/8.png in line 5 (the file does not exist); in/bad.png in line 3 (this is an HTML page; "
      "only PNG and JPEG can be read)";
  EXPECT_EQ(
      t.error(),
      t.spec.path + ":3: 3 of 10 images cannot be read: " + list +
          ". Correct the names, which are relative to the folder of the table, replace the images or ignore the "
          "column, or leave them out: \"Damaged\" in the data panel, \"skip_damaged\": true in the project's "
          "data, or --skip-damaged");
  t.spec.skipDamaged = true;
  t.spec.testFraction = 1.0 / 3;
  const auto data = t.load();
  EXPECT_EQ(data->size(), 3);
  EXPECT_EQ(data->part(SplitPart::Train).size(), 2u);
  EXPECT_EQ(data->part(SplitPart::Test).size(), 1u);
  EXPECT_EQ(data->inputs[0].bytes, levelsOf({1, 0, 3}));
  EXPECT_EQ(data->inputs[1].floats, (Values{1, 3, 5}));
  EXPECT_EQ(data->inputs[2].bytes, levelsOf({0, 2, 1}));
  EXPECT_EQ(data->targets[0].classOf, (Classes{0, 1, 1}));
  EXPECT_TRUE(mentions(*data, "Left out 2 of 5 rows with images that cannot be read: " + list));
}

TEST(CsvImages, RowsThatAreLeftOutHaveNoWeight) {
  ImageTable t("photo,w,kind\nin/1.png,1,a\nin/9.png,8,b\nin/0.png,3,b\nin/3.png,2,a\n");
  t.spec.sampleWeights = "w";
  t.spec.skipDamaged = true;
  const auto data = t.load();
  EXPECT_EQ(namesOf(data->info.inputs), Texts{"photo"});
  EXPECT_EQ(data->inputs[0].bytes, levelsOf({1, 0, 3}));
  EXPECT_EQ(data->targets[0].classOf, (Classes{0, 1, 0}));
  EXPECT_EQ(data->weights.floats, (Values{0.5f, 1.5f, 1}));
}

TEST(CsvImages, LeavingOutEveryRowIsRefused) {
  ImageTable t("photo,kind\nx/1.png,a\nx/0.png,b\n");
  t.spec.skipDamaged = true;
  EXPECT_TRUE(t.error().starts_with(t.spec.path + ":2: 2 of 2 images cannot be read: ")) << t.error();
}

TEST(CsvImages, NewDataIsReadAsTheTrainingData) {
  const ImageTable t(
      "size,photo,second,kind\n1,in/1.png,in/0.png,a\n2,in/0.png,in/2.jpg,b\n4,in/3.png,in/1.png,b\n");
  const auto data = t.load();
  const auto encoded = encodeFile(t.spec.path, preprocessingOf(*data), Labels::Needed);
  ASSERT_TRUE(encoded.ok()) << encoded.error().text();
  EXPECT_EQ(encoded->targets[0].classOf, data->targets[0].classOf);
  ASSERT_EQ(encoded->inputs.size(), data->inputs.size());
  const std::vector<std::int64_t> all{0, 1, 2};
  for (std::size_t i = 0; i < data->inputs.size(); ++i) {
    Values trained(static_cast<std::size_t>(3 * data->info.inputs[i].sample.elements()));
    data->gather(i, all, trained.data());
    ASSERT_EQ(encoded->inputs[i].size(), trained.size());
    for (std::size_t k = 0; k < trained.size(); ++k) EXPECT_NEAR(encoded->inputs[i][k], trained[k], 1e-5);
  }
}

TEST(CsvImages, AProbeDescribesWithoutReadingImages) {
  ImageTable t("photo,size,kind\nin/1.png,1,a\nin/0.png,2,b\n");
  t.spec.normalize = false;
  TablePreview preview;
  const auto probed = probeDataset(t.spec, &preview);
  ASSERT_TRUE(probed.ok()) << probed.error().text();
  const auto data = t.load();
  const DatasetInfo& read = data->info;
  ASSERT_EQ(namesOf(probed->inputs), namesOf(read.inputs));
  for (std::size_t i = 0; i < read.inputs.size(); ++i) {
    EXPECT_EQ(probed->inputs[i].sample, read.inputs[i].sample);
    EXPECT_EQ(probed->inputs[i].bytes.has_value(), read.inputs[i].bytes.has_value());
  }
  EXPECT_EQ(namesOf(probed->targets), namesOf(read.targets));
  EXPECT_EQ(probed->fields, read.fields);
  EXPECT_EQ(probed->notes, read.notes);
  ASSERT_EQ(preview.columns.size(), 3u);
  EXPECT_EQ(preview.columns[0].kind, FieldKind::Image);
  EXPECT_EQ(preview.rows[0].states[0], TablePreview::CellState::Value);
  std::filesystem::remove(t.folder.path() / "in/1.png");
  EXPECT_TRUE(probeDataset(t.spec).ok());
}

TEST(CsvImages, ProgressRisesAndCancels) {
  const ImageTable t("photo,kind\nin/1.png,a\nin/0.png,b\n");
  std::vector<double> shares;
  ASSERT_TRUE(loadDataset(t.spec, [&](double share) {
                shares.push_back(share);
                return true;
              }).ok());
  EXPECT_TRUE(std::ranges::is_sorted(shares));
  const auto cancelled = loadDataset(t.spec, [](double share) { return share < 0.3; });
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace tandem
