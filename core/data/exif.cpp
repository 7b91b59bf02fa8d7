#include "core/data/exif.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr int kUpright = 1;

std::string_view textOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An unsigned number of `count` bytes at `at`; 0 outside the data.
std::uint32_t number(Bytes bytes, std::size_t at, std::size_t count, bool littleEndian = false) {
  if (at > bytes.size() || count > bytes.size() - at) return 0;
  std::uint32_t value = 0;
  for (std::size_t k = 0; k < count; ++k) value = value << 8 | bytes[at + (littleEndian ? count - 1 - k : k)];
  return value;
}

// EXIF is a TIFF file: byte order, 42, the place of the first directory; a directory is a count and entries of 12
// bytes: tag, type, count, value.
int orientationInExif(Bytes exif) {
  constexpr std::uint32_t kOrientation = 0x0112, kShort = 3, kLong = 4;
  if (textOf(exif).starts_with(std::string_view("Exif\0\0", 6))) exif = exif.subspan(6);
  const bool little = textOf(exif).starts_with("II");
  if (!little && !textOf(exif).starts_with("MM")) return 0;
  if (number(exif, 2, 2, little) != 42) return 0;
  const std::size_t directory = number(exif, 4, 4, little);
  const std::size_t entries = number(exif, directory, 2, little);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (number(exif, entry, 2, little) != kOrientation) continue;
    const std::uint32_t type = number(exif, entry + 2, 2, little);
    if (type != kShort && type != kLong) return 0;
    return static_cast<int>(std::min(9u, number(exif, entry + 8, type == kShort ? 2 : 4, little)));
  }
  return 0;
}

// XMP is XML: tiff:Orientation="6" or <tiff:Orientation>6</tiff:Orientation>
int orientationInXmp(std::string_view xmp) {
  constexpr std::string_view kName = "tiff:Orientation";
  const std::size_t name = xmp.find(kName);
  if (name == xmp.npos) return 0;
  const std::string_view value = xmp.substr(name + kName.size(), 3);
  for (const std::string_view start : {"=\"", "='", ">"})
    if (value.starts_with(start) && value.size() > start.size()) return value[start.size()] - '0';
  return 0;
}

bool isValid(int orientation) {
  return orientation >= 1 && orientation <= 8;
}

// A JPEG is a sequence of segments: FF, marker, length with itself, content. The pixels follow the marker SOS.
int orientationInJpeg(Bytes jpeg) {
  constexpr std::uint8_t kScan = 0xda, kEnd = 0xd9, kApp1 = 0xe1;
  constexpr std::string_view kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  int inXmp = 0;
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    if (jpeg[at] != 0xff || jpeg[at + 1] == 0xff || jpeg[at + 1] == 0) {  // fill bytes
      ++at;
      continue;
    }
    const std::uint8_t marker = jpeg[at + 1];
    if (marker == kScan || marker == kEnd) break;
    const std::size_t length = number(jpeg, at + 2, 2);
    const Bytes content =
        jpeg.subspan(at + 4, std::min(jpeg.size() - at - 4, std::max<std::size_t>(2, length) - 2));
    if (marker == kApp1 && textOf(content).starts_with("Exif")) {
      if (const int found = orientationInExif(content); isValid(found)) return found;
    } else if (marker == kApp1 && textOf(content).starts_with(kXmp)) {
      inXmp = orientationInXmp(textOf(content));
    }
    at += 2 + std::max<std::size_t>(2, length);
  }
  return inXmp;
}

