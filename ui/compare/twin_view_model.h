// TwinViewModel: all that the room shows of one twin run, while it goes and afterwards, from this machine or
// from a file. Filled on the window's thread only.
#pragma once

#include <QString>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "core/twin/target.h"
#include "ui/train/smoothing.h"

namespace tandem::ui {

enum class SideState { Waiting, Running, Evaluating, Paused, Finished, Stopped, Failed };
QString nameOf(SideState state);

struct SideViewModel {
  SideState state = SideState::Waiting;
  std::int64_t step = 0;
  double loss = 0;  // of that step

  struct Losses {
    CurveStore raw;
    SmoothedCurve smooth;
  };
  std::array<Losses, kCurveAxes> losses;  // over each axis; empty where it is not known
  Losses& over(CurveAxis axis) { return losses[static_cast<std::size_t>(axis)]; }
  const Losses& over(CurveAxis axis) const { return losses[static_cast<std::size_t>(axis)]; }
  bool begun() const { return !over(CurveAxis::Step).raw.empty(); }

  void append(CurveAxis axis, double x, double itsLoss);
  void smooth(CurveAxis axis, double weight);
};

struct TwinViewModel {
  TwinRecord record;                 // grows while the twin goes; at its end it is what was kept
  std::vector<SideViewModel> sides;  // as many as the record has
  bool live = false;
  QString file;  // where it is kept; empty: not yet, or not at all

  static std::shared_ptr<TwinViewModel> ofRecord(TwinRecord record, const QString& file);
  // A step of a side that goes: over steps, epochs and time.
  void append(std::size_t side, std::int64_t step, double seconds, double loss);
  // The layer as it is drawn in the open project; nothing: this twin is not of that project, or the layer
  // has gone.
  std::optional<LayerId> drawn(const std::string& layer, const Project& open) const;
  // Makes the curves over the axis anew, from the record's columns.
  void redraw(CurveAxis axis);
};

}  // namespace tandem::ui
