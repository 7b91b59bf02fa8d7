#include "ui/compare/twin_board.h"

#include <QCoreApplication>

#include "core/network/repeat.h"

namespace tandem::ui {

QString nameOf(SideState state) {
  const auto tr = [](const char* text) { return QCoreApplication::translate("tandem::ui::TwinBoard", text); };
  switch (state) {
    case SideState::Waiting:
      return tr("waits for its turn");
    case SideState::Running:
      return tr("running");
    case SideState::Evaluating:
      return tr("evaluating");
    case SideState::Paused:
      return tr("paused");
    case SideState::Finished:
      return tr("finished");
    case SideState::Stopped:
      return tr("stopped");
    case SideState::Failed:
      return tr("failed");
  }
  return {};
}

void SideBoard::append(CurveAxis axis, double x, double itsLoss) {
  over(axis).raw.append(x, static_cast<float>(itsLoss));
}

void SideBoard::smooth(CurveAxis axis, double weight) {
  Losses& curve = over(axis);
  curve.smooth.setWeight(weight);
  curve.smooth.update(curve.raw);
}

std::shared_ptr<TwinBoard> TwinBoard::ofRecord(TwinRecord record, const QString& file) {
  auto board = std::make_shared<TwinBoard>();
  board->sides.resize(record.sides.size());
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    const TwinSideRecord& side = record.sides[k];
    board->sides[k].state = side.error.empty() ? SideState::Finished : SideState::Failed;
    if (side.curve.steps.empty()) continue;
    board->sides[k].step = side.curve.steps.back();
    board->sides[k].loss = side.curve.loss.back();
  }
  board->record = std::move(record);
  board->file = file;
  for (std::size_t axis = 0; axis < kCurveAxes; ++axis) board->redraw(static_cast<CurveAxis>(axis));
  return board;
}

void TwinBoard::append(std::size_t side, std::int64_t step, double seconds, double loss) {
  SideBoard& board = sides[side];
  board.step = step;
  board.loss = loss;
  board.append(CurveAxis::Step, static_cast<double>(step), loss);
  board.append(CurveAxis::Seconds, seconds, loss);
  if (const std::int64_t epoch = stepsPerEpoch(record, side); epoch > 0)
    board.append(CurveAxis::Epoch, static_cast<double>(step) / static_cast<double>(epoch), loss);
}

std::optional<LayerId> TwinBoard::drawn(const std::string& layer, const Project& open) const {
  if (record.name != open.name) return std::nullopt;
  return drawnLayer(open.network, layer);
}

void TwinBoard::redraw(CurveAxis axis) {
  for (std::size_t k = 0; k < sides.size(); ++k) {
    sides[k].over(axis) = SideBoard::Losses();
    const std::vector<double> x = axisColumn(record, k, axis);
    for (std::size_t i = 0; i < x.size(); ++i) sides[k].append(axis, x[i], record.sides[k].curve.loss[i]);
  }
}

}  // namespace tandem::ui
