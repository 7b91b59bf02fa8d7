// LivePlots: the views below the canvas: Learning (loss and a metric), Classes, Speed, Memory, Device. They show the
// current or last run, overlaid with the runs that are ticked in the list.
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <memory>
#include <vector>

#include "ui/train/run_series.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QSlider;
class QStackedWidget;
class QTabWidget;

namespace tandem::ui {

class ClassesView;
class CurvePlot;
class DevicePlots;
class MemoryPlot;

class LivePlots : public QWidget {
  Q_OBJECT

 public:
  explicit LivePlots(QWidget* parent = nullptr);

  // The current or last run of this window; nullptr: none yet.
  void setLive(std::shared_ptr<RunSeries> live);
  double smoothing() const { return weight_; }  // of the curves, for RunSeries::smooth
  // A recorded run to overlay, with the index of its colour.
  struct Overlay {
    std::shared_ptr<RunSeries> series;
    int color = 0;
  };
  void setOverlays(std::vector<Overlay> overlays);
  // Call when the live run has grown. Draws at most 30 times per second, less often if drawing is slow.
  void liveChanged();
  // Call when the live run has reported its metrics, or has ended: curves appear or change their form.
  void liveRestarted();
  // Whether training uses every core, so that drawing must use less time.
  void setCpuSaturated(bool saturated) { saturated_ = saturated; }

  // Current time between drawings, ms; for tests and the benchmark.
  int interval() const { return interval_; }
  // ms between two drawings that take costMs each.
  static int intervalFor(double costMs, bool saturated);
  std::int64_t drawings() const { return drawings_; }

 protected:
  void showEvent(QShowEvent* event) override;

 Q_SIGNALS:
  void pictureFailed(const QString& path);

 private:
  struct Shown {
    std::shared_ptr<RunSeries> series;
    QString label;
    int color = 0;
  };
  void buildUi();
  std::vector<Shown> shown() const;
  void rebuildCurves();
  void rebuildMetricChoices();
  void draw();
  void smooth();
  void setSmoothing(int value);
  void setEventsShown(bool events, bool checkpoints);

  std::shared_ptr<RunSeries> live_;
  std::vector<Overlay> overlays_;
  bool saturated_ = false;
  bool dirty_ = false;
  int interval_ = 33;
  double cost_ = 0;  // mean time of a drawing, ms
  std::int64_t drawings_ = 0;
  double weight_ = 0.9;
  QTimer timer_;
  QElapsedTimer sinceDrawing_;

  QStackedWidget* stack_ = nullptr;
  QTabWidget* tabs_ = nullptr;
  CurvePlot* loss_ = nullptr;
  CurvePlot* metric_ = nullptr;
  CurvePlot* speed_ = nullptr;
  CurvePlot* phases_ = nullptr;
  MemoryPlot* memory_ = nullptr;
  DevicePlots* device_ = nullptr;
  ClassesView* classes_ = nullptr;
  QComboBox* metricBox_ = nullptr;
  QCheckBox* logBox_ = nullptr;
  QSlider* smoothing_ = nullptr;
  QLabel* smoothingLabel_ = nullptr;
};

}  // namespace tandem::ui
