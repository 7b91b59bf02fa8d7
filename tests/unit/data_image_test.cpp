#include <gtest/gtest.h>

// In this order.
#include <cstdio>

#include <jpeglib.h>
#include <png.h>

#include "core/data/dataset.h"
#include "core/data/image.h"
#include "tests/unit/data_files.h"

namespace tandem {
namespace {

using testing::TempFolder;

std::span<const std::uint8_t> bytesOf(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string png(std::uint32_t width, std::uint32_t height, std::uint32_t format,
                const std::vector<std::uint8_t>& pixels) {
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

// Of 16 bits per channel, which libpng writes without a change; `format` is PNG_FORMAT_LINEAR_Y or similar.
std::string png16(std::uint32_t width, std::uint32_t format, const std::vector<std::uint16_t>& levels) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(levels.data());
  const auto height = static_cast<std::uint32_t>(levels.size() / PNG_IMAGE_SAMPLE_CHANNELS(format) / width);
  return png(width, height, format, {bytes, bytes + 2 * levels.size()});
}

std::string jpeg(std::uint32_t width, std::uint32_t height, J_COLOR_SPACE space,
                 const std::vector<std::uint8_t>& pixels) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = width;
  info.image_height = height;
  info.in_color_space = space;
  info.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < height) {
    auto* row = const_cast<std::uint8_t*>(
        pixels.data() + info.next_scanline * width * static_cast<std::uint32_t>(info.input_components));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string bytes(reinterpret_cast<char*>(buffer), size);
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return bytes;
}

std::vector<std::uint8_t> filled(std::size_t pixels, std::initializer_list<std::uint8_t> colour) {
  std::vector<std::uint8_t> all;
  for (std::size_t i = 0; i < pixels; ++i) all.insert(all.end(), colour);
  return all;
}

TEST(Image, DecodesPng) {
  const std::vector<std::uint8_t> pixels{255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto colour = decodeImage(bytesOf(png(3, 2, PNG_FORMAT_RGB, pixels)), "f.png");
  ASSERT_TRUE(colour.ok()) << colour.error().text();
  EXPECT_EQ(colour->width, 3);
  EXPECT_EQ(colour->height, 2);
  EXPECT_EQ(colour->channels, 3);
  EXPECT_EQ(colour->pixels, pixels);
  const auto grey = decodeImage(bytesOf(png(2, 2, PNG_FORMAT_GRAY, {0, 100, 200, 255})), "f.png");
  ASSERT_TRUE(grey.ok());
  EXPECT_EQ(grey->channels, 1);
  EXPECT_EQ(grey->pixels, (std::vector<std::uint8_t>{0, 100, 200, 255}));
  const auto clear = decodeImage(bytesOf(png(1, 1, PNG_FORMAT_RGBA, {10, 20, 30, 0})), "f.png");
  ASSERT_TRUE(clear.ok());
  EXPECT_EQ(clear->pixels, (std::vector<std::uint8_t>{255, 255, 255}));  // on white
}

TEST(Image, KeepsTheUpperBitsAndRecognizesDarkLevels) {
  const auto decoded = [](const std::string& content) {
    return decodeImage(bytesOf(content), "f.png").value();
  };
  const Image grey = decoded(png16(2, PNG_FORMAT_LINEAR_Y, {0, 255, 256, 4095}));
  EXPECT_EQ(grey.pixels, (std::vector<std::uint8_t>{0, 0, 1, 15}));
  EXPECT_EQ(grey.highestOf16Bits, 4095);
  EXPECT_TRUE(isNearlyBlack(grey));
  const Image colour = decoded(png16(1, PNG_FORMAT_LINEAR_RGB, {1, 2, 3, 4, 4096, 6}));
  EXPECT_EQ(colour.pixels, (std::vector<std::uint8_t>{0, 0, 0, 0, 16, 0}));
  EXPECT_FALSE(isNearlyBlack(colour));
  EXPECT_FALSE(isNearlyBlack(decoded(png16(2, PNG_FORMAT_LINEAR_Y, {0, 0})))) << "black as stored";
  EXPECT_FALSE(isNearlyBlack(decoded(png(2, 1, PNG_FORMAT_GRAY, {0, 3})))) << "of 8 bits";
  const Image onWhite = decoded(png16(2, PNG_FORMAT_LINEAR_Y_ALPHA, {200, 65535, 0, 0}));
  EXPECT_EQ(onWhite.pixels, (std::vector<std::uint8_t>{0, 255}));
  EXPECT_TRUE(isNearlyBlack(onWhite)) << "what is visible";
  std::string turned = png16(2, PNG_FORMAT_LINEAR_Y, {0, 255, 256, 4095});
  turned.insert(turned.size() - 12,
                std::string("\0\0\0\x1a"
                            "eXIfMM\0*\0\0\0\x8\0\x1\x1\x12\0\x3\0\0\0\x1\0\x6\0\0\0\0\0\0....",
                            38));
  EXPECT_EQ(decoded(turned).pixels, (std::vector<std::uint8_t>{1, 0, 15, 0}));
  EXPECT_TRUE(isNearlyBlack(decoded(turned)));
}

TEST(Image, DecodesJpeg) {
  const auto colour = decodeImage(bytesOf(jpeg(16, 8, JCS_RGB, filled(128, {200, 50, 100}))), "f.jpg");
  ASSERT_TRUE(colour.ok()) << colour.error().text();
  EXPECT_EQ(colour->width, 16);
  EXPECT_EQ(colour->height, 8);
  EXPECT_EQ(colour->channels, 3);
  EXPECT_NEAR(colour->pixels[0], 200, 2);
  EXPECT_NEAR(colour->pixels[1], 50, 2);
  EXPECT_NEAR(colour->pixels[2], 100, 2);
  const auto grey = decodeImage(bytesOf(jpeg(8, 8, JCS_GRAYSCALE, filled(64, {77}))), "f.jpg");
  ASSERT_TRUE(grey.ok());
  EXPECT_EQ(grey->channels, 1);
  EXPECT_NEAR(grey->pixels[0], 77, 1);
  // libjpeg writes an Adobe marker, with which CMYK is inverted: 255 is no ink.
  const auto print = decodeImage(bytesOf(jpeg(8, 8, JCS_CMYK, filled(64, {255, 128, 0, 255}))), "f.jpg");
  ASSERT_TRUE(print.ok()) << print.error().text();
  EXPECT_EQ(print->channels, 3);
  EXPECT_NEAR(print->pixels[0], 255, 2);
  EXPECT_NEAR(print->pixels[1], 128, 2);
  EXPECT_NEAR(print->pixels[2], 0, 2);
}

TEST(Image, ShrinkingAveragesAndGrowingIsBilinear) {
  const Image image{2, 4, 1, {0, 10, 20, 30, 40, 50, 60, 70}};
  std::uint8_t small[2] = {};
  resizeImage(image, 1, 2, 1, small);
  EXPECT_EQ(small[0], 25);
  EXPECT_EQ(small[1], 45);
  std::uint8_t third[3] = {};  // 4 to 3: shares of 3/4 and 1/4, 2/4 and 2/4, 1/4 and 3/4
  resizeImage(Image{1, 4, 1, {0, 40, 80, 120}}, 1, 3, 1, third);
  EXPECT_EQ(std::vector(third, third + 3), (std::vector<std::uint8_t>{10, 60, 110}));
  std::uint8_t large[4] = {};
  resizeImage(Image{1, 2, 1, {0, 100}}, 1, 4, 1, large);
  EXPECT_EQ(std::vector(large, large + 4), (std::vector<std::uint8_t>{0, 25, 75, 100}));
  std::uint8_t same[8] = {};
  resizeImage(image, 2, 4, 1, same);
  EXPECT_EQ(std::vector(same, same + 8), image.pixels);
  std::uint8_t colour[12] = {};  // one grey pixel to 2 x 2 in colour
  resizeImage(Image{1, 1, 1, {9}}, 2, 2, 3, colour);
  EXPECT_EQ(std::vector(colour, colour + 12), std::vector<std::uint8_t>(12, 9));
  std::uint8_t grey = 0;
  resizeImage(Image{1, 1, 3, {100, 200, 50}}, 1, 1, 1, &grey);
  EXPECT_EQ(grey, 153);  // 0.299 * 100 + 0.587 * 200 + 0.114 * 50
}

// Writes the size in a PNG header, with a valid checksum.
std::string withPngSize(std::string bytes, std::uint32_t width, std::uint32_t height) {
  for (int i = 0; i < 4; ++i) {
    bytes[16 + static_cast<std::size_t>(i)] = static_cast<char>(width >> (24 - 8 * i));
    bytes[20 + static_cast<std::size_t>(i)] = static_cast<char>(height >> (24 - 8 * i));
  }
  const auto sum =
      static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + 12), 17));
  for (int i = 0; i < 4; ++i)
    bytes[29 + static_cast<std::size_t>(i)] = static_cast<char>(sum >> (24 - 8 * i));
  return bytes;
}

