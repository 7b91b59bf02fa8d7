// CurvePlot: a QCustomPlot of curves held in columns. Wheel zooms (over an axis: that axis only), drag
// pans, double click or Home fits; the cursor reads values and events out; a click in the legend shows or
// hides.
// Draws at most two points a pixel, and only while it is visible.
#pragma once

#include <QLabel>
#include <QSet>
#include <memory>
#include <vector>

#include "ui/train/event_lines.h"
#include "ui/train/run_series.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

// One entry of the legend, with up to three forms of the same curve.
struct CurveSpec {
  QString label;
  QColor color;
  bool dashed = false;
  std::shared_ptr<const void> owner;  // keeps the columns below alive
  const CurveStore* raw = nullptr;    // faint where there is a smooth one
  const CurveStore* smooth = nullptr;
  const std::vector<CurvePoint>* points = nullptr;  // with dots; beside a curve: its validation
  Qt::PenStyle line = Qt::SolidLine;                // of raw and smooth: curves that may cover each other
};

class CurvePlot : public QCustomPlot {
  Q_OBJECT

 public:
  CurvePlot(const QString& title, const QString& unit, QWidget* parent);

  // Replaces the curves; what was hidden by label stays hidden.
  void setCurves(std::vector<CurveSpec> curves);
  const std::vector<CurveSpec>& curves() const { return curves_; }
  // Shown from the next setCurves() or refresh() on.
  void setEvents(std::vector<EventSpec> events);
  void setEventsShown(bool events, bool checkpoints);
  EventLines* eventLines() const { return lines_; }
  void setTitle(const QString& title);
  // What x counts: "step" unless told otherwise. narrowest: the least that the axis shows.
  void setAxis(const QString& title, int decimals, double narrowest);
  void setValueFromZero(bool on) { fromZero_ = on; }
  // The axis of values spans at least this much: a steady value does not look like one that moves.
  void setLeastSpan(double span) { leastSpan_ = span; }
  // Where the legend stands: loss curves fall (top), accuracy rises (bottom).
  void setLegendAt(Qt::Alignment alignment);

  void setLogarithmic(bool on);
  bool logarithmic() const { return logarithmic_; }
  bool isCurveVisible(const QString& label) const { return !hidden_.contains(label); }
  void setCurveVisible(const QString& label, bool visible);
  // True until a person zooms or pans; then the axes stay until fit().
  bool following() const { return following_; }
  void fit();

  // The columns have grown: draws now if visible, otherwise when next shown. Returns milliseconds spent.
  double refresh();
  // Values at the cursor, as shown: for tests and screen readers.
  QString readOut() const { return readOut_->text(); }

 Q_SIGNALS:
  void pictureFailed(const QString& path);
  void eventsChosen(bool events, bool checkpoints);  // by a person, to be shown or not

 protected:
  void showEvent(QShowEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Graphs {
    QCPGraph* raw = nullptr;
    QCPGraph* main = nullptr;  // smooth, or points
    QCPGraph* points = nullptr;
  };
  void applyTheme();
  void rebuild();
  void fillEvents();
  void fillGraphs();
  void fitRanges();
  void showReadOut(QPoint position);
  void zoomOrientation(const QPoint& position);
  void savePicture();

  QString title_, unit_, xTitle_;
  int xDecimals_ = 0;
  double narrowest_ = 1;
  std::vector<CurveSpec> curves_;
  std::vector<Graphs> graphs_;
  QSet<QString> hidden_;
  QLabel* readOut_;
  QCPItemLine* cursor_;
  std::vector<EventSpec> events_;
  EventLines* lines_;
  bool following_ = true;
  bool logarithmic_ = false;
  bool fromZero_ = false;
  double leastSpan_ = 0;
  bool stale_ = true;
  bool settingRange_ = false;
  std::vector<CurvePoint> scratch_;
};

}  // namespace tandem::ui
