// The augmentations that fit the data, each with a check box and, when it is chosen, its setting. Every change is an
// undoable edit.
#pragma once

#include <QWidget>
#include <vector>

#include "ui/models/project_document.h"

class QCheckBox;

namespace tandem::ui {

class PropertyRows;

class AugmentForm : public QWidget {
  Q_OBJECT

 public:
  explicit AugmentForm(ProjectDocument& document, QWidget* parent = nullptr);

  void refresh();  // the document changed
  // Whether there is an augmentation to choose or to remove.
  bool isNeeded() const;

 private:
  struct Row {
    const AugmentDef* def;
    QCheckBox* box;
    PropertyRows* rows;
  };

  void add(const AugmentDef& def);
  bool isShown(const AugmentDef& def) const;
  void toggle(const AugmentDef& def, bool on);

  ProjectDocument& document_;
  std::vector<Row> rows_;
};

}  // namespace tandem::ui