TEST(Image, InvalidImagesAreReported) {
  const std::string goodPng = png(40, 40, PNG_FORMAT_RGB, filled(1600, {1, 2, 3}));
  std::string badSum = goodPng;
  badSum[30] = static_cast<char>(badSum[30] ^ 1);
  std::vector<std::uint8_t> noise;
  for (unsigned i = 0; i < 64 * 64 * 3; ++i)
    noise.push_back(static_cast<std::uint8_t>(i * i * 2654435761u >> 13));
  const std::string goodJpeg = jpeg(64, 64, JCS_RGB, noise);
  std::string hugeJpeg = goodJpeg;  // the size is in the frame header, FF C0
  const std::size_t frame = hugeJpeg.find("\xff\xc0");
  hugeJpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  const std::pair<std::string, std::string> cases[] = {
      {"", "f: the file is empty. Choose another image"},
      {"picture", "f: this is neither a PNG nor a JPEG"},
      {goodPng.substr(0, 20), "f: the PNG is damaged: the file ends too early"},
      {goodPng.substr(0, goodPng.size() - 30), "f: the PNG is damaged: the file ends too early"},
      {badSum, "f: the PNG is damaged: IHDR: CRC error"},
      {withPngSize(goodPng, 100000, 100000),
       "f: the image has 100000 x 100000 pixels, more than the limit of 100 million. Reduce its size"},
      {hugeJpeg,
       "f: the image has 65500 x 65500 pixels, more than the limit of 100 million. Reduce its size"},
      {goodJpeg.substr(0, 3), "f: the JPEG is damaged: Premature end of JPEG file"},
      {goodJpeg.substr(0, goodJpeg.size() / 2), "f: the JPEG is damaged: Premature end of JPEG file"},
      {"\xff\xd8\xff\xd9", "f: the JPEG is damaged: JPEG datastream contains no image"},
  };
  for (const auto& [content, text] : cases) {
    const auto image = decodeImage(bytesOf(content), "f");
    ASSERT_FALSE(image.ok()) << text;
    EXPECT_EQ(image.error().text(), text);
  }
}

