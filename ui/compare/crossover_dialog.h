// CrossoverDialog: sweeps the batch size or width on two or more sides and shows where one overtakes another.
// It measures a snapshot of the project in the background; the window stays usable.
#pragma once

#include <QDialog>
#include <QThreadPool>
#include <QTimer>
#include <atomic>
#include <vector>

#include "core/twin/crossover.h"
#include "ui/compare/side_row.h"
#include "ui/models/project_document.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;

namespace tandem::ui {

class CrossoverPlot;
class MessageBar;
class SideList;
class TextField;

class CrossoverDialog : public QDialog {
  Q_OBJECT

 public:
  CrossoverDialog(ProjectDocument& document, std::vector<SideDevice> devices,
                  const std::vector<std::string>& sides, QWidget* parent = nullptr);
  ~CrossoverDialog() override;  // stops and waits

  bool measuring() const { return measuring_; }
  // The result of the last measurement.
  const Crossover& result() const { return result_; }

 private:
  void buildUi(std::vector<SideDevice> devices);
  void showAxis();
  void start();
  void finished(const Result<Crossover>& result);
  void showState();
  Result<std::vector<double>> parse(const QString& text) const;

  ProjectDocument& document_;
  Crossover result_;
  QThreadPool pool_;
  QTimer timer_;
  std::atomic<bool> cancel_{false};
  std::atomic<double> progress_{0};
  bool measuring_ = false;

  MessageBar* message_ = nullptr;
  QWidget* form_ = nullptr;
  SideList* sides_ = nullptr;
  QComboBox* axis_ = nullptr;
  TextField* values_ = nullptr;
  CrossoverPlot* plot_ = nullptr;
  QLabel* sentences_ = nullptr;
  QProgressBar* bar_ = nullptr;
  QPushButton* start_ = nullptr;
};

}  // namespace tandem::ui
