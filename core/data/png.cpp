#include <fmt/format.h>
#include <png.h>

#include "core/data/image.h"

namespace tandem {

// libpng's simplified API returns errors as values: no longjmp reaches this code.
Result<Image> decodePng(std::span<const std::uint8_t> bytes, const std::string& where) {
  struct Control : png_image {
    ~Control() { png_image_free(this); }
  };
  Control png{};
  png.version = PNG_IMAGE_VERSION;
  const auto broken = [&] {
    return Error{ErrorCode::Io, fmt::format("the PNG is damaged: {}", png.message), where, {}};
  };
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) return broken();
  TANDEM_TRY(checkImageSize(png.height, png.width, where));
  const bool colour = (png.format & PNG_FORMAT_FLAG_COLOR) != 0;
  png.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16-bit levels are sRGB too, not linear light
  Image image{
      static_cast<std::int64_t>(png.height), static_cast<std::int64_t>(png.width), colour ? 3 : 1, {}};
  image.pixels.resize(static_cast<std::size_t>(image.height * image.width * image.channels));
  const png_color white{255, 255, 255};
  if (png_image_finish_read(&png, &white, image.pixels.data(), 0, nullptr) == 0) return broken();
  return image;
}

}  // namespace tandem
