// LivePlots: the plots under the canvas. Learning (loss and a metric), Speed, Memory, Device. Shows the run
// that trains, or the last one, and over it the runs that are ticked in the list.
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

class CurvePlot;
class DevicePlots;
class MemoryPlot;

class LivePlots : public QWidget {
  Q_OBJECT

 public:
  explicit LivePlots(QWidget* parent = nullptr);

  // The run that trains or trained last in this window; nullptr: none yet.
  void setLive(std::shared_ptr<RunSeries> live);
  double smoothing() const { return weight_; }  // of the curves, for RunSeries::smooth
  // Runs of the record to lay over it, with the index of each one's colour.
  struct Overlay {
    std::shared_ptr<RunSeries> series;
    int color = 0;
  };
  void setOverlays(std::vector<Overlay> overlays);
  // The live run has grown. Draws at most 30 times a second, less often when that would cost time.
  void liveChanged();
  // The live run reports its metrics now, or ended: curves appear or change their form.
  void liveRestarted();
  // Training uses every core: drawing must step back.
  void setCpuSaturated(bool saturated) { saturated_ = saturated; }

  // Milliseconds between drawings at present: for tests and the benchmark.
  int interval() const { return interval_; }
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
  double cost_ = 0;  // milliseconds of a drawing, averaged
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
  QComboBox* metricBox_ = nullptr;
  QCheckBox* logBox_ = nullptr;
  QSlider* smoothing_ = nullptr;
  QLabel* smoothingLabel_ = nullptr;
};

}  // namespace tandem::ui
