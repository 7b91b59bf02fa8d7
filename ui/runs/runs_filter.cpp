#include "ui/runs/runs_filter.h"

#include <algorithm>

namespace tandem::ui {

RunsFilter::RunsFilter(RunsModel& model, QObject* parent) : QSortFilterProxyModel(parent), model_(model) {
  setSourceModel(&model);
  setSortRole(RunsModel::kSortRole);
  setSortLocaleAware(true);
}

void RunsFilter::setWords(const QString& words) {
  words_ = words.split(' ', Qt::SkipEmptyParts);
  invalidateFilter();
}

void RunsFilter::setState(std::optional<RunState> state) {
  state_ = state;
  invalidateFilter();
}

bool RunsFilter::filterAcceptsRow(int row, const QModelIndex&) const {
  const RunSummary* run = model_.runAt(row);
  if (run != nullptr && run->id == training_) return true;
  if (run == nullptr || (state_ && run->state != *state_)) return false;
  if (words_.isEmpty()) return true;
  QString text;
  for (const int column :
       {RunsModel::Name, RunsModel::Tags, RunsModel::Notes, RunsModel::Device, RunsModel::State}) {
    text += RunsModel::text(*run, column) + '\n';
  }
  return std::all_of(words_.begin(), words_.end(),
                     [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

}  // namespace tandem::ui
