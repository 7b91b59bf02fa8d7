#include "core/data/content_kind.h"

namespace tandem {
namespace {

// Images in other formats, and what downloads leave behind under the name of an image or table.
struct Signature {
  std::string_view start;  // of the file
  std::size_t at;          // of more bytes
  std::string_view more, kind;
};
using namespace std::string_view_literals;
constexpr Signature kSignatures[] = {
    {"\x89PNG"sv, 0, {}, kPng},
    {"\xff\xd8\xff"sv, 0, {}, kJpeg},
    {"GIF87a"sv, 0, {}, "a GIF image"},
    {"GIF89a"sv, 0, {}, "a GIF image"},
    {"RIFF"sv, 8, "WEBP"sv, "a WebP image"},
    {"BM"sv, 6, "\0\0\0\0"sv, "a BMP image"},
    {"II*\0"sv, 0, {}, "a TIFF image"},
    {"MM\0*"sv, 0, {}, "a TIFF image"},
    {"II+\0"sv, 0, {}, "a TIFF image"},
    {"MM\0+"sv, 0, {}, "a TIFF image"},
    {"\0"sv, 4, "ftypavif"sv, "an AVIF image"},
    {"\0"sv, 4, "ftypheic"sv, "a HEIC image"},
    {"\0"sv, 4, "ftypheix"sv, "a HEIC image"},
    {"\0"sv, 4, "ftypmif1"sv, "a HEIC image"},
    {"\0"sv, 4, "jP  "sv, "a JPEG 2000 image"},
    {"\0"sv, 4, "JXL "sv, "a JPEG XL image"},
    {"\xff\x0a"sv, 0, {}, "a JPEG XL image"},
    {"8BPS"sv, 4, "\0\1"sv, "a Photoshop image"},
    {"\0\0\1\0"sv, 0, {}, "an ICO image"},
    {"<svg"sv, 0, {}, "an SVG image"},
    {"<!DOCTYPE"sv, 0, {}, "an HTML page"},
    {"<!doctype"sv, 0, {}, "an HTML page"},
    {"<html"sv, 0, {}, "an HTML page"},
    {"<HTML"sv, 0, {}, "an HTML page"},
    {"<?xml"sv, 0, {}, "an XML file"},
    {"%PDF-"sv, 0, {}, "a PDF file"},
    {"PK\3\4"sv, 0, {}, kZip},
    {"\x1f\x8b"sv, 0, {}, "a gzip file"},
    {"version https://git-lfs"sv, 0, {}, "a Git LFS pointer without the content"},
    {"BZh"sv, 4, "1AY&SY"sv, "a bzip2 file"},
    {"\xfd"
     "7zXZ"sv,
     0,
     {},
     "an xz file"},
    {"\x28\xb5\x2f\xfd"sv, 0, {}, "a Zstandard file"},
    {"\xd0\xcf\x11\xe0"sv, 0, {}, "an Office file"},
    {"PAR1"sv, 4, "\x15"sv, "a Parquet file"},
    {"\x89HDF"sv, 0, {}, kHdf5},
    {"\x93NUMPY"sv, 0, {}, kNumpy},
    {"SQLite format 3\0"sv, 0, {}, "an SQLite database"},
};

}  // namespace

std::string_view contentKind(std::string_view bytes) {
  for (const Signature& signature : kSignatures)
    if (bytes.starts_with(signature.start) && bytes.size() > signature.at &&
        bytes.substr(signature.at).starts_with(signature.more))
      return signature.kind;
  return {};
}

std::string_view contentKind(std::span<const std::uint8_t> bytes) {
  return contentKind(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

bool isPicture(std::span<const std::uint8_t> bytes) {
  return contentKind(bytes).ends_with(" image");
}

}  // namespace tandem
