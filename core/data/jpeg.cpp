// libjpeg reports errors through a callback that must not return, so errors leave by longjmp. All objects
// with destructors live outside the functions that longjmp crosses.
#include <fmt/format.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>

// Must be included in this order, after <cstdio>.
#include <jpeglib.h>

#include <jerror.h>

#include "core/data/image.h"

namespace tandem {
namespace {

constexpr int kMaxScans = 200;  // a progressive image with thousands of scans takes minutes to decode

class JpegReader {
 public:
  explicit JpegReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { of(info)->fail(); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0) of(info)->warn();
    };
    progress_.progress_monitor = [](j_common_ptr info) { of(info)->countScans(); };
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool readHeader() {
    if (setjmp(back_) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, bytes_.data(), static_cast<unsigned long>(bytes_.size()));
    jpeg_read_header(&info_, TRUE);
    if (info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK) {
      info_.out_color_space = JCS_CMYK;
    } else {
      info_.out_color_space = info_.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    }
    jpeg_calc_output_dimensions(&info_);
    return true;
  }

  // `rows` holds height() * rowBytes() bytes.
  bool readRows(std::uint8_t* rows) {
    if (setjmp(back_) != 0) return false;
    decoding_ = true;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = rows + std::size_t{info_.output_scanline} * rowBytes();
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  std::int64_t height() const { return info_.output_height; }
  std::int64_t width() const { return info_.output_width; }
  std::int64_t components() const { return info_.output_components; }
  std::size_t rowBytes() const {
    return std::size_t{info_.output_width} * static_cast<std::size_t>(info_.output_components);
  }
  const char* message() const { return message_; }
  // The file is valid, but libjpeg does not implement its kind.
  bool unsupported() const {
    return errors_.msg_code == JERR_SOF_UNSUPPORTED || errors_.msg_code == JERR_BAD_PRECISION ||
           errors_.msg_code == JERR_CONVERSION_NOTIMPL || errors_.msg_code == JERR_ARITH_NOTIMPL;
  }

 private:
  static JpegReader* of(j_common_ptr info) { return static_cast<JpegReader*>(info->client_data); }

  [[noreturn]] void fail() {
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message_);
    std::longjmp(back_, 1);
  }
  // libjpeg fills what it cannot decode with grey or shifted blocks and only warns. Warnings about the header (of
  // extra bytes, of versions) do not concern the pixels.
  void warn() {
    const bool harmless =
        errors_.msg_code == JWRN_NOT_SEQUENTIAL ||  // written by some programs; the image is complete
        errors_.msg_code == JWRN_JFIF_MAJOR || errors_.msg_code == JWRN_ADOBE_XFORM;
    if (errors_.msg_code == JWRN_JPEG_EOF || (decoding_ && !harmless)) fail();
  }
  void countScans() {
    if (info_.input_scan_number <= kMaxScans) return;
    std::snprintf(message_, sizeof message_, "more than %d scans", kMaxScans);
    std::longjmp(back_, 1);
  }

  std::span<const std::uint8_t> bytes_;
  bool decoding_ = false;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf back_;
  char message_[JMSG_LENGTH_MAX] = {};
};

// JPEG stores CMYK inverted (255 is no ink), as Adobe's programs do and all others expect.
void cmykToRgb(std::vector<std::uint8_t>& levels) {
  const auto product = [](unsigned a, unsigned b) { return (a * b + 127) / 255; };
  const std::size_t pixels = levels.size() / 4;
  for (std::size_t i = 0; i < pixels; ++i) {
    const unsigned black = levels[4 * i + 3];
    for (std::size_t k = 0; k < 3; ++k)
      levels[3 * i + k] = static_cast<std::uint8_t>(black - product(255u - levels[4 * i + k], black));
  }
  levels.resize(3 * pixels);
}

}  // namespace

Result<Image> decodeJpeg(std::span<const std::uint8_t> bytes, const std::string& where) {
  JpegReader reader(bytes);
  const auto broken = [&] {
    if (reader.unsupported())
      return Error{ErrorCode::Unsupported,
                   fmt::format("this kind of JPEG is not supported: {}", reader.message()), where,
                   "Convert it to PNG"};
    return Error{ErrorCode::Io, fmt::format("the JPEG is damaged: {}", reader.message()), where, {}};
  };
  if (!reader.readHeader()) return broken();
  TANDEM_TRY(checkImageSize(reader.height(), reader.width(), where));
  Image image{reader.height(), reader.width(), reader.components() == 1 ? 1 : 3, {}};
  image.pixels.resize(static_cast<std::size_t>(reader.height()) * reader.rowBytes());
  if (!reader.readRows(image.pixels.data())) return broken();
  if (reader.components() == 4) cmykToRgb(image.pixels);
  return image;
}

}  // namespace tandem
