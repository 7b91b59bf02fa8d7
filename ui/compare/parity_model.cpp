#include "ui/compare/parity_model.h"

#include <algorithm>
#include <cmath>

#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {

bool sameTensors(const SideParity& a, const SideParity& b) {
  return std::ranges::equal(a.tensors, b.tensors, [](const TensorParity& x, const TensorParity& y) {
    return x.layer == y.layer && x.tensor == y.tensor && x.kind == y.kind;
  });
}

}  // namespace

QString nameOf(Severity severity) {
  switch (severity) {
    case Severity::Equal:
      return ParityModel::tr("= bit-identical");
    case Severity::Rounding:
      return ParityModel::tr("≈ rounding");
    case Severity::Near:
      return ParityModel::tr("~ near the tolerance");
    case Severity::Beyond:
      return ParityModel::tr("≠ beyond rounding");
  }
  return {};
}

QString tensorName(const TensorParity& tensor) {
  const std::string prefix = tensor.layer + "/";
  return toQString(tensor.tensor.starts_with(prefix) ? tensor.tensor.substr(prefix.size()) : tensor.tensor);
}

QColor colorOf(Severity severity) {
  const ThemeColors& c = Theme::instance().colors();
  return severity == Severity::Beyond ? c.error : severity == Severity::Near ? c.warning : c.success;
}

QColor backgroundOf(Severity severity) {
  const ThemeColors& c = Theme::instance().colors();
  return severity == Severity::Beyond ? c.errorBack
         : severity == Severity::Near ? c.warningBack
                                      : c.successBack;
}

ParityModel::ParityModel(QObject* parent) : QAbstractTableModel(parent) {}

void ParityModel::setParity(std::shared_ptr<const SideParity> parity) {
  if (parity_ && parity && sameTensors(*parity_, *parity)) {
    parity_ = std::move(parity);
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    return;
  }
  beginResetModel();
  parity_ = std::move(parity);
  endResetModel();
}

int ParityModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !parity_ ? 0 : static_cast<int>(parity_->tensors.size());
}

int ParityModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QString ParityModel::text(const TensorParity& tensor, int column) const {
  const TensorDifference& d = tensor.difference;
  switch (column) {
    case Layer:
      return toQString(tensor.layer);
    case Tensor:
      return tensorName(tensor);
    case Form:
      return shapeText(tensor.shape);
    case Relative:
      return differenceText(d.relative);
    case Cosine:
      return QString::number(d.cosine, 'f', 9);
    case Largest:
      return d.nonFinite > 0 ? tr("%1 non-finite").arg(d.nonFinite) : differenceText(d.largest);
    case Verdict:
      return nameOf(severityOf(tensor, parity_->tolerance));
    default:
      return {};
  }
}

QVariant ParityModel::sortKey(const TensorParity& tensor, int row, int column) const {
  switch (column) {
    case Layer:
      return row;  // the order of execution
    case Relative:
      return tensor.difference.relative;
    case Cosine:
      return tensor.difference.cosine;
    case Largest:
      return tensor.difference.nonFinite > 0 ? INFINITY : tensor.difference.largest;
    case Verdict:
      return static_cast<int>(severityOf(tensor, parity_->tolerance));
    default:
      return text(tensor, column);
  }
}

QString ParityModel::tip(const TensorParity& tensor) const {
  const TensorDifference& d = tensor.difference;
  QString tip = tr("%1 of %2, %3\nRelative difference %4, tolerance %5")
                    .arg(toQString(nameOf(tensor.kind)), toQString(tensor.layer), shapeText(tensor.shape),
                         differenceText(d.relative), differenceText(parity_->tolerance));
  if (!tensor.beyondRounding && d.relative > parity_->tolerance)
    tip += tensor.kind == TensorKind::Update
               ? tr("\nThe difference stems from the rounding of the gradients, not from the optimizer.")
               : tr("\nThe tensor is zero up to rounding, so its relative difference is meaningless.");
  return tip;
}

QVariant ParityModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !parity_) return {};
  const TensorParity& tensor = parity_->tensors[static_cast<std::size_t>(index.row())];
  const Severity severity = severityOf(tensor, parity_->tolerance);
  const bool colored = index.column() == Relative || index.column() == Verdict;
  switch (role) {
    case Qt::DisplayRole:
      return text(tensor, index.column());
    case kSortRole:
      return sortKey(tensor, index.row(), index.column());
    case Qt::ToolTipRole:
      return tip(tensor);
    case Qt::TextAlignmentRole:
      if (index.column() == Relative || index.column() == Cosine || index.column() == Largest)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
      return {};
    case Qt::BackgroundRole:
      if (colored && severity != Severity::Equal) return backgroundOf(severity);
      return {};
    default:
      return {};
  }
}

QVariant ParityModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case Layer:
      return tr("Layer");
    case Tensor:
      return tr("Tensor");
    case Form:
      return tr("Shape");
    case Relative:
      return tr("Relative diff.");
    case Cosine:
      return tr("Cosine");
    case Largest:
      return tr("Max. diff.");
    case Verdict:
      return tr("Result");
    default:
      return {};
  }
}

}  // namespace tandem::ui
