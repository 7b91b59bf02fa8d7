// Small line drawings of the layer types, in any colour and size.
#pragma once

#include <QColor>
#include <QIcon>
#include <QRectF>
#include <QString>
#include <string_view>

class QPainter;

namespace tandem::ui {

inline constexpr std::string_view kGroupGlyph = "group";  // in addition to the layer types

void drawLayerGlyph(QPainter& painter, const QRectF& box, std::string_view type, const QColor& color);

// The glyph in the colour of its category, on a tint of that colour; sharp at every pixel ratio.
QIcon layerIcon(std::string_view type);

QColor categoryColor(std::string_view type);

// Blends `over` onto `under` with the given opacity.
QColor mixed(const QColor& over, const QColor& under, double opacity);

}  // namespace tandem::ui
