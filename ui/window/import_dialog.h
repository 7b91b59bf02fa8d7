// Shows what became of the layers of a model of another program, and makes a project of it.
#pragma once

#include <QDialog>
#include <optional>

#include "core/data/dataset.h"
#include "core/io/model_formats.h"

class QCheckBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace tandem::ui {

class MessageBar;

class ImportDialog : public QDialog {
  Q_OBJECT

 public:
  struct OpenData {
    DataSpec spec;
    DatasetInfo info;
  };

  // chosen: the data of the open project, if it has been read. The dialog shows that the file is being read until finished() is
  // called.
  ImportDialog(const QString& path, std::optional<OpenData> chosen, QWidget* parent = nullptr);

  void finished(Result<ImportedModel> model);
  // Once the dialog was accepted.
  const Project& project() const { return project_; }
  const QString& summary() const { return summary_; }

 public Q_SLOTS:
  void accept() override;

 private:
  void fill(const ImportedModel& model);
  void compareData();

  QString path_;
  std::optional<OpenData> data_;
  Project project_;
  QString summary_;
  QLabel* state_;
  QProgressBar* bar_;
  MessageBar* message_;
  QTableWidget* layers_;
  QLabel* notes_;
  QCheckBox* weights_;
  QCheckBox* useData_;
  QLabel* fit_;
  QPushButton* open_;
};

}  // namespace tandem::ui
