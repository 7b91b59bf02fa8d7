// The orientation of a photo, which cameras store instead of turning the pixels.
#pragma once

#include <cstdint>
#include <span>

#include "core/data/image.h"

namespace tandem {

// The orientation in the EXIF or XMP data of a JPEG or PNG: 1 to 8, or 1 (upright) if there is none or it is invalid.
int orientationOf(std::span<const std::uint8_t> bytes);

// Turns and mirrors the image so that it is upright.
Image upright(Image image, int orientation);

}  // namespace tandem
