// RunsFilter: filters and sorts the runs of the list.
#pragma once

#include <QSortFilterProxyModel>
#include <QStringList>
#include <optional>

#include "ui/models/runs_model.h"

namespace tandem::ui {

class RunsFilter : public QSortFilterProxyModel {
  Q_OBJECT

 public:
  explicit RunsFilter(RunsModel& model, QObject* parent = nullptr);

  // Every word must occur in the name, tags, notes, device or state, ignoring case.
  void setWords(const QString& words);
  void setTraining(std::int64_t id) { training_ = id, invalidateFilter(); }  // always shown; 0: none
  void setState(std::optional<RunState> state);                              // nothing: all

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

 private:
  RunsModel& model_;
  QStringList words_;
  std::optional<RunState> state_;
  std::int64_t training_ = 0;
};

}  // namespace tandem::ui
