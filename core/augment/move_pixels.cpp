#include "core/augment/move_pixels.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace tandem {
namespace {

// The position in the image that a pixel of the result is read from, within the image.
class Positions {
 public:
  Positions(ImageSize size, const PixelMap& map)
      : map_(map),
        lastY_(static_cast<double>(size.height - 1)),
        lastX_(static_cast<double>(size.width - 1)) {}

  double y(std::int64_t atY, std::int64_t atX) const {
    const double y = static_cast<double>(atY) - lastY_ / 2, x = static_cast<double>(atX) - lastX_ / 2;
    return std::clamp(map_.yy * y + map_.yx * x + map_.y0 + lastY_ / 2, 0.0, lastY_);
  }
  double x(std::int64_t atY, std::int64_t atX) const {
    const double y = static_cast<double>(atY) - lastY_ / 2, x = static_cast<double>(atX) - lastX_ / 2;
    return std::clamp(map_.xy * y + map_.xx * x + map_.x0 + lastX_ / 2, 0.0, lastX_);
  }

 private:
  const PixelMap& map_;
  double lastY_, lastX_;
};

// map.movesWhole(): copies rows.
template <class T>
void moveWhole(const T* in, ImageSize size, std::int64_t channels, const PixelMap& map, T* out) {
  const Positions from(size, map);
  const std::int64_t w = size.width;
  // A column beyond the border would overflow if it were far enough away.
  const auto right =
      static_cast<std::int64_t>(std::clamp(map.x0, -static_cast<double>(w), static_cast<double>(w)));
  const std::int64_t begin = std::clamp<std::int64_t>(-right, 0, w),
                     end = std::clamp<std::int64_t>(w - right, 0, w);
  for (std::int64_t y = 0; y < size.height; ++y) {
    const T* const row = in + static_cast<std::int64_t>(from.y(y, 0)) * w * channels;
    if (map.xx > 0) {
      for (std::int64_t x = 0; x < begin; ++x) out = std::copy_n(row, channels, out);
      out = std::copy(row + (begin + right) * channels, row + (end + right) * channels, out);
      for (std::int64_t x = end; x < w; ++x) out = std::copy_n(row + (w - 1) * channels, channels, out);
    } else {
      for (std::int64_t x = 0; x < w; ++x) {
        const std::int64_t at = std::clamp<std::int64_t>(w - 1 - x + right, 0, w - 1);
        out = std::copy_n(row + at * channels, channels, out);
      }
    }
  }
}

template <class T>
T valueOf(float value) {
  if constexpr (!std::is_same_v<T, std::uint8_t>) return value;
  const float raised = value + 0.5f;  // is truncated; lround() would be a call
  return static_cast<T>(raised);
}

template <class T>
void interpolate(const T* in, ImageSize size, std::int64_t channels, const PixelMap& map, T* out) {
  const Positions from(size, map);
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      const double atY = from.y(y, x), atX = from.x(y, x);
      const auto top = static_cast<std::int64_t>(atY), left = static_cast<std::int64_t>(atX);
      const std::int64_t bottom = std::min(top + 1, size.height - 1),
                         right = std::min(left + 1, size.width - 1);
      const auto fy = static_cast<float>(atY - static_cast<double>(top));
      const auto fx = static_cast<float>(atX - static_cast<double>(left));
      const T* const topLeft = in + (top * size.width + left) * channels;
      const T* const topRight = in + (top * size.width + right) * channels;
      const T* const bottomLeft = in + (bottom * size.width + left) * channels;
      const T* const bottomRight = in + (bottom * size.width + right) * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto mix = [](float a, float b, float share) { return a + share * (b - a); };
        const float above = mix(static_cast<float>(topLeft[c]), static_cast<float>(topRight[c]), fx);
        const float below = mix(static_cast<float>(bottomLeft[c]), static_cast<float>(bottomRight[c]), fx);
        *out++ = valueOf<T>(mix(above, below, fy));
      }
    }
  }
}

template <class T>
void move(const T* in, ImageSize size, std::int64_t channels, const PixelMap& map, T* out) {
  if (map.isIdentity())
    std::copy_n(in, size.height * size.width * channels, out);
  else if (map.movesWhole())
    moveWhole(in, size, channels, map, out);
  else
    interpolate(in, size, channels, map, out);
}

}  // namespace

void movePixels(const std::uint8_t* in, ImageSize size, std::int64_t channels, const PixelMap& map,
                std::uint8_t* out) {
  move(in, size, channels, map, out);
}

void movePixels(const float* in, ImageSize size, std::int64_t channels, const PixelMap& map, float* out) {
  move(in, size, channels, map, out);
}

void moveClasses(const std::int32_t* in, ImageSize size, const PixelMap& map, std::int32_t* out) {
  const Positions from(size, map);
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      const std::int64_t atY = std::lround(from.y(y, x)), atX = std::lround(from.x(y, x));
      *out++ = in[atY * size.width + atX];
    }
  }
}

}  // namespace tandem
