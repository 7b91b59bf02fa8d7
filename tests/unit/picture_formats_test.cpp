// Every kind of PNG and JPEG gives the levels that Pillow reads, upright and on white (tests/unit/pictures).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/base/file.h"
#include "core/data/content_kind.h"
#include "core/data/encode.h"
#include "core/data/image.h"

namespace tandem {
namespace {

const std::filesystem::path kPictures = std::filesystem::path(TANDEM_SOURCE_DIR) / "tests/unit/pictures";

std::span<const std::uint8_t> bytesOf(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string contentOf(const std::string& name) {
  return readTextFile(kPictures / name, 1 << 20).value();
}

struct Expected {
  std::string name;
  Image image;
};

std::vector<Expected> readExpected() {
  std::vector<Expected> all;
  std::ifstream file(kPictures / "expected.csv");
  for (std::string line; std::getline(file, line);) {
    std::ranges::replace(line, ',', ' ');
    Expected one;
    std::string hex;
    std::istringstream(line) >> one.name >> one.image.height >> one.image.width >> one.image.channels >> hex;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      one.image.pixels.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    all.push_back(std::move(one));
  }
  return all;
}

TEST(PictureFormats, GiveTheLevelsThatPillowReads) {
  const std::vector<Expected> all = readExpected();
  ASSERT_GT(all.size(), 40u);
  for (const auto& [name, expected] : all) {
    const auto image = decodeImage(bytesOf(contentOf(name)), name);
    ASSERT_TRUE(image.ok()) << image.error().text();
    EXPECT_EQ(image->height, expected.height) << name;
    EXPECT_EQ(image->width, expected.width) << name;
    EXPECT_EQ(image->channels, expected.channels) << name;
    ASSERT_EQ(image->pixels.size(), expected.pixels.size()) << name;
    // Versions of libjpeg may differ by one level.
    const int tolerance = name.ends_with(".jpg") ? 1 : 0;
    for (std::size_t i = 0; i < expected.pixels.size(); ++i)
      ASSERT_NEAR(image->pixels[i], expected.pixels[i], tolerance) << name << " at " << i;
  }
}

// Inputs from bug reports of other programs (tests/cases).
TEST(PictureFormats, EqualPicturesHaveEqualLevels) {
  const std::pair<const char*, std::vector<const char*>> cases[] = {
      {"21-png-alpha/expect_white.png", {"21-png-alpha/rgba.png", "21-png-alpha/palette.png"}},
      {"21-png-alpha/expect_half_linear_in_srgb.png", {"21-png-alpha/half.png"}},
      {"22-png-gamma-chunk/plain.png",
       {"22-png-gamma-chunk/gama_22727.png", "22-png-gamma-chunk/gama_45455.png",
        "22-png-gamma-chunk/gama_linear.png", "22-png-gamma-chunk/srgb.png"}},
      {"24-exif-orientation/upright.jpg",
       {"24-exif-orientation/tag3.jpg", "24-exif-orientation/tag6.jpg", "24-exif-orientation/tag6.png"}},
  };
  const auto pixelsOf = [](const char* name) {
    return decodeImage(bytesOf(readTextFile(kPictures / "../../cases" / name, 1 << 20).value()), name)
        .value()
        .pixels;
  };
  for (const auto& [expected, names] : cases)
    for (const char* name : names) EXPECT_EQ(pixelsOf(name), pixelsOf(expected)) << name;
}

// Prediction reads pictures as training does.
TEST(PictureFormats, AreTheSameForPrediction) {
  for (const auto& [name, expected] : readExpected()) {
    const Shape sample{expected.height, expected.width, expected.channels};
    const auto encoded = encodeImage(bytesOf(contentOf(name)), unnamedFields(sample, {"a", "b"}), name);
    ASSERT_TRUE(encoded.ok()) << encoded.error().text();
    ASSERT_EQ(encoded->inputs[0].size(), expected.pixels.size()) << name;
    for (std::size_t i = 0; i < expected.pixels.size(); ++i)
      ASSERT_NEAR(encoded->inputs[0][i] * 255, expected.pixels[i], 1.001) << name << " at " << i;
  }
}

TEST(PictureFormats, AModelWithOtherChannelsIsRefused) {
  for (const std::int64_t channels : {2, 4, 5}) {
    const auto encoded =
        encodeImage(bytesOf(contentOf("rgba.png")), unnamedFields({4, 4, channels}, {"a", "b"}), "f.png");
    ASSERT_FALSE(encoded.ok());
    EXPECT_EQ(encoded.error().text(), "f.png: the network needs " + std::to_string(channels) +
                                          " image channels; only 1 (grey) and 3 (colour) are supported");
  }
}

// libjpeg decodes such files with grey or shifted blocks and only warns.
TEST(PictureFormats, AJpegThatDecodesWithErrorsIsDamaged) {
  const std::string whole = contentOf("rgb.jpg");
  const std::size_t scan = whole.find("\xff\xda") + 14, end = whole.size() - 2;
  int damaged = 0, refused = 0;
  for (std::size_t at = scan; at < end; ++at) {  // overwrites two bytes of the pixels
    std::string content = whole;
    content[at] = static_cast<char>(~content[at]);
    content[at + 1] = static_cast<char>(~content[at + 1]);
    ++damaged;
    refused += decodeImage(bytesOf(content), "f").ok() ? 0 : 1;
  }
  EXPECT_GT(refused, damaged / 2) << "of " << damaged;  // others are valid files of another image
  for (const std::string& content : {whole.substr(0, end), whole.substr(0, scan + 20),
                                     whole.substr(0, end) + std::string(30, 'x') + whole.substr(end)}) {
    const auto image = decodeImage(bytesOf(content), "f");
    ASSERT_FALSE(image.ok());
    EXPECT_TRUE(image.error().text().starts_with("f: the JPEG is damaged: ")) << image.error().text();
  }
  // Bytes after the end and extra bytes between the segments of the header do not concern the pixels.
  EXPECT_TRUE(decodeImage(bytesOf(whole + "more"), "f").ok());
  std::string padded = whole;
  padded.insert(whole.find("\xff\xdb"), "\x01\x02");
  EXPECT_TRUE(decodeImage(bytesOf(padded), "f").ok());
}

TEST(PictureFormats, OthersAreRefusedByName) {
  using namespace std::string_literals;
  const std::pair<std::string, std::string> cases[] = {
      {"GIF89a...", "a GIF image"},
      {"RIFF....WEBPVP8 ", "a WebP image"},
      {"BM....\0\0\0\0...."s, "a BMP image"},
      {"II*\0...."s, "a TIFF image"},
      {"MM\0*...."s, "a TIFF image"},
      {"\0\0\0\x18"
       "ftypheic"s,
       "a HEIC image"},
      {"\0\0\0\x1c"
       "ftypavif"s,
       "an AVIF image"},
  };
  for (const auto& [content, name] : cases) {
    const auto image = decodeImage(bytesOf(content), "f");
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().text(),
              "f: this is " + name + "; only PNG and JPEG can be read. Convert it to PNG");
    EXPECT_TRUE(isPicture(bytesOf(content)));
  }
  EXPECT_EQ(decodeImage(bytesOf("<html>404</html>"), "f").error().text(),
            "f: this is an HTML page; only PNG and JPEG can be read");
  for (const char* table :
       {"BMI,age\n1,2\n", "GIF,a\n", "RIFF,WEBP", "II*", "abc,JXL \n", "PAR1,PAR2\n", "BZh,a\n"})
    EXPECT_EQ(contentKind(std::string_view(table)), "") << table;
}

}  // namespace
}  // namespace tandem
