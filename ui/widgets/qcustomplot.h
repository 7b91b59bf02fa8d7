// QCustomPlot uses Qt's keyword macros, which the lab disables (ui/CMakeLists.txt).
#pragma once

#define signals Q_SIGNALS
#define slots Q_SLOTS
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef foreach
#undef slots
#undef signals
