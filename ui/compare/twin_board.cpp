#include "ui/compare/twin_board.h"

#include <QCoreApplication>

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

void SideBoard::append(std::int64_t atStep, double seconds, double itsLoss) {
  step = atStep;
  loss = itsLoss;
  byStep.append(static_cast<double>(atStep), static_cast<float>(itsLoss));
  byTime.append(seconds, static_cast<float>(itsLoss));
}

void SideBoard::smooth(double weight) {
  smoothByStep.setWeight(weight);
  smoothByStep.update(byStep);
  smoothByTime.setWeight(weight);
  smoothByTime.update(byTime);
}

std::shared_ptr<TwinBoard> TwinBoard::ofRecord(TwinRecord record, const QString& file) {
  auto board = std::make_shared<TwinBoard>();
  board->sides.resize(record.sides.size());
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    const TwinCurve& curve = record.sides[k].curve;
    for (std::size_t i = 0; i < curve.steps.size(); ++i)
      board->sides[k].append(curve.steps[i], curve.seconds[i], curve.loss[i]);
    board->sides[k].state = record.sides[k].error.empty() ? SideState::Finished : SideState::Failed;
  }
  board->record = std::move(record);
  board->file = file;
  return board;
}

}  // namespace tandem::ui
