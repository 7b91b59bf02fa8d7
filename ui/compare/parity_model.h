// ParityModel: the tensors of one comparison of a side with the reference, one row each, ordered by layer.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "core/twin/parity_summary.h"

class QColor;

namespace tandem::ui {

class ParityModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  // Sort keys: numbers instead of their texts.
  static constexpr int kSortRole = Qt::UserRole;
  enum Column { Layer, Tensor, Relative, Verdict, Cosine, Largest, Form, ColumnCount };

  explicit ParityModel(QObject* parent = nullptr);

  // nullptr: no comparison. If the tensors are the same as before, the rows and the selection stay.
  void setParity(std::shared_ptr<const SideParity> parity);
  const std::shared_ptr<const SideParity>& parity() const { return parity_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString text(const TensorParity& tensor, int column) const;
  QVariant sortKey(const TensorParity& tensor, int row, int column) const;
  QString tip(const TensorParity& tensor) const;

  std::shared_ptr<const SideParity> parity_;
};

QString tensorName(const TensorParity& tensor);  // without the layer's name, which has its own column
QString nameOf(Severity severity);               // "bit-identical", "rounding", ...
QColor colorOf(Severity severity);               // of text and lines
QColor backgroundOf(Severity severity);          // behind text

}  // namespace tandem::ui
