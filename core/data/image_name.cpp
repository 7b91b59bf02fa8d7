#include "core/data/image_name.h"

#include <algorithm>
#include <string>

namespace tandem {
namespace {

bool endsIn(std::string_view cell, std::string_view ending) {
  if (cell.size() <= ending.size()) return false;
  return std::ranges::equal(cell.substr(cell.size() - ending.size()), ending, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

}  // namespace

bool isImageName(std::string_view cell) {
  return (endsIn(cell, ".png") || endsIn(cell, ".jpg") || endsIn(cell, ".jpeg")) &&
         cell.find("://") == cell.npos;
}

std::filesystem::path imageFileOf(const std::filesystem::path& table, std::string_view cell) {
  std::string name(cell);
  std::ranges::replace(name, '\\', '/');
  return table.parent_path() / name;
}

}  // namespace tandem
