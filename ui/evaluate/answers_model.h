// AnswersModel: samples with their given and predicted values, and their pictures.
#pragma once

#include <QAbstractTableModel>
#include <QPixmap>
#include <map>
#include <memory>

#include "core/report/evaluation_job.h"

namespace tandem::ui {

class AnswersModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  static constexpr int kPicturePixels = 48;
  enum Column { Sample, Given, Predicted, Probability, Loss, Content, ColumnCount };

  explicit AnswersModel(QObject* parent = nullptr);

  // target: of evaluation->answers.
  void setSamples(std::shared_ptr<const ModelEvaluation> evaluation, std::size_t target,
                  std::vector<RankedAnswer> samples);
  const std::vector<RankedAnswer>& samples() const { return samples_; }
  bool hasPictures() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  const TargetAnswers* answers() const;
  QString text(const RankedAnswer& sample, int column) const;
  QPixmap picture(std::int64_t sample) const;

  std::shared_ptr<const ModelEvaluation> evaluation_;
  std::size_t target_ = 0;
  std::vector<RankedAnswer> samples_;
  mutable std::map<std::int64_t, QPixmap> pictures_;  // of the rows that were shown
};

}  // namespace tandem::ui
