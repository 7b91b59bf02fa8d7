// Automatic layout: layers in columns from left to right by their distance from the input. A long chain is
// wrapped like lines of text, only where a single connection crosses. A group is laid out on its own and
// placed in the network, or in the group around it, as one unit.
#pragma once

#include <QRectF>
#include <map>

#include "core/network/project.h"

namespace tandem::ui {

// Sizes on the canvas, in canvas units (pixels at 100% zoom).
inline constexpr double kGrid = 20;
inline constexpr double kNodeWidth = 200;
inline constexpr double kNodeHeight = 96;
inline constexpr double kColumnPitch = 240;
inline constexpr double kLanePitch = 120;
// From the cards of an unfolded group to its frame; the top includes a title and space for a connection.
inline constexpr double kFrameSide = 12;
inline constexpr double kFrameTop = 44;
// From the frame of a group to the frame of the group around it.
inline constexpr double kNestedSide = 6;
inline constexpr double kNestedTop = 34;

// Upper left corners of all layers, on the grid. The layers of a folded group are placed as if it were
// unfolded at the position of its card.
std::map<LayerId, Position> layoutNetwork(const Network& network);

// The bounding box of the cards in an unfolded group, without the frame. A folded group in it is one card.
QRectF membersBox(const Network& network, const Group& group, const std::map<LayerId, Position>& positions);
// The frame of an unfolded group, around the cards and frames in it.
QRectF frameBox(const Network& network, const Group& group, const std::map<LayerId, Position>& positions);
// The position of a folded group's card: at the left of its members, vertically centred.
Position foldedPlace(const Network& network, const Group& group,
                     const std::map<LayerId, Position>& positions);

}  // namespace tandem::ui
