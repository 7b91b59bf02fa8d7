#include "ui/compare/twin_view_model.h"

#include <QCoreApplication>

#include "core/network/repeat.h"

namespace tandem::ui {

QString nameOf(SideState state) {
  const auto tr = [](const char* text) {
    return QCoreApplication::translate("tandem::ui::TwinViewModel", text);
  };
  switch (state) {
    case SideState::Waiting:
      return tr("waiting");
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

void SideViewModel::append(CurveAxis axis, double x, double lossAtX) {
  over(axis).raw.append(x, static_cast<float>(lossAtX));
}

void SideViewModel::smooth(CurveAxis axis, double weight) {
  Losses& curve = over(axis);
  curve.smooth.setWeight(weight);
  curve.smooth.update(curve.raw);
}

std::shared_ptr<TwinViewModel> TwinViewModel::ofRecord(TwinRecord record, const QString& file) {
  auto viewModel = std::make_shared<TwinViewModel>();
  viewModel->sides.resize(record.sides.size());
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    const TwinSideRecord& side = record.sides[k];
    viewModel->sides[k].state = side.error.empty() ? SideState::Finished : SideState::Failed;
    if (side.curve.steps.empty()) continue;
    viewModel->sides[k].step = side.curve.steps.back();
    viewModel->sides[k].loss = side.curve.loss.back();
  }
  viewModel->record = std::move(record);
  viewModel->file = file;
  for (std::size_t axis = 0; axis < kCurveAxes; ++axis) viewModel->redraw(static_cast<CurveAxis>(axis));
  return viewModel;
}

void TwinViewModel::append(std::size_t side, std::int64_t step, double seconds, double loss) {
  SideViewModel& viewModel = sides[side];
  viewModel.step = step;
  viewModel.loss = loss;
  viewModel.append(CurveAxis::Step, static_cast<double>(step), loss);
  viewModel.append(CurveAxis::Seconds, seconds, loss);
  if (const auto epoch = stepsPerEpoch(record, side))
    viewModel.append(CurveAxis::Epoch, static_cast<double>(step) / static_cast<double>(*epoch), loss);
}

std::optional<LayerId> TwinViewModel::drawn(const std::string& layer, const Project& open) const {
  if (record.name != open.name) return std::nullopt;
  return drawnLayer(open.network, layer);
}

void TwinViewModel::redraw(CurveAxis axis) {
  for (std::size_t k = 0; k < sides.size(); ++k) {
    sides[k].over(axis) = SideViewModel::Losses();
    const std::vector<double> x = axisColumn(record, k, axis);
    for (std::size_t i = 0; i < x.size(); ++i) sides[k].append(axis, x[i], record.sides[k].curve.loss[i]);
  }
}

}  // namespace tandem::ui
