#include "ui/models/runs_model.h"

#include <QDateTime>
#include <QLocale>
#include <QPainter>
#include <QPixmap>
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

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

QString stateText(RunState state) {
  switch (state) {
    case RunState::Finished:
      return RunsModel::tr("finished");
    case RunState::Stopped:
      return RunsModel::tr("stopped");
    case RunState::Failed:
      return RunsModel::tr("failed");
    case RunState::Interrupted:
      return RunsModel::tr("interrupted");
    case RunState::Running:
      return RunsModel::tr("running");
  }
  return {};
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
  // Both lists are sorted by descending id, so that one pass finds the removed rows and one the new rows.
  bool ticksLost = false;
  for (std::size_t i = runs_.size(), f = fresh.size(); i > 0;) {
    while (f > 0 && fresh[f - 1].id < runs_[i - 1].id) --f;
    std::size_t first = i;  // of a contiguous range of removed runs
    while (first > 0 && (f == 0 || fresh[f - 1].id > runs_[first - 1].id)) --first;
    if (first == i) {
      --i;
      continue;
    }
    beginRemoveRows({}, static_cast<int>(first), static_cast<int>(i) - 1);
    for (std::size_t k = first; k < i; ++k) ticksLost = colors_.erase(runs_[k].id) != 0 || ticksLost;
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(first),
                runs_.begin() + static_cast<std::ptrdiff_t>(i));
    endRemoveRows();
    i = first;
  }
  for (std::size_t i = 0; i < fresh.size();) {
    if (i < runs_.size() && runs_[i].id == fresh[i].id) {
      if (!(runs_[i] == fresh[i])) {
        runs_[i] = std::move(fresh[i]);
        Q_EMIT dataChanged(index(static_cast<int>(i), 0), index(static_cast<int>(i), ColumnCount - 1));
      }
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < fresh.size() && (i == runs_.size() || fresh[end].id > runs_[i].id)) ++end;
    beginInsertRows({}, static_cast<int>(i), static_cast<int>(end) - 1);
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(i),
                 std::make_move_iterator(fresh.begin() + static_cast<std::ptrdiff_t>(i)),
                 std::make_move_iterator(fresh.begin() + static_cast<std::ptrdiff_t>(end)));
    endInsertRows();
    i = end;
  }
  if (ticksLost) Q_EMIT tickedChanged();
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

void RunsModel::setPaused(bool paused) {
  if (std::exchange(paused_, paused) == paused) return;
  if (const int row = rowOf(live_); row >= 0) Q_EMIT dataChanged(index(row, State), index(row, State));
}

int RunsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(runs_.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QString RunsModel::text(const RunSummary& run, int column) {
  switch (column) {
    case Name:
      return toQString(run.name);
    case State:
      return stateText(run.state);
    case Epochs:
      return QString::number(run.epochs);
    case Loss:
      return run.listedLoss() ? QString::number(*run.listedLoss(), 'g', 4) : QString();
    case Metric: {
      if (!run.testMetric) return {};
      const QString name = toQString(run.metricName);
      if (name.contains("accuracy")) return QString("%1%").arg(*run.testMetric * 100, 0, 'f', 2);
      return QString("%1 %2").arg(name).arg(*run.testMetric, 0, 'g', 4);
    }
    case Speed:
      return run.samplesPerSecond > 0 ? QLocale().toString(run.samplesPerSecond, 'f', 0) : QString();
    case Device:
      return run.imported ? tr("%1 (imported)").arg(toQString(run.device)) : toQString(run.device);
    case Tags:
      return toQString(tagsText(run.tags));
    case Notes:
      return toQString(run.notes).simplified();
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
    case Loss:
      return run.listedLoss() ? QVariant(*run.listedLoss()) : QVariant();
    case Metric:
      return run.testMetric ? QVariant(*run.testMetric) : QVariant();
    case Speed:
      return run.samplesPerSecond;
    case Started:
      return QVariant::fromValue(qint64{run.id});  // ids are assigned in the order of starts
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
    case Qt::EditRole:
      if (column == Notes) return toQString(run->notes);  // with its line breaks
      return text(*run, column);
    case Qt::DisplayRole:
      if (column == State && paused_ && run->id == live_ && run->state == RunState::Running)
        return tr("paused");
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
      if (column == State && run->state == RunState::Failed) return Theme::instance().colors().error;
      return {};
    case Qt::ToolTipRole: {
      QString tip = QString("<b>%1</b>").arg(toQString(run->name).toHtmlEscaped());
      if (!run->notes.empty()) tip += "<br>" + toQString(run->notes).toHtmlEscaped().replace('\n', "<br>");
      if (!run->error.empty()) tip += "<br>" + toQString(run->error).toHtmlEscaped();
      const auto details =
          store_.info(run->id);  // read on demand, because the list may have thousands of runs
      if (!details.ok()) return tip;
      for (const auto& [label, value] : details->environment) {
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
        QT_TR_NOOP("Test"), QT_TR_NOOP("Samples/s"), QT_TR_NOOP("Device"), QT_TR_NOOP("Started"),
        QT_TR_NOOP("Tags"), QT_TR_NOOP("Notes")};
    return tr(titles[section]);
  }
  if (role == Qt::ToolTipRole) {
    if (section == Name)
      return tr("Tick a run to overlay its curves on the plots. Double-click to rename it.");
    if (section == Loss) return tr("On the validation set, or on the training set if there is none");
    if (section == Tags) return tr("Words for finding runs, separated by commas. Double-click to edit.");
    if (section == Notes) return tr("Double-click to edit.");
    if (section == Metric) return tr("First metric on the test set");
  }
  return {};
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const {
  Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  const RunSummary* run = index.isValid() ? runAt(index.row()) : nullptr;
  if (run == nullptr) return flags;
  const int column = index.column();
  if (column == Name || column == Tags || column == Notes) flags |= Qt::ItemIsEditable;
  if (column == Name && run->id != live_) flags |= Qt::ItemIsUserCheckable;
  return flags;
}

Status RunsModel::store(const RunSummary& run, int column, const QString& text) {
  const std::string value = text.toStdString();
  if (column == Name) return store_.rename(run.id, value);
  if (column == Tags) return store_.setTags(run.id, value);
  return store_.setNotes(run.id, value);
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const RunSummary* run = index.isValid() ? runAt(index.row()) : nullptr;
  if (run == nullptr || !(flags(index) & Qt::ItemIsEditable)) return false;
  if (role == Qt::EditRole) {
    const QString text = value.toString().trimmed();
    if ((index.column() == Name && text.isEmpty()) || text == data(index, Qt::EditRole).toString())
      return false;
    if (const Status stored = store(*run, index.column(), text); !stored.ok()) {
      Q_EMIT failed(stored.error());
      return false;
    }
    const auto now = store_.info(run->id);  // as normalized by the store
    if (!now.ok()) return false;
    runs_[static_cast<std::size_t>(index.row())] = *now;
    Q_EMIT dataChanged(index, index);
    if (index.column() == Name && colors_.count(now->id) != 0) Q_EMIT tickedChanged();
    return true;
  }
  if (role != Qt::CheckStateRole || index.column() != Name || run->id == live_) return false;
  if (value.toInt() == Qt::Checked) {
    tick(run->id);
  } else {
    colors_.erase(run->id);
  }
  Q_EMIT dataChanged(index, index);
  Q_EMIT tickedChanged();
  return true;
}

// Assigns the lowest colour that no other ticked run has; 0 is reserved for the live run.
void RunsModel::tick(std::int64_t id) {
  std::set<int> used;
  for (const auto& [other, color] : colors_) used.insert(color);
  int color = 1;
  while (used.count(color) != 0) ++color;
  colors_.emplace(id, color);
}

void RunsModel::setTicked(const std::vector<std::int64_t>& ids) {
  std::erase_if(colors_, [&](const auto& entry) {
    return std::find(ids.begin(), ids.end(), entry.first) == ids.end();
  });
  for (const std::int64_t id : ids) {
    if (id != live_ && rowOf(id) >= 0) tick(id);
  }
  if (!runs_.empty()) Q_EMIT dataChanged(index(0, Name), index(rowCount() - 1, Name));
  Q_EMIT tickedChanged();
}

}  // namespace tandem::ui
