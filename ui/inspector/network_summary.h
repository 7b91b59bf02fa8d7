// The inspector page shown without a selection: key figures of the network, forecast, project name and notes.
#pragma once

#include <QWidget>

#include "ui/models/project_document.h"

class QLabel;
class QPlainTextEdit;

namespace tandem::ui {

class ForecastBox;
class TextField;

class NetworkSummary : public QWidget {
  Q_OBJECT

 public:
  explicit NetworkSummary(ProjectDocument& document, QWidget* parent = nullptr);

  void refresh();
  ForecastBox* forecast() const { return forecast_; }

 private:
  ProjectDocument& document_;
  ForecastBox* forecast_;
  QLabel* title_;
  QLabel* layers_;
  QLabel* parameters_;
  QLabel* flops_;
  QLabel* weights_;
  TextField* name_;
  QPlainTextEdit* notes_;
};

}  // namespace tandem::ui
