// TwinViewModel: everything the twin view shows of one twin run, during and after the run, or from a file.
// It is filled on the GUI thread only.
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
  double loss = 0;  // at that step

  struct Losses {
    CurveStore raw;
    SmoothedCurve smooth;
  };
  std::array<Losses, kCurveAxes> losses;  // by CurveAxis; empty if x is unknown for that axis
  Losses& over(CurveAxis axis) { return losses[static_cast<std::size_t>(axis)]; }
  const Losses& over(CurveAxis axis) const { return losses[static_cast<std::size_t>(axis)]; }
  bool begun() const { return !over(CurveAxis::Step).raw.empty(); }

  void append(CurveAxis axis, double x, double lossAtX);
  void smooth(CurveAxis axis, double weight);
};

struct TwinViewModel {
  TwinRecord record;                 // grows during the run; afterwards it equals the saved record
  std::vector<SideViewModel> sides;  // in the order of record.sides
  bool live = false;
  QString file;  // of the saved record; empty: not saved (yet)

  static std::shared_ptr<TwinViewModel> ofRecord(TwinRecord record, const QString& file);
  // Appends a step of a running side to its curves over steps, epochs and time.
  void append(std::size_t side, std::int64_t step, double seconds, double loss);
  // The layer that is drawn for this name in the open project; nullopt if the run was of another project or
  // the layer no longer exists.
  std::optional<LayerId> drawn(const std::string& layer, const Project& open) const;
  // Rebuilds the curves over the axis from the record's columns.
  void redraw(CurveAxis axis);
};

}  // namespace tandem::ui
