// Lists of column names, as the user writes them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// The names in a list such as "a,b" or "\"height, cm\",b", and such a list of names.
std::vector<std::string> nameList(std::string_view text);
std::string nameListText(std::span<const std::string> names);

}  // namespace tandem
