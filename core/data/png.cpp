// libpng reports errors through a callback that must not return, so errors leave by longjmp. All objects with
// destructors live outside the functions that longjmp crosses. Its simplified API cannot be used: it applies the
// gAMA chunk and blends in linear light, so the levels would differ from those that other programs read.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "core/data/content_kind.h"
#include "core/data/image.h"

namespace tandem {
namespace {

class PngReader {
 public:
  explicit PngReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool readHeader() {
    if (setjmp(back_) != 0) return false;
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, [](png_structp, png_const_charp) {});
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      std::snprintf(message_, sizeof message_, "not enough memory");
      return false;
    }
    // -1: ignores all chunks but IHDR, PLTE, tRNS, IDAT and IEND. None of the others changes a stored level.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_set_read_fn(png_, this, read);
    png_read_info(png_, info_);
    return true;
  }

  // 8 or 16 bits per channel: grey, grey and alpha, RGB, or RGB and alpha.
  bool prepare() {
    if (setjmp(back_) != 0) return false;
    png_set_expand(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  // `rows` holds height() * rowBytes() bytes.
  bool readRows(std::uint8_t* rows) {
    if (setjmp(back_) != 0) return false;
    for (int pass = 0; pass < passes_; ++pass)
      for (std::int64_t y = 0; y < height(); ++y)
        png_read_row(png_, rows + static_cast<std::size_t>(y) * rowBytes(), nullptr);
    return true;
  }

  std::int64_t height() const { return png_get_image_height(png_, info_); }
  std::int64_t width() const { return png_get_image_width(png_, info_); }
  std::int64_t channels() const { return png_get_channels(png_, info_); }
  bool has16Bits() const { return png_get_bit_depth(png_, info_) == 16; }
  std::size_t rowBytes() const { return png_get_rowbytes(png_, info_); }
  const char* message() const { return message_; }

 private:
  [[noreturn]] static void fail(png_structp png, png_const_charp text) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(self->message_, sizeof self->message_, "%s", text);
    std::longjmp(self->back_, 1);
  }
  static void read(png_structp png, png_bytep into, std::size_t count) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self->rest_.size()) png_error(png, "the file ends too early");
    std::memcpy(into, self->rest_.data(), count);
    self->rest_ = self->rest_.subspan(count);
  }

  std::span<const std::uint8_t> rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  std::jmp_buf back_;
  char message_[200] = {};
};

// Keeps the upper 8 of 16 bits. Returns the highest level of the colours that are not transparent.
int keepUpperBytes(std::vector<std::uint8_t>& bytes, std::size_t channels) {
  const bool alpha = channels == 2 || channels == 4;
  const std::size_t colours = alpha ? channels - 1 : channels, count = bytes.size() / 2;
  const auto levelAt = [&](std::size_t i) { return bytes[2 * i] << 8 | bytes[2 * i + 1]; };
  int highest = 0;
  for (std::size_t first = 0; first < count; first += channels) {
    if (!alpha || levelAt(first + colours) > 0)
      for (std::size_t i = first; i < first + colours; ++i) highest = std::max(highest, levelAt(i));
    for (std::size_t i = first; i < first + channels; ++i) bytes[i] = bytes[2 * i];
  }
  bytes.resize(count);
  return highest;
}

// Removes the last channel by blending the others with white in the stored levels, rounded to the nearest.
void blendOverWhite(std::vector<std::uint8_t>& pixels, std::size_t channels) {
  const std::size_t count = pixels.size() / channels, colours = channels - 1;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned alpha = pixels[i * channels + colours];
    for (std::size_t c = 0; c < colours; ++c) {
      const unsigned blended = pixels[i * channels + c] * alpha + 255 * (255 - alpha);
      pixels[i * colours + c] = static_cast<std::uint8_t>((blended + 127) / 255);
    }
  }
  pixels.resize(count * colours);
}

}  // namespace

bool isPngOf16Bits(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kDepth = 24;  // in IHDR, the first chunk
  return bytes.size() > kDepth && contentKind(bytes) == kPng && bytes[kDepth] == 16;
}

Result<Image> decodePng(std::span<const std::uint8_t> bytes, const std::string& where) {
  PngReader png(bytes);
  const auto broken = [&] {
    return Error{ErrorCode::Io, fmt::format("the PNG is damaged: {}", png.message()), where, {}};
  };
  if (!png.readHeader()) return broken();
  TANDEM_TRY(checkImageSize(png.height(), png.width(), where));
  if (!png.prepare()) return broken();
  const auto channels = static_cast<std::size_t>(png.channels());
  Image image{png.height(), png.width(), channels < 3 ? 1 : 3, {}};
  image.pixels.resize(static_cast<std::size_t>(png.height()) * png.rowBytes());
  if (!png.readRows(image.pixels.data())) return broken();
  if (png.has16Bits()) image.highestOf16Bits = keepUpperBytes(image.pixels, channels);
  if (channels == 2 || channels == 4) blendOverWhite(image.pixels, channels);
  return image;
}

}  // namespace tandem
