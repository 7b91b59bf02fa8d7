// How all plots look: colours and fonts of the theme.
#pragma once

#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

// Background, axes, grid and legend. What is drawn has colours of its own.
void stylePlot(QCustomPlot& plot);

}  // namespace tandem::ui