DataSpec specOf(const TempFolder& folder) {
  DataSpec spec;
  spec.kind = DataKind::ImageFolder;
  spec.path = folder.path();
  spec.imageHeight = 2;
  spec.imageWidth = 2;
  spec.testFraction = spec.validationFraction = 0;
  return spec;
}

TEST(ImageFolder, SubfoldersAreClasses) {
  const TempFolder folder;
  folder.write("dog/b.PNG", png(4, 4, PNG_FORMAT_RGB, filled(16, {10, 20, 30})));
  folder.write("cat/a.png", png(2, 3, PNG_FORMAT_GRAY, filled(6, {50})));
  folder.write("dog/a.jpeg", jpeg(8, 8, JCS_GRAYSCALE, filled(64, {90})));
  folder.write("dog/readme.txt", "no picture");
  folder.write(".hidden/x.png", "no picture");
  folder.write("list.txt", "no folder");
  DataSpec spec = specOf(folder);
  const auto form = probeDataset(spec);
  ASSERT_TRUE(form.ok()) << form.error().text();
  EXPECT_EQ(form->targets[0].classNames, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(form->inputs[0].sample, (Shape{2, 2, 3}));
  const auto data = loadDataset(spec);
  ASSERT_TRUE(data.ok()) << data.error().text();
  EXPECT_EQ((*data)->targets[0].classOf, (std::vector<std::int32_t>{0, 1, 1}));
  EXPECT_EQ((*data)->info.name, folder.path().filename());
  EXPECT_EQ((*data)->info.notes,
            (std::vector<std::string>{"Skipped 1 file that is neither PNG nor JPEG: dog (1 .txt)"}));
  const auto& bytes = (*data)->inputs[0].bytes;
  EXPECT_EQ(bytes.size(), 36u);
  EXPECT_EQ(bytes[0], 50);
  EXPECT_NEAR(bytes[12], 90, 1);  // a.jpeg comes before b.PNG
  EXPECT_EQ(std::vector(bytes.begin() + 24, bytes.begin() + 27), (std::vector<std::uint8_t>{10, 20, 30}));
  EXPECT_EQ((*data)->inputs[0].mean.size(), 3u);
  spec.imageChannels = 1;
  EXPECT_EQ((*loadDataset(spec).value()).inputs[0].bytes.size(), 12u);
}

TEST(ImageFolder, NearlyBlackImagesAreNoted) {
  const TempFolder folder;
  const auto content = [](std::uint16_t level) { return png16(2, PNG_FORMAT_LINEAR_Y, {0, level}); };
  folder.write("cat/1.png", content(65535));
  folder.write("cat/2.png", content(255));
  folder.write("dog/1.png", png(2, 1, PNG_FORMAT_GRAY, {0, 3}));
  const std::string one =
      "Warning: 1 of 3 images uses only the lowest 256 of 65536 levels and is nearly black after reading: cat/2.png. "
      "Rescale it to the full range";
  using Notes = std::vector<std::string>;
  EXPECT_EQ((*loadDataset(specOf(folder)))->info.notes, Notes{one});
  EXPECT_EQ(probeDataset(specOf(folder))->notes, Notes{one});
  for (int i = 10; i < 47; ++i) folder.write("dog/" + std::to_string(i) + ".png", content(4095));
  const std::string rest =
      " images use only the lowest 4096 of 65536 levels and are nearly black after reading; the first is ";
  EXPECT_EQ((*loadDataset(specOf(folder)))->info.notes,
            Notes{"Warning: 38 of 40" + rest + "cat/2.png. Rescale them to the full range"});
  EXPECT_EQ(probeDataset(specOf(folder))->notes,  // every fourth file
            Notes{"Warning: 9 of 10 examined" + rest + "dog/11.png. Rescale them to the full range"});
}

TEST(ImageFolder, InvalidFoldersAreReported) {
  const TempFolder folder;
  const std::string at = folder.path().string();
  const std::string good = png(1, 1, PNG_FORMAT_GRAY, {5});
  DataSpec spec = specOf(folder);
  const auto errorOf = [&] {
    const auto data = loadDataset(spec);
    return data.ok() ? std::string("none") : data.error().text();
  };
  const std::string help = ". Put the images of each class into a subfolder named after the class";
  EXPECT_EQ(errorOf(), at + ": there is no subfolder with images; at least two classes are needed" + help);
  folder.write("a/1.png", good);
  EXPECT_EQ(errorOf(),
            at + ": there is only one subfolder with images; at least two classes are needed" + help);
  folder.write("b/1.txt", "");
  EXPECT_EQ(
      errorOf(),
      at + "/b: this class folder contains no PNG or JPEG images, only other files: b (1 .txt). Add images, "
           "convert them to PNG or JPEG, or remove the folder");
  for (int i = 0; i < 40; ++i)
    folder.write("b/" + std::to_string(100 + i) + ".png", i == 20 || i == 30 ? "x" : good);
  EXPECT_EQ(errorOf(),  // all at once, in order, regardless of thread timing
            at + ": 2 of 41 images cannot be read: b/120.png, b/130.png (this is neither a PNG nor a JPEG). "
                 "Replace or remove them, or leave them out: \"Damaged\" in the data panel, "
                 "\"skip_damaged\": true in the project's data, or --skip-damaged");
  folder.write("b/120.png", good);
  folder.write("b/130.png", good);
  EXPECT_EQ(errorOf(), "none");
  spec.imageHeight = spec.imageWidth = 4096;
  spec.imageChannels = 3;
  for (int i = 0; i < 400; ++i) folder.write("a/" + std::to_string(i) + ".png", good);
  EXPECT_TRUE(errorOf().starts_with(at + ": the data needs 22.1 GB of memory; the limit is ")) << errorOf();
  spec.imageWidth = 0;
  EXPECT_EQ(errorOf(), "data: the image size is 4096 x 0; each side must be between 1 and 4096");
  spec.imageWidth = 2;
  spec.imageChannels = 2;
  EXPECT_EQ(errorOf(), "data: 2 image channels requested; only 1 (grey) and 3 (colour) are supported");
  spec.path = at + "/none";
  spec.imageChannels = 1;
  EXPECT_EQ(errorOf(), at + "/none: the folder does not exist. Move it there, or choose other data");
}

TEST(ImageFolder, CanBeCancelled) {
  const TempFolder folder;
  for (const char* name : {"a/1.png", "b/1.png"}) folder.write(name, png(1, 1, PNG_FORMAT_GRAY, {5}));
  for (int limit = 1; limit <= 4; ++limit) {
    int calls = 0;
    const auto data = loadDataset(specOf(folder), [&](double) { return ++calls < limit; });
    ASSERT_FALSE(data.ok());
    EXPECT_EQ(data.error().code, ErrorCode::Cancelled);
  }
}

}  // namespace
}  // namespace tandem
