// Properties of one group: name, repeat count, folded, and the total cost of its layers.
#pragma once

#include <QWidget>

#include "ui/models/project_document.h"

class QCheckBox;
class QFormLayout;
class QLabel;

namespace tandem::ui {

class NumberBox;
class TextField;

class GroupForm : public QWidget {
  Q_OBJECT

 public:
  explicit GroupForm(ProjectDocument& document, QWidget* parent = nullptr);

  void setGroup(GroupId id);  // must exist
  void refresh();             // the document changed

 private:
  void showResult(const Status& status);  // shows the error, if any

  ProjectDocument& document_;
  GroupId id_ = 0;
  QLabel* title_;
  TextField* name_;
  NumberBox* repeat_;
  QCheckBox* folded_;
  QCheckBox* trainable_;
  QFormLayout* form_;
  QLabel* error_;
  QLabel* totals_;
  QLabel* layers_;
  QLabel* output_;
  QLabel* parameters_;
  QLabel* flops_;
  QLabel* activations_;
};

}  // namespace tandem::ui
