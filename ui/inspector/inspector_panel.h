// The design side of a project in one panel: properties of what is selected, data, training.
#pragma once

#include <QWidget>

#include "ui/models/project_document.h"

class QStackedWidget;
class QTabWidget;
class QLabel;

namespace tandem::ui {

class DataForm;
class ForecastBox;
class GroupForm;
class KernelBox;
class LayerForm;
class NetworkSummary;
class TrainingForm;

class InspectorPanel : public QWidget {
  Q_OBJECT

 public:
  enum Page { Properties, Data, Training };

  explicit InspectorPanel(ProjectDocument& document, QWidget* parent = nullptr);

  void showPage(Page page);
  ForecastBox* forecast() const;
  void setLocked(bool locked);  // data and training settings, while a run uses them

 private:
  void refreshSelection();
  void refreshProperties();

  ProjectDocument& document_;
  QTabWidget* tabs_;
  QStackedWidget* properties_;
  NetworkSummary* summary_;
  LayerForm* layer_;
  KernelBox* kernels_;
  GroupForm* group_;
  QLabel* several_;
  DataForm* data_;
  TrainingForm* training_;
};

}  // namespace tandem::ui
