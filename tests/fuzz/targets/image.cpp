#include "core/data/image.h"

#include <zlib.h>

#include "core/data/exif.h"
#include "tests/fuzz/fuzz_target.h"

namespace tandem::fuzz {
namespace {

// Decoding an image with the full 100 million pixels takes seconds and would dominate fuzzing.
constexpr double kMaxPixels = 1 << 20;

bool isSmall(std::span<const std::uint8_t> bytes) {
  // PNG: width and height are in the first chunk. JPEG: in any frame header, marker FF C0 to FF C2.
  const auto number = [&](std::size_t at, int count) {
    double value = 0;  // the product of two 32-bit numbers may not fit 64 bits
    for (int k = 0; k < count; ++k) value = value * 256 + bytes[at + static_cast<std::size_t>(k)];
    return value;
  };
  if (bytes.size() >= 24 && bytes[0] == 0x89) return number(16, 4) * number(20, 4) <= kMaxPixels;
  for (std::size_t i = 0; i + 9 <= bytes.size(); ++i) {
    if (bytes[i] != 0xff || (bytes[i + 1] & 0xf0) != 0xc0) continue;
    if (number(i + 5, 2) * number(i + 7, 2) > kMaxPixels) return false;
  }
  return true;
}

void decodeAsMask(std::span<const std::uint8_t> bytes) {
  const auto mask = decodeMask(bytes, "f");
  if (!mask.ok()) return;
  TANDEM_CHECK(std::ssize(mask->values) == mask->height * mask->width && !mask->values.empty(),
               "values do not fill the size");
  std::int32_t out[9 * 7];
  resizeMask(*mask, 9, 7, out);
}

bool decode(std::span<const std::uint8_t> bytes) {
  decodeAsMask(bytes);
  const int orientation = orientationOf(bytes);
  TANDEM_CHECK(orientation >= 1 && orientation <= 8, "orientation");
  const auto image = decodeImage(bytes, "f");
  if (!image.ok()) return false;
  TANDEM_CHECK(image->channels == 1 || image->channels == 3, "channels");
  TANDEM_CHECK(
      std::ssize(image->pixels) == image->height * image->width * image->channels && !image->pixels.empty(),
      "pixels do not fill the size");
  std::uint8_t out[9 * 7 * 3];
  resizeImage(*image, 9, 7, 3, out);
  resizeImage(*image, 9, 7, 1, out);
  return true;
}

// Corrects the checksum of every PNG chunk: otherwise libpng would refuse nearly all mutated files
// immediately.
std::vector<std::uint8_t> withChecksums(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> png(bytes.begin(), bytes.end());
  for (std::size_t at = 8; at + 12 <= png.size();) {  // length, type, data, checksum
    std::size_t length = 0;
    for (std::size_t k = 0; k < 4; ++k) length = length << 8 | png[at + k];
    if (length > png.size() - at - 12) break;
    const auto sum = crc32(0, png.data() + at + 4, static_cast<uInt>(length + 4));
    for (std::size_t k = 0; k < 4; ++k)
      png[at + 8 + length + k] = static_cast<std::uint8_t>(sum >> (24 - 8 * k));
    at += length + 12;
  }
  return png;
}

bool run(std::span<const std::uint8_t> bytes) {
  if (!isSmall(bytes)) return false;
  const bool accepted = decode(bytes);
  if (bytes.empty() || bytes[0] != 0x89) return accepted;
  return decode(withChecksums(bytes)) || accepted;
}

}  // namespace

extern const FuzzTarget image;
const FuzzTarget image = {"image", run};

}  // namespace tandem::fuzz
