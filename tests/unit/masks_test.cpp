// Images with a class for each pixel: which mask belongs to which image, what its values mean, and what is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

// In this order.
#include <cstdio>

#include <png.h>

#include <algorithm>

#include "core/data/dataset.h"
#include "core/data/detect.h"
#include "core/data/image.h"
#include "core/data/mask_classes.h"
#include "core/data/preprocessing.h"
#include "core/network/project.h"
#include "core/network/propose.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;
using Classes = std::vector<std::int32_t>;
using Names = std::vector<std::string>;
using Bytes = std::vector<std::uint8_t>;

std::string png(std::uint32_t width, std::uint32_t height, const Bytes& pixels,
                std::uint32_t format = PNG_FORMAT_GRAY) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  TANDEM_CHECK(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr),
               image.message);
  bytes.resize(size);
  return bytes;
}

std::string palettePng(std::int64_t width, std::int64_t height, const Bytes& indices) {
  const Bytes bytes = encodeMask(height, width, indices).value();
  return {bytes.begin(), bytes.end()};
}

std::string colours(std::uint32_t width, std::uint32_t height, const std::vector<std::uint32_t>& values) {
  Bytes pixels;
  for (const std::uint32_t value : values)
    for (const int shift : {16, 8, 0}) pixels.push_back(static_cast<std::uint8_t>(value >> shift));
  return png(width, height, pixels, PNG_FORMAT_RGB);
}

// An image of 4 x 2 pixels.
std::string picture() {
  return png(4, 2, {0, 10, 20, 30, 40, 50, 60, 70});
}

DataSpec specOf(const TempFolder& folder) {
  DataSpec spec;
  spec.kind = DataKind::ImageFolder;
  spec.path = folder.path();
  spec.imageHeight = 2;
  spec.imageWidth = 4;
  spec.imageChannels = 1;
  spec.testFraction = spec.validationFraction = 0;
  return spec;
}

std::shared_ptr<const Dataset> load(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  EXPECT_TRUE(data.ok()) << data.error().text();
  return data.ok() ? *data : nullptr;
}

std::string errorOf(const DataSpec& spec) {
  const auto data = loadDataset(spec);
  return data.ok() ? "none" : data.error().text();
}

void expectPart(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << text;
}

// A folder of images and masks of these contents, called 0, 1, ...
void fill(const TempFolder& folder, const std::vector<std::string>& masks) {
  for (std::size_t i = 0; i < masks.size(); ++i) {
    folder.write("images/" + std::to_string(i) + ".png", picture());
    folder.write("masks/" + std::to_string(i) + ".png", masks[i]);
  }
}

TEST(Masks, LevelsAndIndicesAreClasses) {
  for (const bool palette : {false, true}) {
    const auto mask = [&](const Bytes& values) {
      return palette ? palettePng(4, 2, values) : png(4, 2, values);
    };
    const TempFolder folder;
    fill(folder, {mask({0, 0, 1, 1, 7, 7, 0, 0}), mask({1, 1, 1, 1, 0, 0, 0, 0})});
    const auto data = load(specOf(folder));
    ASSERT_TRUE(data);
    const DataTensor& target = data->info.targets[0];
    EXPECT_EQ(target.name, "mask");
    EXPECT_EQ(target.sample, (Shape{2, 4}));
    EXPECT_EQ(target.classNames, (Names{"class 0", "class 1", "class 7"}));
    EXPECT_EQ(data->targets[0].classOf, (Classes{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0}));
    EXPECT_EQ(target.classCounts, (std::vector<std::int64_t>{8, 6, 2}));
    EXPECT_EQ(data->inputs[0].bytes.size(), 16u);
    const auto probed = probeDataset(specOf(folder));
    ASSERT_TRUE(probed.ok()) << probed.error().text();
    EXPECT_EQ(probed->targets[0].classNames, target.classNames);
    EXPECT_EQ(probed->targets[0].sample, target.sample);
    const Preprocessing fields = preprocessingOf(*data);
    ASSERT_EQ(fields.fields.size(), 2u);
    EXPECT_EQ(fields.fields[1].categories, target.classNames);
    EXPECT_EQ(fields.fields[1].image, (Shape{2, 4, 1}));
  }
}

