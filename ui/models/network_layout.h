// Automatic layout: layers in columns from left to right by their distance from the input; a long
// chain is wrapped like lines of text, broken only where a single connection crosses.
#pragma once

#include <map>

#include "core/network/project.h"

namespace tandem::ui {

// Sizes of the canvas, in its own units (pixels at zoom 100 %).
inline constexpr double kGrid = 20;
inline constexpr double kNodeWidth = 200;
inline constexpr double kNodeHeight = 96;
inline constexpr double kColumnPitch = 240;
inline constexpr double kLanePitch = 120;

// Upper left corners of all layers, on the grid.
std::map<LayerId, Position> layoutNetwork(const Network& network);

}  // namespace tandem::ui
