// TwinBoard: all that the room shows of one twin run, while it goes and afterwards, from this machine or
// from a file. Filled on the window's thread only.
#pragma once

#include <QString>
#include <memory>
#include <vector>

#include "core/twin/twin_record.h"
#include "ui/train/smoothing.h"

namespace tandem::ui {

enum class SideState { Waiting, Running, Evaluating, Paused, Finished, Stopped, Failed };
QString nameOf(SideState state);

struct SideBoard {
  SideState state = SideState::Waiting;
  std::int64_t step = 0;
  double loss = 0;            // of that step
  CurveStore byStep, byTime;  // loss
  SmoothedCurve smoothByStep, smoothByTime;

  void append(std::int64_t atStep, double seconds, double itsLoss);
  void smooth(double weight);
};

struct TwinBoard {
  TwinRecord record;             // grows while the twin goes; at its end it is what was kept
  std::vector<SideBoard> sides;  // as many as the record has
  bool live = false;
  QString file;  // where it is kept; empty: not yet, or not at all

  static std::shared_ptr<TwinBoard> ofRecord(TwinRecord record, const QString& file);
};

}  // namespace tandem::ui
