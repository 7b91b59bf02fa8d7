#include "ui/models/runs_model.h"

#include <QDateTime>
#include <QLocale>
#include <QPainter>
#include <QPixmap>
#include <algorithm>
#include <cmath>

#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

QPixmap swatch(const QColor& color) {
  QPixmap pixmap(12, 12);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawRoundedRect(QRectF(1, 1, 10, 10), 2, 2);
  return pixmap;
}

QString stateText(const std::string& state) {
  if (state == "finished") return RunsModel::tr("finished");
  if (state == "stopped") return RunsModel::tr("stopped");
  if (state == "failed") return RunsModel::tr("failed");
  if (state == "running") return RunsModel::tr("running");
  if (state == "interrupted") return RunsModel::tr("interrupted");
  return toQString(state);
}

QString startedText(const std::string& iso) {
  const QDateTime time = QDateTime::fromString(toQString(iso), Qt::ISODate).toLocalTime();
  if (!time.isValid()) return toQString(iso);
  const QDate today = QDate::currentDate();
  return time.date() == today ? time.toString("HH:mm:ss") : time.toString("yyyy-MM-dd HH:mm");
}

}  // namespace

RunsModel::RunsModel(RunStore& store, QObject* parent) : QAbstractTableModel(parent), store_(store) {}

Status RunsModel::refresh() {
  TANDEM_ASSIGN(std::vector<RunSummary> fresh, store_.list());
  const auto holds = [](const std::vector<RunSummary>& runs, std::int64_t id) {
    return std::any_of(runs.begin(), runs.end(), [id](const RunSummary& run) { return run.id == id; });
  };
  for (int row = rowCount() - 1; row >= 0; --row) {
    const std::int64_t id = runs_[static_cast<std::size_t>(row)].id;
    if (holds(fresh, id)) continue;
    beginRemoveRows({}, row, row);
    runs_.erase(runs_.begin() + row);
    endRemoveRows();
    if (colors_.erase(id) != 0) Q_EMIT tickedChanged();
  }
  // What is left keeps its order in the fresh list, so insertions alone make the two equal.
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (i < runs_.size() && runs_[i].id == fresh[i].id) {
      runs_[i] = std::move(fresh[i]);
      continue;
    }
    beginInsertRows({}, static_cast<int>(i), static_cast<int>(i));
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(i), std::move(fresh[i]));
    endInsertRows();
  }
  if (!runs_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
  return success();
}

const RunSummary* RunsModel::runAt(int row) const {
  return row >= 0 && row < rowCount() ? &runs_[static_cast<std::size_t>(row)] : nullptr;
}

int RunsModel::rowOf(std::int64_t id) const {
  const auto it =
      std::find_if(runs_.begin(), runs_.end(), [id](const RunSummary& run) { return run.id == id; });
  return it == runs_.end() ? -1 : static_cast<int>(it - runs_.begin());
}

std::vector<std::pair<std::int64_t, int>> RunsModel::ticked() const {
  std::vector<std::pair<std::int64_t, int>> result;
  for (const RunSummary& run : runs_) {
    if (const auto it = colors_.find(run.id); it != colors_.end()) result.emplace_back(run.id, it->second);
  }
  return result;
}

void RunsModel::setLiveRun(std::int64_t id) {
  live_ = id;
  if (!runs_.empty()) Q_EMIT dataChanged(index(0, Name), index(rowCount() - 1, Name));
}

int RunsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(runs_.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QString RunsModel::text(const RunSummary& run, int column) const {
  switch (column) {
    case Name:
      return toQString(run.name);
    case State:
      return stateText(run.state);
    case Epochs:
      return QString::number(run.epochs);
    case Loss:
      if (!std::isnan(run.validationLoss)) return QString::number(run.validationLoss, 'g', 4);
      return std::isnan(run.trainLoss) ? QString() : QString::number(run.trainLoss, 'g', 4);
    case Metric: {
      if (run.testMetric < 0) return {};
      const QString name = toQString(run.metricName);
      if (name.contains("accuracy")) return QString("%1 %").arg(run.testMetric * 100, 0, 'f', 2);
      return QString("%1 %2").arg(name).arg(run.testMetric, 0, 'g', 4);
    }
    case Speed:
      return run.samplesPerSecond > 0 ? QLocale().toString(run.samplesPerSecond, 'f', 0) : QString();
    case Device:
      return toQString(run.device);
    case Started:
      return startedText(run.started);
    default:
      return {};
  }
}

QVariant RunsModel::sortKey(const RunSummary& run, int column) const {
  switch (column) {
    case Epochs:
      return run.epochs;
    case Loss: {
      const double loss = std::isnan(run.validationLoss) ? run.trainLoss : run.validationLoss;
      return std::isnan(loss) ? QVariant() : QVariant(loss);
    }
    case Metric:
      return run.testMetric < 0 ? QVariant() : QVariant(run.testMetric);
    case Speed:
      return run.samplesPerSecond;
    case Started:
      return QVariant::fromValue(qint64{run.id});  // ids grow in the order of starts
    default:
      return text(run, column);
  }
}

QVariant RunsModel::data(const QModelIndex& index, int role) const {
  const RunSummary* run = index.isValid() ? runAt(index.row()) : nullptr;
  if (run == nullptr) return {};
  const int column = index.column();
  const bool number = column == Epochs || column == Loss || column == Metric || column == Speed;
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
      return text(*run, column);
    case kSortRole:
      return sortKey(*run, column);
    case Qt::TextAlignmentRole:
      return static_cast<int>((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::CheckStateRole:
      if (column != Name) return {};
      return run->id == live_ || colors_.count(run->id) != 0 ? Qt::Checked : Qt::Unchecked;
    case Qt::DecorationRole: {
      if (column != Name) return {};
      if (run->id == live_) return swatch(Theme::instance().curve(0));
      const auto it = colors_.find(run->id);
      return it == colors_.end() ? QVariant() : QVariant(swatch(Theme::instance().curve(it->second)));
    }
    case Qt::ForegroundRole:
      if (column == State && run->state == "failed") return Theme::instance().colors().error;
      return {};
    case Qt::ToolTipRole: {
      QString tip = QString("<b>%1</b>").arg(toQString(run->name).toHtmlEscaped());
      if (!run->error.empty()) tip += "<br>" + toQString(run->error).toHtmlEscaped();
      const auto whole = store_.info(run->id);  // read when asked for: a list of thousands does without
      if (!whole.ok()) return tip;
      for (const auto& [label, value] : whole->environment) {
        tip += QString("<br>%1: %2").arg(toQString(label).toHtmlEscaped(), toQString(value).toHtmlEscaped());
      }
      return tip;
    }
    default:
      return {};
  }
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
  if (role == Qt::DisplayRole) {
    static const char* const titles[ColumnCount] = {
        QT_TR_NOOP("Run"),  QT_TR_NOOP("State"),     QT_TR_NOOP("Epochs"), QT_TR_NOOP("Loss"),
        QT_TR_NOOP("Test"), QT_TR_NOOP("Samples/s"), QT_TR_NOOP("Device"), QT_TR_NOOP("Started")};
    return tr(titles[section]);
  }
  if (role == Qt::ToolTipRole) {
    if (section == Name) return tr("Tick a run to lay its curves over the plots. Double click renames it.");
    if (section == Loss) return tr("On the validation part; on the training part where there is none");
    if (section == Metric) return tr("First metric on the test part");
  }
  return {};
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const {
  Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  const RunSummary* run = index.isValid() ? runAt(index.row()) : nullptr;
  if (run != nullptr && index.column() == Name) {
    flags |= Qt::ItemIsEditable;
    if (run->id != live_) flags |= Qt::ItemIsUserCheckable;
  }
  return flags;
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const RunSummary* run = index.isValid() ? runAt(index.row()) : nullptr;
  if (run == nullptr || index.column() != Name) return false;
  if (role == Qt::EditRole) {
    const QString name = value.toString().trimmed();
    if (name.isEmpty() || name == toQString(run->name)) return false;
    const Status renamed = store_.rename(run->id, name.toStdString());
    if (!renamed.ok()) {
      Q_EMIT failed(renamed.error());
      return false;
    }
    runs_[static_cast<std::size_t>(index.row())].name = name.toStdString();
    Q_EMIT dataChanged(index, index);
    if (colors_.count(run->id) != 0) Q_EMIT tickedChanged();
    return true;
  }
  if (role != Qt::CheckStateRole || run->id == live_) return false;
  if (value.toInt() == Qt::Checked) {
    // The lowest colour that no other ticked run has; 0 is the live run's.
    int color = 1;
    while (std::any_of(colors_.begin(), colors_.end(),
                       [&](const auto& entry) { return entry.second == color; })) {
      ++color;
    }
    colors_[run->id] = color;
  } else {
    colors_.erase(run->id);
  }
  Q_EMIT dataChanged(index, index);
  Q_EMIT tickedChanged();
  return true;
}

}  // namespace tandem::ui
