// EventLines: the events of runs (learning rate changed, paused, errors) as thin lines across a plot, under
// its curves. Checkpoints are many and say little: they are drawn only when asked for.
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
  QString label;                      // its curve's; also in front of the text. Empty: only one run is shown
  QColor color;                       // of all but errors, which have the theme's
  std::shared_ptr<const void> owner;  // keeps the lists alive
  const std::vector<RunEvent>* events = nullptr;
  const std::vector<RunEvent>* checkpoints = nullptr;
};

class EventLines : public QCPLayerable {
  Q_OBJECT

 public:
  // Draws on the layer of that name.
  EventLines(QCustomPlot* plot, const QString& layerName) : QCPLayerable(plot, layerName) {}

  void setEvents(std::vector<EventSpec> events) { specs_ = std::move(events); }
  // The axis counts seconds since the start of training, not steps.
  void setBySeconds(bool on) { bySeconds_ = on; }
  void setShown(bool events, bool checkpoints) {
    events_ = events;
    checkpoints_ = checkpoints;
  }
  bool eventsShown() const { return events_; }
  bool checkpointsShown() const { return checkpoints_; }

  // What stands at a pixel, within reach of the mouse: "step 120: learning rate set to 0.01". The first few;
  // of more, how many.
  QStringList textsAt(int pixel) const;
  int drawn() const { return drawn_; }  // lines of the last drawing

 protected:
  QRect clipRect() const override;
  void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
  void draw(QCPPainter* painter) override;

 private:
  double at(const RunEvent& event) const;
  // Every list that is shown.
  template <class Work>
  void eachList(const Work& work) const;
  void draw(QCPPainter* painter, const EventSpec& spec, const std::vector<RunEvent>& events);

  std::vector<EventSpec> specs_;
  bool bySeconds_ = false, events_ = true, checkpoints_ = false;
  int drawn_ = 0;
};

}  // namespace tandem::ui
