// LayerBars: forward and backward time of each layer on each side, as horizontal bars in the order of the
// network, and as marks for the canvas.
#pragma once

#include <QScrollArea>
#include <map>
#include <memory>

#include "ui/compare/twin_view_model.h"
#include "ui/editor/card_item.h"
#include "ui/models/project_document.h"
#include "ui/widgets/qcustomplot.h"

class QLabel;
class QStackedWidget;

namespace tandem::ui {

class LayerBars : public QWidget {
  Q_OBJECT

 public:
  explicit LayerBars(ProjectDocument& document, QWidget* parent = nullptr);

  void setViewModel(std::shared_ptr<const TwinViewModel> viewModel);
  void refresh();  // redraws if visible
  QCustomPlot* plot() const { return plot_; }

 Q_SIGNALS:
  // For the canvas, while this is visible: each layer's times on all sides, in the colour of the fastest.
  void marksChanged(const std::map<tandem::LayerId, tandem::ui::NodeMark>& marks);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void rebuild();
  void showMarks();

  ProjectDocument& document_;

  std::shared_ptr<const TwinViewModel> viewModel_;
  QStackedWidget* stack_;
  QScrollArea* area_;
  QCustomPlot* plot_;
};

}  // namespace tandem::ui
