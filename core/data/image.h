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
  int highestOf16Bits = 0;  // the highest visible level of a colour as stored; 0 if the image has fewer bits
};

// Reads PNG and JPEG, detected by the first bytes; other formats are refused by name. Any bit depth, palette or colour
// model becomes 8-bit grey or RGB in the stored levels: embedded gamma values and colour profiles are ignored, of 16
// bits the upper 8 are used, and transparent parts are blended with white. The EXIF orientation is applied. More than
// 100 million pixels are refused before memory is allocated. Damaged or truncated images are Errors, also where the
// library could decode them in part.
Result<Image> decodeImage(std::span<const std::uint8_t> bytes, const std::string& where);
// Whether the content starts like a PNG of 16 bits per channel.
bool isPngOf16Bits(std::span<const std::uint8_t> bytes);
// One format each, without the orientation.
Result<Image> decodePng(std::span<const std::uint8_t> bytes, const std::string& where);
Result<Image> decodeJpeg(std::span<const std::uint8_t> bytes, const std::string& where);

// The values of an image as stored, not as they look: each distinguishes a class.
struct Mask {
  std::int64_t height = 0, width = 0;
  // Whether the values are colours (red << 16 | green << 8 | blue). Otherwise they are grey levels or indices of a palette.
  bool colours = false;
  std::vector<std::uint32_t> values;  // (height, width)
};

// Reads a PNG of any bit depth; transparency is ignored. JPEG is refused because its levels are not exact.
Result<Mask> decodeMask(std::span<const std::uint8_t> bytes, const std::string& where);
// Writes (height, width) values of the nearest pixels.
void resizeMask(const Mask& mask, std::int64_t height, std::int64_t width, std::int32_t* out);

// A PNG whose pixels are indices of a palette, such as the classes of a mask. The colours of the palette are those of Pascal
// VOC: index 0 is black, and neighbours differ clearly. Errors: out of memory.
Result<std::vector<std::uint8_t>> encodeMask(std::int64_t height, std::int64_t width,
                                             std::span<const std::uint8_t> indices);

// Whether an image of 16 bits per channel uses only levels that are at most 15 of 255 as read: 8 or 12 bits stored in 16
// without rescaling, as in X-ray and depth images. Images that are black as stored do not count.
bool isNearlyBlack(const Image& image);

Status checkImageSize(std::int64_t height, std::int64_t width, const std::string& where);

// Writes (height, width, channels) levels to `out`. Downscaling averages areas, upscaling is bilinear. Grey
// to colour repeats the level; colour to grey is ITU-R BT.601 luma, as in JPEG. `channels` is 1 or 3.
void resizeImage(const Image& image, std::int64_t height, std::int64_t width, std::int64_t channels,
                 std::uint8_t* out);

}  // namespace tandem