TEST(Masks, ColoursAreClasses) {
  const TempFolder folder;
  fill(folder, {colours(4, 2, {0, 0, 0xff0000, 0xff0000, 0, 0, 0x00ff00, 0}),
                colours(4, 2, {0, 0, 0, 0, 0, 0, 0, 0})});  // all grey, but stored as colours
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.targets[0].classNames, (Names{"#000000", "#00ff00", "#ff0000"}));
  EXPECT_EQ(Classes(data->targets[0].classOf.begin(), data->targets[0].classOf.begin() + 8),
            (Classes{0, 0, 2, 2, 0, 0, 1, 0}));
}

TEST(Masks, GreyColoursAreLevels) {
  const TempFolder folder;
  fill(folder,
       {colours(4, 2, {0, 0, 0xffffff, 0xffffff, 0, 0, 0, 0}), png(4, 2, {255, 0, 0, 0, 0, 0, 0, 0})});
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.targets[0].classNames, (Names{"class 0", "class 255"}))
      << "not void: there is no level 1";
  EXPECT_EQ(data->targets[0].classOf, (Classes{0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Masks, Level255BesideIndicesIsVoid) {
  const TempFolder folder;
  fill(folder, {palettePng(4, 2, {0, 1, 1, 255, 0, 0, 0, 0})});
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.targets[0].classNames, (Names{"class 0", "class 1", "void"}));
  ASSERT_FALSE(data->info.notes.empty());
  expectPart(data->info.notes.front(), "Level 255 is the class \"void\"");
}

TEST(Masks, AFileNamesTheClasses) {
  const TempFolder folder;
  fill(folder, {png(4, 2, {0, 2, 2, 255, 0, 0, 0, 0})});
  folder.write("classes.txt", "background\r\nroad\ncar\n\n");
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.targets[0].classNames, (Names{"background", "road", "car", "void"}));
  EXPECT_EQ(data->targets[0].classOf, (Classes{0, 2, 2, 3, 0, 0, 0, 0}));
  folder.write("classes.txt", "background\nroad\n");
  expectPart(errorOf(specOf(folder)),
             "level 2 occurs in the masks, but 2 classes are named, of the levels 0 to 1");
}

TEST(Masks, AFileNamesTheColours) {
  const TempFolder folder;
  fill(folder, {colours(4, 2, {0, 0, 0xff8000, 0, 0, 0, 0, 0})});
  folder.write("classes.txt", "#ff8000 road\n#000000 background\n");
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.targets[0].classNames, (Names{"road", "background"}));
  EXPECT_EQ(data->targets[0].classOf, (Classes{1, 1, 0, 1, 1, 1, 1, 1}));
  folder.write("classes.txt", "#ff8000 road\n#0000ff sky\n");
  expectPart(errorOf(specOf(folder)), "the colour #000000 occurs in the masks, but is not listed");
  folder.write("classes.txt", "road\nsky\n");
  expectPart(errorOf(specOf(folder)),
             "the masks have colours, but the names of the classes are without theirs");
}

TEST(Masks, ListsOfClassesAreChecked) {
  const auto refusal = [](std::string_view text) {
    const auto list = parseClassList(text, "f");
    return list.ok() ? "" : list.error().text();
  };
  EXPECT_EQ(refusal("a\nb"), "");
  EXPECT_EQ(refusal("\xef\xbb\xbf#000000 a\n#0000ff b\n"), "");
  expectPart(refusal("a\n\nb\n"), "f:2: the line is empty");
  expectPart(refusal("a\nb\na\n"), "f:3: the name appears twice");
  expectPart(refusal("#000000 a\n#000000 b\n"), "f:2: the colour appears twice");
  expectPart(refusal("#000000 a\nb\n"), "f:2: some classes have a colour and others none");
  expectPart(refusal("a\n#000000 b\n"), "f:2: some classes have a colour and others none");
  expectPart(refusal("#000000\n"), "f:1: the class has no name");
  expectPart(refusal("\n"), "the file names no classes");
  expectPart(refusal("\xff\n"), "are not UTF-8");
}

TEST(Masks, NamesMayEndInAWord) {
  const TempFolder folder;
  const std::string mask = png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0});
  folder.write("images/town/a.png", picture());
  folder.write("images/b.png", picture());
  folder.write("masks/town/a_mask.png", mask);
  folder.write("masks/b-labels.png", mask);
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->size(), 2);
}

TEST(Masks, FoldersMayBeNamedAsInPascalVoc) {
  const TempFolder folder;
  folder.write("Annotations/a.xml", "<annotation/>");
  folder.write("JPEGImages/a.png", picture());
  folder.write("SegmentationClass/a.png", palettePng(4, 2, {0, 0, 1, 1, 255, 0, 0, 0}));
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.targets[0].classNames, (Names{"class 0", "class 1", "void"}));
}

