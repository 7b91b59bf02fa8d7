#include "ui/evaluate/answers_model.h"

#include <QImage>
#include <QLocale>
#include <QTextDocument>
#include <array>

#include "ui/models/format.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kMaxPictures = 2000;

QString numberOf(double value) {
  return QLocale().toString(value, 'g', 6);
}

}  // namespace

AnswersModel::AnswersModel(QObject* parent) : QAbstractTableModel(parent) {}

void AnswersModel::setSamples(std::shared_ptr<const ModelEvaluation> evaluation, std::size_t target,
                              std::vector<RankedAnswer> samples) {
  beginResetModel();
  evaluation_ = std::move(evaluation);
  target_ = target;
  samples_ = std::move(samples);
  pictures_.clear();
  endResetModel();
}

const TargetAnswers* AnswersModel::answers() const {
  return evaluation_ && target_ < evaluation_->answers.size() ? &evaluation_->answers[target_] : nullptr;
}

bool AnswersModel::hasPictures() const {
  return !samples_.empty() && !picture(samples_.front().sample).isNull();
}

int AnswersModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(samples_.size());
}

int AnswersModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QString AnswersModel::text(const RankedAnswer& sample, int column) const {
  const TargetAnswers& own = *answers();
  const auto value = [&](const std::vector<double>& values) {
    return own.values.perSample == 1 ? numberOf(values[static_cast<std::size_t>(sample.sample)])
                                     : QString("-");
  };
  const auto name = [&](std::int32_t of) {
    return of < 0 ? QString("-") : toQString(own.classes.classes[static_cast<std::size_t>(of)]);
  };
  switch (column) {
    case Sample:
      return QLocale().toString(qlonglong{sample.sample} + 1);
    case Given:
      return own.ofClasses ? name(sample.given) : value(own.values.given);
    case Predicted:
      return own.ofClasses ? name(sample.predicted) : value(own.values.predicted);
    case Probability:
      return own.ofClasses ? QLocale().toString(sample.probability, 'f', 3) : QString("-");
    case Loss:
      return numberOf(sample.loss);
    default:
      return toQString(sampleText(*evaluation_, sample.sample));
  }
}

QPixmap AnswersModel::picture(std::int64_t sample) const {
  if (const auto known = pictures_.find(sample); known != pictures_.end()) return known->second;
  const SamplePicture bytes = samplePicture(*evaluation_, sample);
  QPixmap result;
  if (!bytes.bytes.empty()) {
    QImage image(static_cast<int>(bytes.width), static_cast<int>(bytes.height), QImage::Format_RGB32);
    const auto channels = static_cast<std::size_t>(bytes.channels);
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x) {
        const std::uint8_t* pixel =
            bytes.bytes.data() + static_cast<std::size_t>(y * image.width() + x) * channels;
        image.setPixel(
            x, y, channels >= 3 ? qRgb(pixel[0], pixel[1], pixel[2]) : qRgb(pixel[0], pixel[0], pixel[0]));
      }
    result = QPixmap::fromImage(
        image.scaled(kPicturePixels, kPicturePixels, Qt::KeepAspectRatio, Qt::SmoothTransformation));
  }
  if (pictures_.size() >= kMaxPictures) pictures_.clear();
  return pictures_[sample] = result;
}

QVariant AnswersModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || answers() == nullptr) return {};
  const RankedAnswer& sample = samples_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole:
      return text(sample, column);
    case Qt::ToolTipRole:  // names and texts may look like HTML
      return Qt::convertFromPlainText(text(sample, column));
    case Qt::DecorationRole: {
      if (column != Sample) return {};
      const QPixmap shown = picture(sample.sample);
      return shown.isNull() ? QVariant() : QVariant(shown);
    }
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignVCenter |
                      (column == Probability || column == Loss ? Qt::AlignRight : Qt::AlignLeft));
    default:
      return {};
  }
}

QVariant AnswersModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  const TargetAnswers* const own = answers();
  const bool classes = own == nullptr || own->ofClasses;
  const bool several = own != nullptr && own->ofClasses && own->classes.perSample > 1;
  const std::array<QString, ColumnCount> names{tr("Sample"),
                                               tr("Given"),
                                               tr("Predicted"),
                                               several ? tr("Share") : tr("Probability"),
                                               classes ? tr("Loss") : tr("Squared error"),
                                               tr("Content")};
  const std::array<QString, ColumnCount> tips{
      tr("The position in the evaluated data, from 1"),
      tr("The label of the data"),
      tr("What the network predicts"),
      several
          ? tr("Of the pixels or steps of the sample, those in the cell of the matrix; among the hardest samples, "
               "those predicted correctly")
          : tr("The probability of the predicted class"),
      classes ? tr("The cross-entropy of the sample") : tr("The mean squared error of the sample"),
      tr("The values, the first row of a sequence, or the size of an image")};
  return role == Qt::DisplayRole ? names[static_cast<std::size_t>(section)]
                                 : tips[static_cast<std::size_t>(section)];
}

}  // namespace tandem::ui
