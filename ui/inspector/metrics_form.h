// The metrics of a head that fit its loss, each with a check box and, when it is reported, its settings. Every change
// is an undoable edit.
#pragma once

#include <QWidget>
#include <vector>

#include "ui/inspector/head_access.h"
#include "ui/models/project_document.h"

class QCheckBox;
class QVBoxLayout;

namespace tandem::ui {

class PropertyRows;

class MetricsForm : public QWidget {
  Q_OBJECT

 public:
  MetricsForm(ProjectDocument& document, HeadAccess head, QWidget* parent = nullptr);

  void refresh();  // the document changed

 private:
  // A metric can be reported several times, with other settings; each has a row.
  struct Row {
    const MetricDef* def;
    int ordinal;
    QCheckBox* box = nullptr;
    PropertyRows* rows = nullptr;  // absent without settings
  };

  const Head& head() const { return head_.in(document_.training()); }
  std::vector<MetricConfig> reported() const;  // of the data, as far as it is known
  std::vector<Row> wantedRows() const;
  void build(std::vector<Row> rows);
  void chainTabs(QWidget* before);
  void toggle(const Row& row, bool on);
  void edit(std::vector<MetricConfig> metrics);

  ProjectDocument& document_;
  HeadAccess head_;
  QVBoxLayout* column_;
  QWidget* content_ = nullptr;
  std::vector<Row> rows_;
};

}  // namespace tandem::ui
