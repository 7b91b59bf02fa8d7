// Line icons in the theme's colours, sharp at any scale factor.
#pragma once

#include <QIcon>

namespace tandem::ui {

enum class Icon { New, Data, Open, Save, Export, Undo, Redo, Train, Pause, Step, Stop, Twin, Back };

// Uses the current colours of the theme: call again after Theme::changed.
QIcon icon(Icon name);

}  // namespace tandem::ui
