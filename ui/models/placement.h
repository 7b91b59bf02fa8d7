// Where cards go when an edit needs room. Cards are what is seen: layers, and folded groups.
#pragma once

#include <QPointF>
#include <QRectF>
#include <vector>

#include "core/network/project.h"

namespace tandem::ui {

double onGrid(double value);
Position snapped(QPointF point);
std::vector<LayerId> readersOf(const Network& network, LayerId id);

// As long as nobody moved a card, edits that need room lay the network out again.
bool isArranged(const Project& project);
// Of the layer's card, or of the folded group that hides it.
Position cardPlace(const Project& project, LayerId id);
// The first place at or below `wish` where a card overlaps no other.
Position freePlace(const Project& project, Position wish);
// A place for `id` between the two, moving what comes after to the right where the gap is too narrow.
void placeBetween(Project& project, LayerId from, LayerId id, LayerId to);
// Moves what stands to the right of x, beside `band`, by `distance`. Not the members of `except`.
void shiftBeside(Project& project, QRectF band, double x, double distance, const Group& except);

}  // namespace tandem::ui
