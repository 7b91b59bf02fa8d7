// The common look of all plots: colours and fonts of the theme.
#pragma once

#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

// Styles background, axes, grid and legend. Curves set their own colours.
void stylePlot(QCustomPlot& plot);

}  // namespace tandem::ui