// The text of a chunk tEXt, zTXt or iTXt with this keyword, empty if it is damaged; nothing for another keyword. At most
// 1 MiB is decompressed.
std::optional<std::string> textInPng(std::string_view type, Bytes content, std::string_view keyword) {
  constexpr uLongf kMaxBytes = 1 << 20;
  const std::string_view text = textOf(content);
  if (!text.starts_with(keyword) || text.size() <= keyword.size() || text[keyword.size()] != 0)
    return std::nullopt;
  std::size_t at = keyword.size() + 1;
  bool packed = false;
  if (type == "zTXt") {  // the method, always deflate
    packed = true;
    at += 1;
  } else if (type == "iTXt") {  // whether it is packed, the method, a language and a translated keyword
    packed = number(content, at, 1) != 0;
    at += 2;
    for (int i = 0; i < 2; ++i) at = std::min(text.size(), text.find('\0', std::min(at, text.size()))) + 1;
  }
  if (at >= text.size()) return std::string();
  if (!packed) return std::string(text.substr(at));
  std::string plain(kMaxBytes, '\0');
  uLongf size = kMaxBytes;
  const int state = uncompress(reinterpret_cast<Bytef*>(plain.data()), &size, content.data() + at,
                               static_cast<uLong>(content.size() - at));
  plain.resize(state == Z_OK ? size : 0);
  return plain;
}

// ImageMagick stores EXIF as text: a line break, "exif", the length, lines of hexadecimal digits.
int orientationInProfile(const std::string& profile) {
  std::size_t at = 0;
  for (int line = 0; line < 3 && at != profile.npos; ++line) at = profile.find('\n', at + (line > 0));
  if (at == profile.npos) return 0;
  std::vector<std::uint8_t> exif;
  int high = -1;
  for (const char c : std::string_view(profile).substr(at)) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) continue;
    if (high < 0) {
      high = static_cast<int>(digit);
    } else {
      exif.push_back(static_cast<std::uint8_t>(high * 16 + static_cast<int>(digit)));
      high = -1;
    }
  }
  return orientationInExif(exif);
}

// A PNG is a signature of 8 bytes and chunks: length, type, content, checksum. eXIf may follow the pixels.
int orientationInPng(Bytes png) {
  std::optional<int> other;  // only the first is read, because it may be compressed
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::size_t length = number(png, at, 4);
    if (length > png.size() - at - 12) break;
    const std::string_view type = textOf(png.subspan(at + 4, 4));
    const Bytes content = png.subspan(at + 8, length);
    if (type == "eXIf") {
      if (const int found = orientationInExif(content); isValid(found)) return found;
    } else if (!other && (type == "tEXt" || type == "zTXt" || type == "iTXt")) {
      if (const auto profile = textInPng(type, content, "Raw profile type exif"))
        other = orientationInProfile(*profile);
      else if (const auto xmp = textInPng(type, content, "XML:com.adobe.xmp"))
        other = orientationInXmp(*xmp);
    }
    at += length + 12;
  }
  return other.value_or(0);
}

}  // namespace

int orientationOf(Bytes bytes) {
  const int found = !bytes.empty() && bytes[0] == 0x89 ? orientationInPng(bytes) : orientationInJpeg(bytes);
  return isValid(found) ? found : kUpright;
}

Image upright(Image image, int orientation) {
  if (orientation == kUpright) return image;
  // The rows of the stored image are the columns of the upright one.
  const bool transposed = orientation >= 5;
  // The upright image shows the stored rows or columns in reverse.
  const bool reverseX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool reverseY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image turned{image.height, image.width, image.channels, {}, image.highestOf16Bits};
  if (transposed) std::swap(turned.height, turned.width);
  turned.pixels.resize(image.pixels.size());
  std::uint8_t* out = turned.pixels.data();
  for (std::int64_t y = 0; y < turned.height; ++y) {
    for (std::int64_t x = 0; x < turned.width; ++x) {
      std::int64_t fromX = transposed ? y : x, fromY = transposed ? x : y;
      if (reverseX) fromX = image.width - 1 - fromX;
      if (reverseY) fromY = image.height - 1 - fromY;
      out = std::copy_n(image.pixels.data() + (fromY * image.width + fromX) * image.channels, image.channels,
                        out);
    }
  }
  return turned;
}

}  // namespace tandem
