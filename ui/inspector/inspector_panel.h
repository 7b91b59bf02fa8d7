// One panel for the design of a project: properties of the selection, data, training.
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
  void showHelp();  // on the selected layer
  ForecastBox* forecast() const;
  void setLocked(bool locked);  // disables the data and training settings during a run

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
