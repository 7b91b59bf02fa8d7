// Places cards when an edit needs space. A card is what is visible: a layer or a folded group.
#pragma once

#include <QPointF>
#include <QRectF>
#include <vector>

#include "core/network/project.h"

namespace tandem::ui {

double onGrid(double value);
Position snapped(QPointF point);
// The layers that read an output of this layer, or this output.
std::vector<LayerId> readersOf(const Network& network, LayerId id);
std::vector<LayerId> readersOf(const Network& network, Source output);

// Whether the layout is automatic. Until a card is moved by hand, edits that need space redo the layout.
bool isArranged(const Project& project);
// The folded group whose card hides the layer: the outermost; null if the layer is visible.
const Group* hidingGroup(const Network& network, LayerId id);
// Whether a group around this one is folded.
bool isHidden(const Network& network, const Group& group);
// The position of the layer's card, or of the folded group that hides it.
Position cardPlace(const Project& project, LayerId id);
// The first position at or below `preferred` where a card overlaps no other.
Position freePlace(const Project& project, Position preferred);
// Places `id` between the two; moves the layers after it to the right if the gap is too narrow.
void placeBetween(Project& project, LayerId from, LayerId id, LayerId to);
// Moves the cards to the right of x at the height of `band` by `distance`, except the members of `except`.
void shiftBeside(Project& project, QRectF band, double x, double distance, const Group& except);

}  // namespace tandem::ui