TEST(Masks, FoldersMayBeAnywhere) {
  const TempFolder folder;
  const std::string mask = png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0});
  folder.write("photos/a.png", picture());
  folder.write("truth/a.png", mask);
  DataSpec spec = specOf(folder);
  spec.path = folder.file("photos");
  spec.masks = folder.file("truth");
  const auto data = load(spec);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->info.targets[0].classes, 2);
  const auto found = detectData(spec.path, spec.masks);
  ASSERT_TRUE(found.ok()) << found.error().text();
  EXPECT_EQ(found->masks, spec.masks);
  EXPECT_EQ(found->imageHeight, 2);
  spec.masks = spec.path;
  expectPart(errorOf(spec), "the images and the masks are in the same folder");
  spec.masks = folder.file("nowhere");
  expectPart(errorOf(spec), "the folder of masks does not exist");
}

TEST(Masks, TrainAndTestFoldersAreTheSplit) {
  const std::string mask = png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0});
  for (const bool inside : {false, true}) {
    const TempFolder folder;
    const auto add = [&](const std::string& part, const std::string& name) {
      for (const auto& [kind, content] : {std::pair("images", picture()), {"masks", mask}})
        folder.write(
            inside ? fmt::format("{}/{}/{}", kind, part, name) : fmt::format("{}/{}/{}", part, kind, name),
            content);
    };
    for (const char* name : {"a.png", "b.png"}) add("train", name);
    add("val", "c.png");
    for (const char* name : {"d.png", "e.png", "f.png"}) add("test", name);
    DataSpec spec = specOf(folder);
    spec.testFraction = spec.validationFraction = 0.5;  // not used
    const auto data = load(spec);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->part(SplitPart::Train).size(), 2u);
    EXPECT_EQ(data->part(SplitPart::Validation).size(), 1u);
    EXPECT_EQ(data->part(SplitPart::Test).size(), 3u);
    EXPECT_EQ(data->info.notes, (Names{"The folder's own split is used: 2 training, 1 validation, 3 test"}));
  }
}

TEST(Masks, AreResizedToTheNearestPixel) {
  const TempFolder folder;
  folder.write("images/a.png", png(8, 4, Bytes(32, 100)));
  Bytes mask(32, 0);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 8 < 4 ? 3 : 9;
  folder.write("masks/a.png", png(8, 4, mask));
  const auto data = load(specOf(folder));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->targets[0].classOf, (Classes{0, 0, 1, 1, 0, 0, 1, 1}));
  // A mask of half the size, whose pixels are repeated.
  folder.write("masks/a.png", png(4, 2, {0, 0, 0, 1, 2, 2, 2, 2}));
  DataSpec spec = specOf(folder);
  spec.imageHeight = 4;
  spec.imageWidth = 8;
  const auto large = load(spec);
  ASSERT_TRUE(large);
  EXPECT_EQ(Classes(large->targets[0].classOf.begin(), large->targets[0].classOf.begin() + 24),
            (Classes{0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2}));
}

TEST(Masks, ThatAreMissingAreReported) {
  const TempFolder folder;
  const std::string mask = png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0});
  for (const char* name : {"images/a.png", "images/b.png", "images/c.png"}) folder.write(name, picture());
  folder.write("masks/b.png", mask);
  folder.write("masks/z.png", mask);
  expectPart(errorOf(specOf(folder)), "2 of 3 images have no mask: images/a.png, images/c.png");
  expectPart(probeDataset(specOf(folder)).error().text(), "2 of 3 images have no mask");
  DataSpec spec = specOf(folder);
  spec.skipDamaged = true;
  const auto data = load(spec);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->size(), 1);
  EXPECT_EQ(data->info.notes, (Names{"Skipped 1 mask without an image: masks/z.png",
                                     "Left out 2 of 3 images without a mask: images/a.png, images/c.png"}));
}

