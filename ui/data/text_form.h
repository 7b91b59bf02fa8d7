// How texts are cut into tokens: the unit, the vocabulary and the lengths.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/models/project_document.h"

class QFormLayout;

namespace tandem::ui {

class TextForm : public QWidget {
  Q_OBJECT

 public:
  explicit TextForm(ProjectDocument& document, QWidget* parent = nullptr);

  // To be called once this is part of the panel.
  void refresh();
  void setLocked(bool locked);  // disables the fields during a run

 private:
  void addNumber(const char* name, const QString& label, const QString& tooltip,
                 std::int64_t TextFormat::*member);
  void edit(const QString& label, const std::function<void(DataSpec&)>& change);

  ProjectDocument& document_;
  QFormLayout* form_;
  std::vector<QWidget*> inputs_;
  std::vector<std::function<void(const DataSpec&)>> show_;  // each field
  QWidget* encoding_;                                       // of tables, another form has it
  QWidget* stride_ = nullptr;
};

}  // namespace tandem::ui
