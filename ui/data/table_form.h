// How a CSV table is read: header, signs, encoding, missing values and the kinds of columns. Everything is decided from
// the file unless it is set here.
#pragma once

#include <QWidget>
#include <functional>
#include <string>
#include <vector>

#include "ui/models/project_document.h"

class QCheckBox;
class QFormLayout;

namespace tandem::ui {

class ChoiceBox;

class TableForm : public QWidget {
  Q_OBJECT

 public:
  explicit TableForm(ProjectDocument& document, QWidget* parent = nullptr);

  void refresh();
  void setLocked(bool locked);  // disables the fields during a run

 private:
  struct Choice {
    QString text;
    std::string value;
  };
  // A box of `choices`; a value of the project that is none of them is added.
  void addChoice(const char* name, const QString& label, const QString& tooltip,
                 const std::vector<Choice>& choices, std::string TableFormat::*member);
  // A list of names, separated by commas; committed when it is left.
  void addList(const char* name, const QString& label, const QString& placeholder, const QString& tooltip,
               std::function<std::vector<std::string>&(DataSpec&)> list);
  void edit(const QString& label, const std::function<void(DataSpec&)>& change);

  ProjectDocument& document_;
  QFormLayout* form_;
  std::vector<QWidget*> inputs_;
  std::vector<std::function<void(const DataSpec&)>> show_;  // each field
  QCheckBox* standardize_;
};

}  // namespace tandem::ui
