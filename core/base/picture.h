// What pictures and pages written as text share.
#pragma once

#include <string>
#include <string_view>

namespace tandem {

// Distance of grid lines so that about five fit into `range`: 1, 2 or 5 times a power of ten.
double gridStep(double range);

// Text for SVG and HTML, between tags or within quotes; control characters become U+FFFD.
std::string escaped(std::string_view text);

}  // namespace tandem
