// Helpers shared by SVG pictures and HTML pages.
#pragma once

#include <string>
#include <string_view>

namespace tandem {

// Spacing of grid lines so that about five fit into `range`: 1, 2 or 5 times a power of ten.
double gridStep(double range);

// Escapes text for SVG and HTML, between tags or inside quotes; control characters become U+FFFD.
std::string escaped(std::string_view text);

}  // namespace tandem
