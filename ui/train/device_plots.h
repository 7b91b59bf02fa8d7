// DevicePlots: what the device did while runs trained: utilization, power, temperature, clock, memory in use,
// over time. Only what was read has a plot; for the rest a line of text says that it was not, and why.
#pragma once

#include <QWidget>
#include <array>
#include <vector>

#include "ui/train/drawn_run.h"

class QLabel;

namespace tandem::ui {

class CurvePlot;

class DevicePlots : public QWidget {
  Q_OBJECT

 public:
  explicit DevicePlots(QWidget* parent);
  void setRuns(std::vector<DrawnRun> runs);
  void refresh();
  void fit();
  // What is said below the plots.
  QString note() const;

 Q_SIGNALS:
  void pictureFailed(const QString& path);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  static constexpr std::size_t kPlots = 5;
  void rebuild();
  QString noteText() const;

  std::vector<DrawnRun> runs_;
  std::array<CurvePlot*, kPlots> plots_{};
  std::array<bool, kPlots> there_{};  // which plots have curves
  QLabel* note_;
};

}  // namespace tandem::ui
