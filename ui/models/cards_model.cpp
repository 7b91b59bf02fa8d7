#include "ui/models/cards_model.h"

#include <QLocale>
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/runtime/precisions.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

constexpr double kMilli = 1e3, kGibi = 1 << 30, kGiga = 1e-9, kTera = 1e-12;
QString none() {
  return QStringLiteral("–");
}

QString numberText(double value) {
  return QLocale().toString(value, 'g', 3);
}

// "0.31 – 1.2"
QString rangeText(const QString& low, const QString& high) {
  return QStringLiteral("%1 – %2").arg(low, high);
}

QString wholeOrNone(double value, const QString& unit) {
  return value > 0 ? QLocale().toString(value, 'f', 0) + unit : none();
}

QString boundText(const std::string& bound) {
  if (bound == "compute") return CardsModel::tr("compute");
  return bound == "memory" ? CardsModel::tr("memory bandwidth") : CardsModel::tr("launches");
}

}  // namespace

CardsModel::CardsModel(QObject* parent) : QAbstractTableModel(parent) {}

void CardsModel::setCards(std::vector<CardForecast> cards) {
  beginResetModel();
  cards_ = std::move(cards);
  endResetModel();
}

void CardsModel::setPrecision(Precision precision) {
  beginResetModel();  // the order may change
  precision_ = precision;
  endResetModel();
}

int CardsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(cards_.size());
}

int CardsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

const CardTime* CardsModel::timeOf(const CardForecast& forecast) const {
  const auto time = std::ranges::find(forecast.times, precision_, &CardTime::precision);
  return time == forecast.times.end() || !time->problem.empty() ? nullptr : &*time;
}

QString CardsModel::whyNone(const CardForecast& forecast) const {
  if (!forecast.problem.empty()) return toQString(forecast.problem);
  const auto time = std::ranges::find(forecast.times, precision_, &CardTime::precision);
  if (time != forecast.times.end()) return toQString(time->problem);
  DeviceInfo device;
  device.precisions = gpuPrecisions(forecast.card.capability);
  for (const PrecisionChoice& choice : precisionChoices(device))
    if (choice.precision == precision_ && !choice.offered) return precisionTip(choice);
  return {};
}

QString CardsModel::textOf(const CardForecast& forecast, int column) const {
  const Card& card = forecast.card;
  const CardTime* time = timeOf(forecast);
  const auto batch = static_cast<double>(forecast.batch);
  switch (column) {
    case Name:
      return toQString(card.name);
    case Step:
      if (time == nullptr) return whyNone(forecast).isEmpty() ? none() : tr("unavailable");
      return rangeText(numberText(kMilli * time->fastest), numberText(kMilli * time->slowest));
    case Throughput:
      if (time == nullptr) return none();
      return rangeText(countText(static_cast<std::int64_t>(batch / time->slowest)),
                       countText(static_cast<std::int64_t>(batch / time->fastest)));
    case Bound:
      return time != nullptr ? boundText(time->bound) : none();
    case Needed: {
      if (time == nullptr) return none();
      QString bytes = bytesText(static_cast<double>(time->memory.total()));
      if (time->fits) return bytes;
      return time->largestBatch > 0
                 ? tr("%1 (batch size %2 fits)").arg(bytes, wholeCountText(time->largestBatch))
                 : tr("%1 (does not fit)").arg(bytes);
    }
    case Memory:
      return tr("%1 GB").arg(numberText(card.memoryBytes / kGibi));
    case Bandwidth:
      return tr("%1 GB/s").arg(QLocale().toString(kGiga * card.bandwidth, 'f', 0));
    case Rate: {
      const double flops = card.flops(precision_);
      return flops > 0 ? QLocale().toString(kTera * flops, 'g', 4) : none();
    }
    case Power:
      return wholeOrNone(card.watts, tr(" W"));
    case Price:
      if (card.price <= 0) return none();
      return tr("$%1 (%2)").arg(QLocale().toString(card.price, 'f', 0), toQString(card.priceDate));
    default:
      return card.year > 0 ? QString::number(card.year) : none();
  }
}

QVariant CardsModel::sortValueOf(const CardForecast& forecast, int column) const {
  constexpr double kLast = std::numeric_limits<double>::infinity();
  const Card& card = forecast.card;
  const CardTime* time = timeOf(forecast);
  switch (column) {
    case Step:
      return time != nullptr ? time->typical() : kLast;
    case Throughput:
      return time != nullptr ? static_cast<double>(forecast.batch) / time->typical() : 0.0;
    case Needed:
      return time != nullptr ? static_cast<double>(time->memory.total()) : kLast;
    case Memory:
      return card.memoryBytes;
    case Bandwidth:
      return card.bandwidth;
    case Rate:
      return card.flops(precision_);
    case Power:
      return card.watts > 0 ? card.watts : kLast;
    case Price:
      return card.price > 0 ? card.price : kLast;
    case Year:
      return card.year;
    default:
      return textOf(forecast, column);
  }
}

QString CardsModel::tipOf(const CardForecast& forecast, int column) const {
  const CardTime* time = timeOf(forecast);
  if (column == Memory)
    return tr("A program can use about %1").arg(bytesText(static_cast<double>(forecast.card.usableBytes())));
  if (time == nullptr) return column == Name || column == Step ? whyNone(forecast) : QString();
  if (column == Needed)
    return tr("%1 of it for the driver and libraries")
        .arg(bytesText(static_cast<double>(time->memory.context)));
  return {};
}

QVariant CardsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= ColumnCount) return {};
  const CardForecast& forecast = cards_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole:
      return textOf(forecast, column);
    case kSortRole:
      return sortValueOf(forecast, column);
    case Qt::ToolTipRole:
      return tipOf(forecast, column);
    case Qt::TextAlignmentRole:
      return QVariant(Qt::AlignVCenter |
                      (column == Name || column == Bound ? Qt::AlignLeft : Qt::AlignRight));
    default:
      return {};
  }
}

QVariant CardsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
  const std::array<QString, ColumnCount> names{
      tr("Card"),      tr("Step (ms)"), tr("Samples/s"), tr("Limited by"), tr("Needed"), tr("Memory"),
      tr("Bandwidth"), tr("TFLOP/s"),   tr("Power"),     tr("Price"),      tr("Year")};
  const std::array<QString, ColumnCount> tips{
      tr("The GPU"),
      tr("Time of a training step: from the fast to the slow end of the forecast"),
      tr("Training samples per second"),
      tr("What takes most of a step: arithmetic, the memory's bandwidth or the launches of kernels"),
      tr("Memory that training needs, with the driver and its libraries"),
      tr("Memory of the card"),
      tr("How fast the card reads and writes its memory"),
      tr("Rate of matrix products in the chosen precision"),
      tr("Power of the board under load"),
      tr("List price in US dollars and its month"),
      tr("Year of the launch")};
  const auto column = static_cast<std::size_t>(section);
  if (role == Qt::DisplayRole) return names[column];
  if (role == Qt::ToolTipRole) return tips[column];
  if (role == Qt::TextAlignmentRole)
    return QVariant(Qt::AlignVCenter |
                    (section == Name || section == Bound ? Qt::AlignLeft : Qt::AlignRight));
  return {};
}

}  // namespace tandem::ui
