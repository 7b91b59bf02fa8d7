// Line icons in the theme's colours, sharp at any scale.
#pragma once

#include <QIcon>

namespace tandem::ui {

enum class Icon { New, Open, Save, Export, Undo, Redo, Train, Pause, Step, Stop, Twin };

// Drawn in the colours of the theme at the time: ask again after Theme::changed.
QIcon icon(Icon name);

}  // namespace tandem::ui
