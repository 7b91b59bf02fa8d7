// CurvePlot: a QCustomPlot that draws the curves of CurveStores. The wheel zooms (over an axis: that axis
// only), dragging pans, a double click or Home fits the axes; the cursor shows values and events; a click
// on a legend entry shows or hides its curve. It draws at most two points per pixel, and only while visible.
#pragma once

#include <QLabel>
#include <QSet>
#include <memory>
#include <vector>

#include "ui/train/event_lines.h"
#include "ui/train/run_series.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

// One legend entry, with up to three forms of the same curve.
struct CurveSpec {
  QString label;
  QColor color;
  bool dashed = false;
  std::shared_ptr<const void> owner;  // keeps the stores below alive
  const CurveStore* raw = nullptr;    // drawn faintly if there is a smooth curve
  const CurveStore* smooth = nullptr;
  const std::vector<CurvePoint>* points = nullptr;  // with dots; next to raw or smooth: validation
  Qt::PenStyle line = Qt::SolidLine;                // of raw and smooth, for curves that may overlap
};

class CurvePlot : public QCustomPlot {
  Q_OBJECT

 public:
  CurvePlot(const QString& title, const QString& unit, QWidget* parent);

  // Replaces the curves; labels that were hidden stay hidden.
  void setCurves(std::vector<CurveSpec> curves);
  const std::vector<CurveSpec>& curves() const { return curves_; }
  // Takes effect at the next setCurves() or refresh().
  void setEvents(std::vector<EventSpec> events);
  void setEventsShown(bool events, bool checkpoints);
  EventLines* eventLines() const { return lines_; }
  void setTitle(const QString& title);
  // Sets the x axis, which counts steps by default. minimumRange: the smallest range that fit() shows.
  void setAxis(const QString& title, int decimals, double minimumRange);
  void setValueFromZero(bool on) { fromZero_ = on; }
  // Sets the smallest range of the y axis, so that noise on a steady value does not look like a change.
  void setMinimumSpan(double span) { minimumSpan_ = span; }
  // Legend position: at the top for falling curves (loss), at the bottom for rising ones (accuracy).
  void setLegendAt(Qt::Alignment alignment);

  void setLogarithmic(bool on);
  bool logarithmic() const { return logarithmic_; }
  bool isCurveVisible(const QString& label) const { return !hidden_.contains(label); }
  void setCurveVisible(const QString& label, bool visible);
  // True until the user zooms or pans; the axes then stay fixed until fit().
  bool following() const { return following_; }
  void fit();

  // Call after the stores have grown: draws now if visible, otherwise when next shown. Returns the time, ms.
  double refresh();
  // The values at the cursor as shown, for tests and screen readers.
  QString readOut() const { return readOut_->isHidden() ? QString() : readOut_->text(); }

 Q_SIGNALS:
  void pictureFailed(const QString& path);
  void eventsChosen(bool events, bool checkpoints);  // the user's choice of what to show

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
  double minimumRange_ = 1;
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
  double minimumSpan_ = 0;
  bool stale_ = true;
  bool settingRange_ = false;
  std::vector<CurvePoint> scratch_;
};

}  // namespace tandem::ui
