// The metrics that fit the loss, each with a check box and, when it is reported, its settings. Every change is an
// undoable edit.
#pragma once

#include <QWidget>
#include <vector>

#include "ui/models/project_document.h"

class QCheckBox;
class QVBoxLayout;

namespace tandem::ui {

class PropertyRows;

class MetricsForm : public QWidget {
  Q_OBJECT

 public:
  explicit MetricsForm(ProjectDocument& document, QWidget* parent = nullptr);

  void refresh();  // the document changed

 private:
  // A metric can be reported several times, with other settings; each has a row.
  struct Row {
    const MetricDef* def;
    int ordinal;
    QCheckBox* box = nullptr;
    PropertyRows* rows = nullptr;  // absent without settings
  };

  std::vector<Row> wantedRows() const;
  void build(std::vector<Row> rows);
  void toggle(const Row& row, bool on);
  void edit(std::vector<MetricConfig> metrics);

  ProjectDocument& document_;
  QVBoxLayout* column_;
  QWidget* content_ = nullptr;
  std::vector<Row> rows_;
};

}  // namespace tandem::ui
