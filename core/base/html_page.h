// Pages of HTML that need nothing else: one look for all reports, light and dark, on screens and on paper.
// All texts are escaped here, but bodies.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace tandem::html {

std::string cell(std::string_view text, bool number = false);
std::string headerRow(std::initializer_list<std::string_view> names);

// title: without mark-up; body: HTML.
std::string page(std::string_view title, std::string_view body);

}  // namespace tandem::html
