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

// "1.82", "116", "0.0086": a GPU that is a hundred times slower than the CPU on a tiny network is no 0.01.
QString times(double ratio) {
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

// The columns of a record are whole at its end.
void SidesModel::reachTarget() {
  target_.reset();
  reached_.clear();
  if (viewModel_ == nullptr) return;
  const TwinRecord& record = viewModel_->record;
  reached_.resize(record.sides.size());
  if (viewModel_->live || record.mode != "race") return;
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
  return viewModel_->record.mode == "race" ? RowCount : Energy;
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
      return side.forecast > 0 ? ms(side.forecast) : none;
    case Quartiles:
      if (timing.steps == 0) return none;
      return timing.unsteady() ? tr("%1 to %2 (unsteady)").arg(ms(timing.low), ms(timing.high))
                               : tr("%1 to %2").arg(ms(timing.low), ms(timing.high));
    case Speed: {
      if (k == 0) return tr("1 (reference)");
      const SpeedUp speed = speedUp(viewModel_->record, k);
      if (speed.ratio <= 0) return none;
      return tr("%1× (%2 to %3)").arg(times(speed.ratio), times(speed.low), times(speed.high));
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
      if (side.metric < 0) return none;
      return tr("%1 %2").arg(toQString(side.metricName)).arg(side.metric, 0, 'f', 4);
    case Energy:
      return side.joules < 0 ? none
                             : tr("%1, %2 W").arg(joulesText(side.joules)).arg(side.meanWatts, 0, 'f', 1);
    case Utilization:
      return side.utilization < 0 ? none : tr("%1 %").arg(100 * side.utilization, 0, 'f', 0);
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
      return viewModel_->live ? tr("Of the last %1 steps; %2 were left out as warm-up")
                                    .arg(side.timing.steps)
                                    .arg(side.timing.warmUp)
                              : tr("Of %1 steps; the first %2 were left out as warm-up")
                                    .arg(side.timing.steps)
                                    .arg(side.timing.warmUp);
    case Forecast:
      return tr("Of a step, from this device's calibration (tandem calibrate); – where there is none");
    case Speed:
      return tr("How many times as fast as %1, and from which to which the quartiles allow")
          .arg(toQString(viewModel_->record.sides[0].label));
    case DataWait:
      return tr("What a step waits for the loader to have its batch ready");
    case Transfer:
      return tr(
          "The copy of a batch to the device, beside the step before it; – where the device computes in "
          "the host's memory");
    case Telemetry:
      return tr("What a step spends on telling its figures to the record and to this window");
    case Utilization:
      return tr("Mean of the readings: of a CPU, this process over its cores");
    case Memory:
      return memoryTip(side.profile.memory);
    case Energy:
    case TargetEnergy:
      return side.noEnergy.empty() ? tr("What the device itself reports (a CPU: its packages and their "
                                        "memory; a GPU: its board)")
                                   : tr("Not measured: %1").arg(toQString(side.noEnergy));
    case TargetStep:
    case TargetTime:
      return tr("Where the moving average of the loss is first there");
    case TargetCost:
      return tr("Electricity at %1 %2 a kWh, the device at %3 %2 an hour")
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
      return tr("ms a step");
    case Forecast:
      return tr("Forecast, ms");
    case Quartiles:
      return tr("Quartiles, ms");
    case Speed:
      return tr("Speed");
    case Samples:
      return tr("Samples a second");
    case Forward:
      return tr("Forward, ms");
    case Backward:
      return tr("Backward, ms");
    case Update:
      return tr("Update, ms");
    case DataWait:
      return tr("Waits for data, ms");
    case Transfer:
      return tr("Copy to device, ms");
    case Telemetry:
      return tr("Telemetry, ms");
    case Memory:
      return tr("Memory");
    case Metric:
      return tr("On the test part");
    case Energy:
      return tr("Energy");
    case Utilization:
      return tr("Utilization");
    case TargetStep:
      return target_ ? tr("To loss %1: step").arg(*target_, 0, 'g', 3) : tr("To the target: step");
    case TargetTime:
      return tr("… time");
    case TargetEnergy:
      return tr("… energy");
    case TargetCost:
      return tr("… cost");
    default:
      return {};
  }
}

}  // namespace tandem::ui
