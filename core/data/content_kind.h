// What a file is, by its first bytes, so that a file of another kind is refused as what it is.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tandem {

inline constexpr std::string_view kPng = "a PNG image", kJpeg = "a JPEG image", kNumpy = "a NumPy array",
                                  kHdf5 = "an HDF5 file", kZip = "a ZIP archive or Office file";

// A well-known kind with its article: kPng, "a GIF image", "an HTML page". Empty if unknown, as for a table.
std::string_view contentKind(std::span<const std::uint8_t> bytes);
std::string_view contentKind(std::string_view bytes);
bool isPicture(std::span<const std::uint8_t> bytes);  // in any format, including those that cannot be read

}  // namespace tandem
