// A run as the plots show it.
#pragma once

#include <QColor>
#include <memory>

#include "ui/train/run_series.h"

namespace tandem::ui {

struct DrawnRun {
  QString label;
  QColor color;
  std::shared_ptr<const RunSeries> series;
};

}  // namespace tandem::ui
