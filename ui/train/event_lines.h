// EventLines: the events of runs (learning rate changes, pauses, errors) as thin lines across a plot, below
// its curves. Checkpoints are frequent and say little, so they are drawn only on request.
#pragma once

#include <QColor>
#include <QString>
#include <QStringList>
#include <memory>
#include <vector>

#include "core/runs/run_store.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {

// The events of one run.
struct EventSpec {
  QString label;                      // of its curve; prefixes the text. Empty: a single run is shown
  QColor color;                       // of all events except errors, which have the theme's colour
  std::shared_ptr<const void> owner;  // keeps the lists alive
  const std::vector<RunEvent>* events = nullptr;
  const std::vector<RunEvent>* checkpoints = nullptr;
};

class EventLines : public QCPLayerable {
  Q_OBJECT

 public:
  // Draws on the layer named layerName.
  EventLines(QCustomPlot* plot, const QString& layerName) : QCPLayerable(plot, layerName) {}

  void setEvents(std::vector<EventSpec> events) { specs_ = std::move(events); }
  // Whether the axis counts seconds since the start of training rather than steps.
  void setBySeconds(bool on) { bySeconds_ = on; }
  void setShown(bool events, bool checkpoints) {
    events_ = events;
    checkpoints_ = checkpoints;
  }
  bool eventsShown() const { return events_; }
  bool checkpointsShown() const { return checkpoints_; }

  // Returns the events near a pixel, such as "step 120: learning rate set to 0.01": the first few, then how
  // many more there are.
  QStringList textsAt(int pixel) const;
  int drawn() const { return drawn_; }  // lines in the last drawing

 protected:
  QRect clipRect() const override;
  void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
  void draw(QCPPainter* painter) override;

 private:
  double at(const RunEvent& event) const;
  // Calls `work` for every list that is shown.
  template <class Work>
  void eachList(const Work& work) const;
  void draw(QCPPainter* painter, const EventSpec& spec, const std::vector<RunEvent>& events);

  std::vector<EventSpec> specs_;
  bool bySeconds_ = false, events_ = true, checkpoints_ = false;
  int drawn_ = 0;
};

}  // namespace tandem::ui
