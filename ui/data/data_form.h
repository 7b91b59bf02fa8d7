// The data that a project trains on: source, path, split, normalization, a summary of the dataset and its first rows.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/models/project_document.h"

class QCheckBox;
class QFormLayout;
class QLabel;
class QPushButton;

namespace tandem::ui {

class ChoiceBox;
class DataPreview;
class NumberBox;
class RowsView;
class SeriesForm;
class TableForm;
class TextField;
class TextForm;

class DataForm : public QWidget {
  Q_OBJECT

 public:
  explicit DataForm(ProjectDocument& document, QWidget* parent = nullptr);

  void setLocked(bool locked);  // disables the fields during a run

 private:
  // The entries of the source box: the built-in datasets, and the kinds of core.
  enum class Source { Builtin, Idx, Csv, ImageFolder, Generated, Numpy, TextFolder, TextFile, Cifar };
  static Source sourceOf(const DataSpec& spec);

  void addSourceFields();
  void addBuiltin();
  void addMasks();
  void addSplitFields();
  void addResult();
  void addRow(QWidget* field, const char* name, const QString& label, const QString& tooltip,
              std::vector<Source> sources);
  template <class Member>
  NumberBox* numberField(const QString& label, Member member);
  TextField* namesField(const QString& label, std::vector<std::string> DataSpec::*member);
  void chooseSource(int index);
  void browse();
  void edit(const QString& label, const std::function<void(DataSpec&)>& change);
  void refresh();
  void refreshResult();
  bool hasImages() const;
  void showRows();

  struct Row {
    QWidget* field;
    std::vector<Source> sources;
  };

  ProjectDocument& document_;
  QFormLayout* form_;
  std::vector<Row> rows_;
  std::vector<QWidget*> imageRows_;  // of rows_: settings of images
  std::vector<QWidget*> inputs_;
  ChoiceBox* source_;
  ChoiceBox* builtin_;
  QWidget* pathRow_;
  TextField* path_;
  QPushButton* browse_;
  TextField* masks_;
  ChoiceBox* generator_;
  NumberBox* count_;
  NumberBox* noise_;
  TextField* array_;
  TextField* target_;
  QCheckBox* classification_;
  TextField* ignore_;
  TextField* sampleWeights_;
  TableForm* table_;
  SeriesForm* series_;
  TextForm* text_;
  NumberBox* height_;
  NumberBox* width_;
  ChoiceBox* channels_;
  QCheckBox* skipDamaged_;
  NumberBox* validation_;
  NumberBox* test_;
  NumberBox* splitSeed_;
  QCheckBox* stratify_;
  QCheckBox* normalize_;
  QLabel* result_;
  DataPreview* preview_;
  RowsView* tableRows_;
};

}  // namespace tandem::ui
