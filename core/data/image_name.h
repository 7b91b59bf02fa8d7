// The names of image files in a column of a table.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace tandem {

constexpr std::size_t kMaxImageColumns = 64;

// Whether a cell names a PNG or JPEG file, by its ending: .png, .jpg or .jpeg in upper or lower case. Web addresses do
// not.
bool isImageName(std::string_view cell);

// The file that a cell names: relative to the folder of the table unless it is an absolute path. Tables from Windows
// write '\' between folders.
std::filesystem::path imageFileOf(const std::filesystem::path& table, std::string_view cell);

}  // namespace tandem
