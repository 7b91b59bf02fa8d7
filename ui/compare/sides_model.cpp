#include "ui/compare/sides_model.h"

#include <QColor>
#include <QLocale>
#include <algorithm>

#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

QString ms(double seconds) {
  return QString::number(1e3 * seconds, 'f', 3);
}

// "1.82", "116", "0.0086": small ratios keep two digits, since a GPU may be a hundred times slower than the
// CPU on a tiny network.
QString ratioText(double ratio) {
  return ratio >= 100   ? QString::number(ratio, 'f', 0)
         : ratio >= 0.1 ? QString::number(ratio, 'f', 2)
                        : QString::number(ratio, 'g', 2);
}

QString memoryTip(const MemoryUse& use) {
  QStringList lines;
  const auto line = [&](const QString& label, std::size_t bytes) {
    lines << QString("%1: %2").arg(label, bytesText(static_cast<double>(bytes)));
  };
  line(SidesModel::tr("Weights"), use.weights);
  line(SidesModel::tr("Gradients"), use.gradients);
  line(SidesModel::tr("Optimizer"), use.optimizer);
  line(SidesModel::tr("Statistics"), use.states);
  line(SidesModel::tr("Activations"), use.activations);
  line(SidesModel::tr("Workspace"), use.workspace);
  line(SidesModel::tr("Inputs"), use.inputs);
  line(SidesModel::tr("Context"), use.context);
  return lines.join('\n');
}

}  // namespace

SidesModel::SidesModel(QObject* parent) : QAbstractTableModel(parent) {}

void SidesModel::setViewModel(std::shared_ptr<const TwinViewModel> viewModel) {
  beginResetModel();
  viewModel_ = std::move(viewModel);
  reachTarget();
  endResetModel();
}

// Only computed after the end, because the columns of a record are incomplete before.
void SidesModel::reachTarget() {
  target_.reset();
  reached_.clear();
  if (viewModel_ == nullptr) return;
  const TwinRecord& record = viewModel_->record;
  reached_.resize(record.sides.size());
  if (viewModel_->live || record.mode != TwinMode::Race) return;
  target_ = targetOf(record);
  for (std::size_t k = 0; target_ && k < reached_.size(); ++k) reached_[k] = reach(record, k, *target_);
}

