#include "core/data/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/data/content_kind.h"
#include "core/data/exif.h"

namespace tandem {
namespace {

constexpr std::int64_t kMaxPixels = 100'000'000;
constexpr int kFewLevels = 1 << 12;  // of 16 bits; 16 of them differ as read

// One output position as a weighted sum of consecutive input positions.
struct Tap {
  std::int64_t first = 0;
  std::vector<float> weights;
};

std::vector<Tap> tapsOf(std::int64_t from, std::int64_t to) {
  std::vector<Tap> taps(static_cast<std::size_t>(to));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (std::size_t i = 0; i < taps.size(); ++i) {
    Tap& tap = taps[i];
    if (step > 1) {  // the average over [begin, end)
      const double begin = static_cast<double>(i) * step,
                   end = std::min(begin + step, static_cast<double>(from));
      tap.first = static_cast<std::int64_t>(begin);
      for (std::int64_t k = tap.first; static_cast<double>(k) < end; ++k) {
        const auto at = static_cast<double>(k);
        tap.weights.push_back(
            static_cast<float>((std::min(end, at + 1) - std::max(begin, at)) / (end - begin)));
      }
    } else {  // between the two nearest centres
      const double centre =
          std::clamp((static_cast<double>(i) + 0.5) * step - 0.5, 0.0, static_cast<double>(from - 1));
      tap.first = std::min(static_cast<std::int64_t>(centre), std::max<std::int64_t>(0, from - 2));
      const auto share = static_cast<float>(centre - static_cast<double>(tap.first));
      tap.weights = from == 1 ? std::vector<float>{1} : std::vector<float>{1 - share, share};
    }
  }
  return taps;
}

}  // namespace

bool isNearlyBlack(const Image& image) {
  return image.highestOf16Bits > 0 && image.highestOf16Bits < kFewLevels;
}

Status checkImageSize(std::int64_t height, std::int64_t width, const std::string& where) {
  if (height < 1 || width < 1) return invalid("the image has no pixels", where);
  if (height <= kMaxPixels / width) return success();
  return invalid(
      fmt::format("the image has {} x {} pixels, more than the limit of 100 million", width, height), where,
      "Reduce its size");
}

Result<Image> decodeImage(std::span<const std::uint8_t> bytes, const std::string& where) {
  if (bytes.empty()) return Error{ErrorCode::Io, "the file is empty", where, "Choose another image"};
  const std::string_view kind = contentKind(bytes);
  if (kind != kPng && kind != kJpeg) {
    if (kind.empty()) return invalid("this is neither a PNG nor a JPEG", where);
    return Error{ErrorCode::Unsupported, fmt::format("this is {}; only PNG and JPEG can be read", kind),
                 where, isPicture(bytes) ? "Convert it to PNG" : ""};
  }
  TANDEM_ASSIGN(Image image, kind == kPng ? decodePng(bytes, where) : decodeJpeg(bytes, where));
  return upright(std::move(image), orientationOf(bytes));
}

void resizeImage(const Image& image, std::int64_t height, std::int64_t width, std::int64_t channels,
                 std::uint8_t* out) {
  TANDEM_CHECK(channels == 1 || channels == 3, "images are grey or have colours");
  const std::vector<Tap> rows = tapsOf(image.height, height), columns = tapsOf(image.width, width);
  const std::int64_t from = image.channels;
  std::vector<float> line(static_cast<std::size_t>(image.width * from));  // one interpolated row
  for (const Tap& row : rows) {
    std::ranges::fill(line, 0.0f);
    for (std::size_t k = 0; k < row.weights.size(); ++k) {
      const std::uint8_t* pixels =
          image.pixels.data() + (row.first + static_cast<std::int64_t>(k)) * image.width * from;
      for (std::size_t i = 0; i < line.size(); ++i) line[i] += row.weights[k] * static_cast<float>(pixels[i]);
    }
    for (const Tap& column : columns) {
      float levels[3] = {0, 0, 0};
      const float* pixel = line.data() + column.first * from;
      for (const float weight : column.weights) {
        for (std::int64_t c = 0; c < from; ++c) levels[c] += weight * *pixel++;
      }
      if (from == 1) levels[1] = levels[2] = levels[0];
      if (channels == 1 && from == 3)
        levels[0] = 0.299f * levels[0] + 0.587f * levels[1] + 0.114f * levels[2];
      for (std::int64_t c = 0; c < channels; ++c) {
        *out++ = static_cast<std::uint8_t>(std::clamp(levels[c] + 0.5f, 0.0f, 255.0f));
      }
    }
  }
}

void resizeMask(const Mask& mask, std::int64_t height, std::int64_t width, std::int32_t* out) {
  // The pixel that contains the centre of the new one.
  const auto nearest = [](std::int64_t i, std::int64_t from, std::int64_t to) {
    return (2 * i + 1) * from / (2 * to);
  };
  for (std::int64_t r = 0; r < height; ++r) {
    const std::uint32_t* row = mask.values.data() + nearest(r, mask.height, height) * mask.width;
    for (std::int64_t c = 0; c < width; ++c)
      *out++ = static_cast<std::int32_t>(row[nearest(c, mask.width, width)]);
  }
}

}  // namespace tandem
