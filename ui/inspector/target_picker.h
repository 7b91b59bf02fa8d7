// What a head is trained for: a button with a menu of the targets and inputs of the data. Every change is an undoable
// edit.
#pragma once

#include <QPushButton>
#include <string>
#include <vector>

#include "ui/inspector/head_access.h"
#include "ui/models/project_document.h"

class QMenu;

namespace tandem::ui {

class TargetPicker : public QPushButton {
  Q_OBJECT

 public:
  TargetPicker(ProjectDocument& document, HeadAccess head, QWidget* parent = nullptr);

  void refresh();  // the document changed

 private:
  const std::vector<std::string>& chosen() const { return head_.in(document_.training()).targets; }
  void fill();
  void addTensors(const std::vector<DataTensor>& tensors, const std::vector<DataTensor>& others);
  void addEntry(const QString& text, const QString& name, bool on, std::vector<std::string> targets);

  ProjectDocument& document_;
  HeadAccess head_;
  QMenu* menu_;
};

// The tooltip of the field.
QString targetTip();

}  // namespace tandem::ui
