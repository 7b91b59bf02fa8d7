// libpng reports errors through a callback that must not return, so errors leave by longjmp. All objects with
// destructors live outside the functions that longjmp crosses. Its simplified API cannot be used: it applies the
// gAMA chunk and blends in linear light, so the levels would differ from those that other programs read.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
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

  // 8 or 16 bits: grey levels or indices of the palette, or RGB.
  bool prepareMask() {
    if (setjmp(back_) != 0) return false;
    png_set_packing(png_);  // a byte for each value of fewer bits, not rescaled
    png_set_strip_alpha(png_);
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

Result<Mask> decodeMask(std::span<const std::uint8_t> bytes, const std::string& where) {
  const std::string_view kind = contentKind(bytes);
  if (kind != kPng)
    return Error{ErrorCode::Unsupported,
                 kind == kJpeg ? "the mask is a JPEG, which does not store exact values; only PNG can be read"
                               : "the mask is no PNG",
                 where, "Save the masks as PNG from the original annotations"};
  PngReader png(bytes);
  const auto broken = [&] {
    return Error{ErrorCode::Io, fmt::format("the mask is a damaged PNG: {}", png.message()), where, {}};
  };
  if (!png.readHeader()) return broken();
  TANDEM_TRY(checkImageSize(png.height(), png.width(), where));
  if (!png.prepareMask()) return broken();
  const auto channels = static_cast<std::size_t>(png.channels());
  const std::size_t size = png.has16Bits() ? 2 : 1;
  if (channels == 3 && size == 2)
    return Error{ErrorCode::Unsupported, "the mask has colours of 16 bits; only 8 bits can be read", where,
                 "Save the masks with a palette, in grey, or in colours of 8 bits"};
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(png.height()) * png.rowBytes());
  if (!png.readRows(rows.data())) return broken();
  Mask mask{png.height(), png.width(), channels == 3, {}};
  mask.values.resize(static_cast<std::size_t>(mask.height * mask.width));
  for (std::size_t i = 0; i < mask.values.size(); ++i)
    for (std::size_t k = 0; k < channels * size; ++k)
      mask.values[i] = mask.values[i] << 8 | rows[i * channels * size + k];
  return mask;
}

Result<std::vector<std::uint8_t>> encodeMask(std::int64_t height, std::int64_t width,
                                             std::span<const std::uint8_t> indices) {
  TANDEM_CHECK(std::ssize(indices) == height * width, "an index for each pixel");
  std::array<std::uint8_t, 3 * 256> palette{};
  for (unsigned i = 0; i < 256; ++i)
    for (unsigned bit = 0; bit < 8;
         ++bit)  // bits 0, 3, 6 of the index are the highest ones of red, and so on
      palette[3 * i + bit % 3] |= static_cast<std::uint8_t>((i >> bit & 1) << (7 - bit / 3));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = 256;
  const auto write = [&](std::uint8_t* out, png_alloc_size_t& size) {
    return png_image_write_to_memory(&image, out, &size, 0, indices.data(), 0, palette.data()) != 0;
  };
  png_alloc_size_t size = 0;
  std::vector<std::uint8_t> bytes;
  if (write(nullptr, size)) {
    bytes.resize(size);
    if (write(bytes.data(), size)) return bytes;
  }
  return Error{ErrorCode::OutOfMemory, fmt::format("cannot write a PNG: {}", image.message), {}, {}};
}

}  // namespace tandem
