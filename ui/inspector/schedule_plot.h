// SchedulePlot: the learning rate over the epochs, as far as the schedule alone decides it. The points of a custom
// schedule are edited here, by mouse or keyboard; each edit is an undo step.
#pragma once

#include <vector>

#include "ui/models/project_document.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

class SchedulePlot : public QCustomPlot {
  Q_OBJECT

 public:
  explicit SchedulePlot(ProjectDocument& document, QWidget* parent = nullptr);

  void refresh();  // the document changed

  bool editable() const;  // the schedule has points
  int selected() const { return selected_; }
  QPoint pixelOf(int point) const;
  QPoint pixelAt(double percent, double factor) const;

 protected:
  bool focusNextPrevChild(bool next) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  struct Point {
    double percent = 0, factor = 0;  // of the run; of the learning rate
  };

  const Property* property() const;  // the one that holds the points; null if there is none
  std::vector<Point> points() const;
  Point pointAt(QPoint pixel) const;
  int pointNear(QPoint pixel) const;  // -1: none
  // The points with one of them moved, as far as its neighbors and the ranges permit.
  std::vector<Point> moved(int point, Point to) const;
  bool store(const std::vector<Point>& points, const QString& label, const QString& mergeKey = {});
  void add(Point point);
  void addBesideSelected();
  void removeSelected();
  void nudge(double percent, double factor);
  void select(int point);
  void endDrag();
  void rebuild();
  void describeSelected(const std::vector<Point>& points);

  ProjectDocument& document_;
  ScheduleConfig stored_, shown_;  // shown: with the point that is being dragged
  double rate_ = 1;                // that the schedule scales; 1 if it is 0
  int epochs_ = 1;
  int selected_ = 0;
  int dragged_ = -1;       // -1: none
  bool moved_ = false;     // farther than by accident
  QPoint pressed_, grip_;  // where the mouse was pressed; from there to the point
  QString problem_;        // why the last edit was refused
  QCPItemText* note_;
};

}  // namespace tandem::ui
