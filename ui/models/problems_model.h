// The document's problems as a table: layer, message, fix.
#pragma once

#include <QAbstractTableModel>

#include "ui/models/project_document.h"

namespace tandem::ui {

class ProblemsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Where, Message, Repair, ColumnCount };
  enum Role { LayerRole = Qt::UserRole };  // id; 0: the network

  explicit ProblemsModel(ProjectDocument& document, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  const Problem& problem(int row) const { return problems_[static_cast<std::size_t>(row)]; }

 private:
  void refresh();

  ProjectDocument& document_;
  std::vector<Problem> problems_;
};

}  // namespace tandem::ui
