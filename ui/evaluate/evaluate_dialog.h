// EvaluateDialog: evaluates the model of a run, or an exported one, on a part of its data or on a file. It works in the
// background; the window stays usable.
#pragma once

#include <QDialog>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <filesystem>
#include <memory>

#include "core/report/evaluation_job.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QStackedWidget;

namespace tandem::ui {

class MessageBar;
class TargetView;

class EvaluateDialog : public QDialog {
  Q_OBJECT

 public:
  // model: a checkpoint or a Keras model; empty: the user chooses one. title: of the run.
  EvaluateDialog(const std::filesystem::path& model, const QString& title, QWidget* parent = nullptr);
  ~EvaluateDialog() override;  // stops and waits

  bool evaluating() const { return evaluating_; }
  const ModelEvaluation* result() const { return result_.get(); }  // of the last evaluation; nullptr: none
  TargetView* view() { return view_; }
  void setModel(const QString& file);
  void setData(const QString& fileOrFolder);  // instead of a part of the training data
  void start();                               // no effect without a model and data

 private:
  void buildUi();
  void chooseModel();
  void chooseData(bool folder);
  void finished(const std::shared_ptr<Result<ModelEvaluation>>& result);
  void showState();
  void showTarget();
  void save(bool picture);
  QString summary(std::size_t target) const;

  QThreadPool pool_;
  QTimer timer_;
  std::atomic<bool> cancel_{false};
  std::atomic<double> progress_{0};
  bool evaluating_ = false;
  std::shared_ptr<const ModelEvaluation> result_;
  QString title_;

  MessageBar* message_ = nullptr;
  QWidget* form_ = nullptr;
  QLineEdit *model_ = nullptr, *file_ = nullptr;
  QComboBox *data_ = nullptr, *weights_ = nullptr, *target_ = nullptr;
  QWidget* fileRow_ = nullptr;
  QProgressBar* bar_ = nullptr;
  QPushButton *start_ = nullptr, *saveTable_ = nullptr, *savePicture_ = nullptr;
  QLabel *empty_ = nullptr, *summary_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  TargetView* view_ = nullptr;
};

}  // namespace tandem::ui
