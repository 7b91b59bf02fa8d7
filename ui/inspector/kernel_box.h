// How a layer is computed on the project's device: each op with its kernel and precision, and why other
// kernels were rejected. It shows the plan that the forecast compiled.
#pragma once

#include <QWidget>

#include "ui/models/project_document.h"

class QLabel;

namespace tandem::ui {

class ForecastModel;

class KernelBox : public QWidget {
  Q_OBJECT

 public:
  KernelBox(const ProjectDocument& document, const ForecastModel& model, QWidget* parent = nullptr);

  void setLayer(LayerId id);

 private:
  void refresh();
  QString textOf() const;

  const ProjectDocument& document_;
  const ForecastModel& model_;
  LayerId id_ = 0;
  QLabel* text_;
};

}  // namespace tandem::ui
