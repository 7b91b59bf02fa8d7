// Moves the pixels of one image or mask. Positions beyond the border read the pixel at the border.
#pragma once

#include <cstdint>

#include "core/augment/augment.h"

namespace tandem {

// (size.height, size.width, channels), in and out. Between pixels, values are interpolated in both directions; bytes are
// rounded to the nearest.
void movePixels(const std::uint8_t* in, ImageSize size, std::int64_t channels, const PixelMap& map,
                std::uint8_t* out);
void movePixels(const float* in, ImageSize size, std::int64_t channels, const PixelMap& map, float* out);
// (size.height, size.width): the class of the nearest pixel.
void moveClasses(const std::int32_t* in, ImageSize size, const PixelMap& map, std::int32_t* out);

}  // namespace tandem
