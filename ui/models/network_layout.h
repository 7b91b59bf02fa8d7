// Automatic layout: layers in columns from left to right by their distance from the input; a long
// chain is wrapped like lines of text, broken only where a single connection crosses. A group is laid out
// by itself and stands in the whole as one box.
#pragma once

#include <QRectF>
#include <map>

#include "core/network/project.h"

namespace tandem::ui {

// Sizes of the canvas, in its own units (pixels at zoom 100 %).
inline constexpr double kGrid = 20;
inline constexpr double kNodeWidth = 200;
inline constexpr double kNodeHeight = 96;
inline constexpr double kColumnPitch = 240;
inline constexpr double kLanePitch = 120;
// From the cards of an unfolded group to its frame; at the top a title, and room for a connection below it.
inline constexpr double kFrameSide = 12;
inline constexpr double kFrameTop = 44;

// Upper left corners of all layers, on the grid. Those of a folded group lie where they would stand if it
// were unfolded in the place of its card.
std::map<LayerId, Position> layoutNetwork(const Network& network);

// The cards of a group's members, without the frame.
QRectF membersBox(const Group& group, const std::map<LayerId, Position>& positions);
// Where a group's card stands when it is folded: at the left of its members, half way down.
Position foldedPlace(const Group& group, const std::map<LayerId, Position>& positions);

}  // namespace tandem::ui
