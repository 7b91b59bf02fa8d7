// PNG and JPEG pictures in memory.
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

// PNG or JPEG by its first bytes. Any bit depth, palette or colour model becomes 8-bit grey or RGB;
// transparent parts are laid on white. Above 100 million pixels is refused before memory is taken.
// Damaged or truncated pictures are Errors. The orientation that a camera notes (EXIF) is not applied.
Result<Image> decodeImage(std::span<const std::uint8_t> bytes, const std::string& where);
Result<Image> decodePng(std::span<const std::uint8_t> bytes, const std::string& where);
Result<Image> decodeJpeg(std::span<const std::uint8_t> bytes, const std::string& where);

Status checkImageSize(std::int64_t height, std::int64_t width, const std::string& where);

// Writes (height, width, channels) levels to `out`. Shrinking averages areas, growing is bilinear.
// Grey to colour repeats the level; colour to grey is ITU-R BT.601 luma, as JPEG's.
void resizeImage(const Image& image, std::int64_t height, std::int64_t width, std::int64_t channels,
                 std::uint8_t* out);

}  // namespace tandem
