// Self-contained HTML pages with one style for all reports: light and dark, on screen and in print.
// All text is escaped here, except page bodies.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace tandem::html {

std::string cell(std::string_view text, bool number = false);
std::string headerRow(std::initializer_list<std::string_view> names);

// title: plain text; body: HTML.
std::string page(std::string_view title, std::string_view body);

}  // namespace tandem::html
