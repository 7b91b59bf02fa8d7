// PNG and JPEG images in memory: one reader for training and prediction.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tandem {

struct Image {
  std::int64_t height = 0, width = 0, channels = 1;  // 1: grey; 3: red, green, blue
  std::vector<std::uint8_t> pixels;                  // (height, width, channels), levels as stored
};

// Reads PNG and JPEG, detected by the first bytes; other formats are refused by name. Any bit depth, palette or colour
// model becomes 8-bit grey or RGB in the stored levels: embedded gamma values and colour profiles are ignored, of 16
// bits the upper 8 are used, and transparent parts are blended with white. The EXIF orientation is applied. More than
// 100 million pixels are refused before memory is allocated. Damaged or truncated images are Errors, also where the
// library could decode them in part.
Result<Image> decodeImage(std::span<const std::uint8_t> bytes, const std::string& where);
// One format each, without the orientation.
Result<Image> decodePng(std::span<const std::uint8_t> bytes, const std::string& where);
Result<Image> decodeJpeg(std::span<const std::uint8_t> bytes, const std::string& where);

Status checkImageSize(std::int64_t height, std::int64_t width, const std::string& where);

// Writes (height, width, channels) levels to `out`. Downscaling averages areas, upscaling is bilinear. Grey
// to colour repeats the level; colour to grey is ITU-R BT.601 luma, as in JPEG.
void resizeImage(const Image& image, std::int64_t height, std::int64_t width, std::int64_t channels,
                 std::uint8_t* out);

}  // namespace tandem
