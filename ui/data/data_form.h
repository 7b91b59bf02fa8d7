// The data that a project trains on: source, path, split, normalization, and a summary of the dataset.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/models/project_document.h"

class QCheckBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace tandem::ui {

class ChoiceBox;
class DataPreview;
class IntegerBox;
class NumberBox;

class DataForm : public QWidget {
  Q_OBJECT

 public:
  explicit DataForm(ProjectDocument& document, QWidget* parent = nullptr);

  void setLocked(bool locked);  // disables the fields during a run

 private:
  // The entries of the source box: the kinds of core, and the installed dataset as a separate entry.
  enum class Source { FashionMnist, Idx, Csv, ImageFolder, Generated };
  static Source sourceOf(const DataSpec& spec);

  void addSourceFields();
  void addSplitFields();
  void addResult();
  void addRow(QWidget* field, const char* name, const QString& label, const QString& tooltip,
              std::vector<Source> sources);
  void chooseSource(int index);
  void browse();
  void edit(const QString& label, const std::function<void(DataSpec&)>& change);
  void refresh();
  void refreshResult();

  struct Row {
    QWidget* field;
    std::vector<Source> sources;
  };

  ProjectDocument& document_;
  QFormLayout* form_;
  std::vector<Row> rows_;
  std::vector<QWidget*> inputs_;
  ChoiceBox* source_;
  QWidget* pathRow_;
  QLineEdit* path_;
  QPushButton* browse_;
  ChoiceBox* generator_;
  IntegerBox* count_;
  NumberBox* noise_;
  QLineEdit* target_;
  QCheckBox* classification_;
  QLineEdit* ignore_;
  IntegerBox* height_;
  IntegerBox* width_;
  ChoiceBox* channels_;
  IntegerBox* validation_;
  IntegerBox* test_;
  IntegerBox* splitSeed_;
  QCheckBox* normalize_;
  QLabel* result_;
  DataPreview* preview_;
};

}  // namespace tandem::ui
