// PNG and JPEG images in memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tandem {

struct Image {
  std::int64_t height = 0, width = 0, channels = 1;  // 1: grey; 3: red, green, blue
  std::vector<std::uint8_t> pixels;                  // (height, width, channels), sRGB levels
};

// Detects PNG or JPEG by the first bytes. Any bit depth, palette or colour model becomes 8-bit grey or RGB;
// transparent parts are composited on white. More than 100 million pixels are refused before memory is
// allocated. Damaged or truncated images are Errors. The EXIF orientation is not applied.
Result<Image> decodeImage(std::span<const std::uint8_t> bytes, const std::string& where);
Result<Image> decodePng(std::span<const std::uint8_t> bytes, const std::string& where);
Result<Image> decodeJpeg(std::span<const std::uint8_t> bytes, const std::string& where);

Status checkImageSize(std::int64_t height, std::int64_t width, const std::string& where);

// Writes (height, width, channels) levels to `out`. Downscaling averages areas, upscaling is bilinear. Grey
// to colour repeats the level; colour to grey is ITU-R BT.601 luma, as in JPEG.
void resizeImage(const Image& image, std::int64_t height, std::int64_t width, std::int64_t channels,
                 std::uint8_t* out);

}  // namespace tandem
