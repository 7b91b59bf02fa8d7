// CardsModel: the table of GPUs that are not in this machine, with the forecast of the project on each of them in one
// precision.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "core/twin/card_forecast.h"

namespace tandem::ui {

class CardsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  static constexpr int kSortRole = Qt::UserRole;
  enum Column {
    Name,
    Step,
    Throughput,
    Bound,
    Needed,
    Memory,
    Bandwidth,
    Rate,
    Power,
    Price,
    Year,
    ColumnCount
  };

  explicit CardsModel(QObject* parent = nullptr);

  // Without times, only what the data sheets say is shown.
  void setCards(std::vector<CardForecast> cards);
  void setPrecision(Precision precision);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  const CardTime* timeOf(const CardForecast& forecast) const;  // nullptr: no forecast
  QString whyNone(const CardForecast& forecast) const;         // empty: it has not been computed
  QString textOf(const CardForecast& forecast, int column) const;
  QVariant sortValueOf(const CardForecast& forecast, int column) const;
  QString tipOf(const CardForecast& forecast, int column) const;

  std::vector<CardForecast> cards_;
  Precision precision_ = Precision::Fp32;
};

}  // namespace tandem::ui