TEST(Masks, ThatDoNotFitAreReportedOrLeftOut) {
  const TempFolder folder;
  const std::string mask = png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0});
  fill(folder, {mask, png(2, 4, {0, 0, 1, 1, 0, 0, 0, 0}), mask, mask.substr(0, mask.size() - 20)});
  folder.write("images/x.png", picture());
  folder.write("masks/x.jpg", "\xff\xd8\xff\xe0 a JPEG");
  const std::string error = errorOf(specOf(folder));
  expectPart(error, "3 of 5 images cannot be used with their masks: ");
  expectPart(error, "images/1.png (its mask has 2 x 4 pixels, but the image 4 x 2)");
  expectPart(error, "images/3.png (the mask is a damaged PNG");
  expectPart(error,
             "images/x.png (the mask is a JPEG, which does not store exact values; only PNG can be read)");
  DataSpec spec = specOf(folder);
  spec.skipDamaged = true;
  const auto data = load(spec);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->size(), 2);
  EXPECT_EQ(data->targets[0].classOf, (Classes{0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0}));
  expectPart(data->info.notes.at(0), "Left out 3 of 5 images that cannot be used with their masks");
}

TEST(Masks, OfTooManyOrTooFewValuesAreRefused) {
  Bytes pixels;
  for (int i = 0; i < 20 * 20; ++i)
    for (const int c : {i % 20 * 12, i / 20 * 12, i % 7 * 30}) pixels.push_back(static_cast<std::uint8_t>(c));
  const TempFolder photos;
  photos.write("images/a.png", png(20, 20, Bytes(400, 9)));
  photos.write("masks/a.png", png(20, 20, pixels, PNG_FORMAT_RGB));
  expectPart(errorOf(specOf(photos)),
             "images/a.png (its mask has more than 256 different values, like an image rather than a mask)");
  const TempFolder plain;
  fill(plain, {png(4, 2, Bytes(8, 3))});
  expectPart(errorOf(specOf(plain)), "all pixels of all masks have the same level");
  const TempFolder mixed;
  fill(mixed, {png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0}), colours(4, 2, {0, 0, 0xff0000, 0, 0, 0, 0, 0})});
  expectPart(errorOf(specOf(mixed)),
             "the masks differ: masks/1.png has colours, but masks/0.png has grey levels or a palette");
}

TEST(Masks, FilesOfTheSameNameAreRefused) {
  const TempFolder folder;
  fill(folder, {png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0})});
  folder.write("masks/0_mask.png", png(4, 2, {0, 0, 1, 1, 0, 0, 0, 0}));
  expectPart(errorOf(specOf(folder)), "two masks belong to one image: masks/0.png and masks/0_mask.png");
  std::filesystem::remove(folder.file("masks/0_mask.png"));
  folder.write("images/0.jpg", "");
  expectPart(errorOf(specOf(folder)), "0.jpg and 0.png have the same name without the ending");
}

TEST(Masks, OfAnyBitDepthHaveTheirStoredValues) {
  const Bytes indices = {0, 1, 2, 21, 255, 0, 0, 1};
  const auto read = decodeMask(encodeMask(2, 4, indices).value(), "f");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->values, std::vector<std::uint32_t>(indices.begin(), indices.end()));
  EXPECT_FALSE(read->colours);
  EXPECT_EQ(read->height, 2);
  // The palette is that of Pascal VOC.
  const auto shown = decodeImage(encodeMask(1, 4, Bytes{0, 1, 2, 15}).value(), "f");
  ASSERT_TRUE(shown.ok()) << shown.error().text();
  EXPECT_EQ(shown->pixels, (Bytes{0, 0, 0, 128, 0, 0, 0, 128, 0, 192, 128, 128}));
}

TEST(Masks, ProjectsClassifyPixels) {
  const TempFolder folder;
  fill(folder, std::vector<std::string>(6, png(4, 2, {0, 0, 1, 1, 2, 0, 0, 0})));
  const auto spec = detectData(folder.path());
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->kind, DataKind::ImageFolder);
  const auto proposal = proposeProject(*spec);
  ASSERT_TRUE(proposal.ok()) << proposal.error().text();
  EXPECT_EQ(summaryOf(*proposal),
            "2 x 4 x 1 inputs, 3 classes of pixels: softmax cross-entropy and accuracy");
  const Network& network = proposal->project.network;
  EXPECT_EQ(network.layers().back().type, "conv2d");
  EXPECT_EQ(network.layers().back().properties.integer("filters", 0), 3);
}

TEST(Masks, AreAPartOfTheProject) {
  Project project;
  project.data.kind = DataKind::ImageFolder;
  project.data.masks = "/somewhere/masks";
  const auto again = projectFromJson(toJson(project), "f");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->data.masks, project.data.masks);
}

}  // namespace
}  // namespace tandem
