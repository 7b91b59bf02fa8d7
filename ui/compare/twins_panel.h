// TwinsPanel: lists the saved twin runs, to open or delete them.
#pragma once

#include <QAbstractTableModel>
#include <QThreadPool>
#include <QWidget>

#include "core/twin/twin_store.h"

class QAction;
class QStackedWidget;
class QTableView;

namespace tandem::ui {

class TwinsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Name, Started, Mode, Sides, ColumnCount };

  using QAbstractTableModel::QAbstractTableModel;
  void setTwins(std::vector<TwinInfo> twins);
  const TwinInfo* at(int row) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<TwinInfo> twins_;
};

class TwinsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit TwinsPanel(TwinStore store, QWidget* parent = nullptr);

  void refresh();  // reads the folder on a worker thread
  TwinsModel& model() { return model_; }

 Q_SIGNALS:
  void openRequested(const QString& file);
  void failed(const tandem::Error& error);

 private:
  void updateActions();
  std::vector<TwinInfo> selected() const;
  void openSelected();
  void deleteSelected();

  TwinStore store_;
  TwinsModel model_;
  int reading_ = 0;  // number of the last refresh; results of earlier ones are outdated
  QStackedWidget* stack_;
  QTableView* table_;
  QAction* open_;
  QAction* delete_;
  QThreadPool pool_;  // last member: its destructor waits for tasks that use the others
};

QString startedText(const std::string& started);  // "20 Nov 2026 08:30", in local time

}  // namespace tandem::ui