void SidesModel::refresh() {
  reachTarget();
  Q_EMIT headerDataChanged(Qt::Vertical, 0, std::max(0, rowCount() - 1));
  if (columnCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int SidesModel::rowCount(const QModelIndex& parent) const {
  if (parent.isValid() || viewModel_ == nullptr) return 0;
  return viewModel_->record.mode == TwinMode::Race ? RowCount : Energy;
}

int SidesModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || viewModel_ == nullptr ? 0 : static_cast<int>(viewModel_->record.sides.size());
}

QString SidesModel::text(int row, std::size_t k) const {
  const TwinSideRecord& side = viewModel_->record.sides[k];
  const SideViewModel& live = viewModel_->sides[k];
  const StepTiming& timing = side.timing;
  const bool profiled = side.profile.forward > 0;
  QString none = QStringLiteral("–");
  switch (row) {
    case State:
      return side.error.empty() ? nameOf(live.state) : tr("failed: %1").arg(toQString(side.error));
    case Step:
      return !live.begun() ? none : wholeCountText(live.step);
    case Loss:
      return !live.begun() ? none : QString::number(live.loss, 'g', 6);
    case StepTime:
      return timing.steps == 0 ? none : ms(timing.median);
    case Forecast:
      return side.forecast ? ms(*side.forecast) : none;
    case Quartiles:
      if (timing.steps == 0) return none;
      return timing.unsteady() ? tr("%1 to %2 (noisy)").arg(ms(timing.low), ms(timing.high))
                               : tr("%1 to %2").arg(ms(timing.low), ms(timing.high));
    case Speed: {
      if (k == 0) return tr("1 (reference)");
      const SpeedUp speed = speedUp(viewModel_->record, k);
      if (speed.ratio <= 0) return none;
      return tr("%1× (%2 to %3)").arg(ratioText(speed.ratio), ratioText(speed.low), ratioText(speed.high));
    }
    case Samples:
      return timing.median > 0 ? QLocale().toString(static_cast<double>(side.batch) / timing.median, 'f', 0)
                               : none;
    case Forward:
      return profiled ? ms(side.profile.forward) : none;
    case Backward:
      return profiled ? ms(side.profile.backward) : none;
    case Update:
      return profiled ? ms(side.profile.update) : none;
    case DataWait:
      return timing.steps == 0 ? none : ms(side.dataWait);
    case Transfer:
      return side.profile.transfer > 0 ? ms(side.profile.transfer) : none;
    case Telemetry:
      return side.profile.telemetry > 0 ? ms(side.profile.telemetry) : none;
    case Memory:
      return side.profile.memory.total() > 0 ? bytesText(static_cast<double>(side.profile.memory.total()))
                                             : none;
    case Metric:
      if (!side.metric) return none;
      return tr("%1 %2").arg(toQString(side.metricName)).arg(*side.metric, 0, 'f', 4);
    case Energy:
      if (!side.joules) return none;
      return tr("%1, %2 W").arg(joulesText(*side.joules)).arg(side.meanWatts.value_or(0), 0, 'f', 1);
    case Utilization:
      return side.utilization ? tr("%1%").arg(100 * *side.utilization, 0, 'f', 0) : none;
    default:
      return targetText(row, k);
  }
}

QString SidesModel::targetText(int row, std::size_t k) const {
  QString none = QStringLiteral("–");
  if (!target_) return none;
  const std::optional<TargetReach>& reached = reached_[k];
  if (!reached) return row == TargetStep && viewModel_->sides[k].begun() ? tr("never") : none;
  switch (row) {
    case TargetStep:
      return wholeCountText(reached->step);
    case TargetTime:
      return tr("%1 s").arg(reached->seconds, 0, 'g', 4);
    case TargetEnergy:
      return reached->joules ? joulesText(*reached->joules) : none;
    case TargetCost:
      return reached->money ? toQString(moneyText(viewModel_->record.tariff, *reached->money)) : none;
    default:
      return {};
  }
}

QString SidesModel::tip(int row, std::size_t k) const {
  const TwinSideRecord& side = viewModel_->record.sides[k];
  switch (row) {
    case State:
      return toQString(side.error);
    case StepTime:
    case Quartiles:
      return viewModel_->live ? tr("Over the last %1 steps, excluding %2 warm-up steps")
                                    .arg(side.timing.steps)
                                    .arg(side.timing.warmUp)
                              : tr("Over %1 steps, excluding the first %2 (warm-up)")
                                    .arg(side.timing.steps)
                                    .arg(side.timing.warmUp);
    case Forecast:
      return tr("Step time predicted from this device's calibration (tandem calibrate); – if there is none");
    case Speed:
      return tr("Relative to %1, with the range given by the quartiles")
          .arg(toQString(viewModel_->record.sides[0].label));
    case DataWait:
      return tr("Time a step waits for the data loader");
    case Transfer:
      return tr(
          "Time to copy a batch to the device, overlapped with the previous step; – for devices that use "
          "host memory");
    case Telemetry:
      return tr("Time a step spends reporting its metrics to the run record and this window");
    case Utilization:
      return tr("Mean of the readings; for a CPU, the share of its cores that this process uses");
    case Memory:
      return memoryTip(side.profile.memory);
    case Energy:
    case TargetEnergy:
      return side.noEnergy.empty()
                 ? tr("As reported by the device (CPU: packages and memory; GPU: the board)")
                 : tr("Not measured: %1").arg(toQString(side.noEnergy));
    case TargetStep:
    case TargetTime:
      return tr("Until the moving average of the loss first reaches the target");
    case TargetCost:
      return tr("Electricity at %1 %2 per kWh, device at %3 %2 per hour")
          .arg(viewModel_->record.tariff.perKwh)
          .arg(toQString(viewModel_->record.tariff.currency))
          .arg(side.pricePerHour);
    default:
      return {};
  }
}

QVariant SidesModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || viewModel_ == nullptr) return {};
  const auto side = static_cast<std::size_t>(index.column());
  switch (role) {
    case Qt::DisplayRole:
      return text(index.row(), side);
    case Qt::ToolTipRole:
      return tip(index.row(), side);
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::ForegroundRole:
      if (index.row() == State && viewModel_->sides[side].state == SideState::Failed)
        return Theme::instance().colors().error;
      return {};
    default:
      return {};
  }
}

QVariant SidesModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (viewModel_ == nullptr) return {};
  if (orientation == Qt::Horizontal) {
    if (section >= columnCount()) return {};
    if (role == Qt::DisplayRole)
      return toQString(viewModel_->record.sides[static_cast<std::size_t>(section)].label);
    if (role == Qt::DecorationRole) return Theme::instance().curve(section);
    return {};
  }
  if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case State:
      return tr("State");
    case Step:
      return tr("Step");
    case Loss:
      return tr("Loss");
    case StepTime:
      return tr("Step time, ms");
    case Forecast:
      return tr("Forecast, ms");
    case Quartiles:
      return tr("Quartiles, ms");
    case Speed:
      return tr("Speed-up");
    case Samples:
      return tr("Samples/s");
    case Forward:
      return tr("Forward, ms");
    case Backward:
      return tr("Backward, ms");
    case Update:
      return tr("Update, ms");
    case DataWait:
      return tr("Data wait, ms");
    case Transfer:
      return tr("Copy to device, ms");
    case Telemetry:
      return tr("Telemetry, ms");
    case Memory:
      return tr("Memory");
    case Metric:
      return tr("Test set");
    case Energy:
      return tr("Energy");
    case Utilization:
      return tr("Utilization");
    case TargetStep:
      return target_ ? tr("Steps to loss %1").arg(*target_, 0, 'g', 3) : tr("Steps to target");
    case TargetTime:
      return tr("Time to target");
    case TargetEnergy:
      return tr("Energy to target");
    case TargetCost:
      return tr("Cost to target");
    default:
      return {};
  }
}

}  // namespace tandem::ui
