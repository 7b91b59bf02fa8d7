// What ParityView does with the selected tensor: reveals its layer, explains its difference, shows its
// values.
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTableView>
#include <QTextBrowser>

#include "ui/compare/parity_view.h"
#include "ui/compare/values_view.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {

int ParityView::selectedTensor() const {
  const QModelIndexList rows = table_->selectionModel()->selectedRows();
  return rows.size() == 1 ? sorted_->mapToSource(rows.front()).row() : -1;
}

void ParityView::selectionChanged() {
  const int row = selectedTensor();
  updateActions();
  if (row < 0 || model_.parity() == nullptr) return;
  const TensorParity& tensor = model_.parity()->tensors[static_cast<std::size_t>(row)];
  const QString name = toQString(tensor.layer + "/" + tensor.tensor);
  if (name == shown_) return;
  shown_ = name;
  if (const auto layer = drawn(tensor.layer)) {
    document_.select({*layer});
    Q_EMIT document_.revealRequested(*layer);
  }
  if (const Cause* known = recordedCause(tensor))
    showCause(*known, {});
  else
    showHint(
        tr("<b>%1</b>, %2").arg(toQString(tensor.layer).toHtmlEscaped(), tensorName(tensor).toHtmlEscaped()) +
        (severityOf(tensor, model_.parity()->tolerance) == Severity::Equal
             ? tr("<br>Bit-equal on both sides.")
         : controller_.canAsk()
             ? tr("<br>Why? explains the difference; Values shows the tensor on both sides.")
             : "<br>" + controller_.whyCannotAsk().toHtmlEscaped()));
}

const Cause* ParityView::recordedCause(const TensorParity& tensor) const {
  for (const TwinCause& cause : viewModel_->record.causes)
    if (cause.side == side() && cause.cause.layer == tensor.layer && cause.cause.tensor == tensor.tensor)
      return &cause.cause;
  return nullptr;
}

void ParityView::updateActions() {
  const bool lockStep = viewModel_ != nullptr && viewModel_->record.mode == TwinMode::LockStep;
  const bool diverges = lockStep && firstDivergence(viewModel_->record.parity, side()).has_value();
  divergence_->setEnabled(diverges);
  divergence_->setToolTip(diverges   ? tr("Go to the first tensor that differs beyond rounding")
                          : lockStep ? tr("No tensor of this side differs beyond rounding")
                                     : tr("A race does not compare tensors"));
  const int row = selectedTensor();
  const bool chosen = row >= 0 && model_.parity() != nullptr;
  const bool known =
      chosen && recordedCause(model_.parity()->tensors[static_cast<std::size_t>(row)]) != nullptr;
  const bool equal = chosen && severityOf(model_.parity()->tensors[static_cast<std::size_t>(row)],
                                          model_.parity()->tolerance) == Severity::Equal;
  const QString refusal = chosen ? controller_.whyCannotAsk() : tr("Select a tensor.");
  const bool pauses = controller_.running() && !controller_.paused();
  why_->setEnabled(chosen && !equal && (known || controller_.canAsk()));
  why_->setToolTip(equal ? tr("The tensor is bit-identical on both sides.")
                   : !why_->isEnabled()
                       ? refusal
                       : tr("Repeat the op that computes this tensor with the kernels and settings of both "
                            "sides, and compare the results with its definition in double precision") +
                             (pauses ? tr("; this pauses the twin run") : QString()));
  values_->setEnabled(chosen && controller_.canAsk());
  values_->setToolTip(!values_->isEnabled() ? refusal
                                            : tr("Show this tensor on both sides and the difference") +
                                                  (pauses ? tr("; this pauses the twin run") : QString()));
  sideBox_->setEnabled(lockStep);
  stepBox_->setEnabled(lockStep && stepBox_->count() > 0);
}

QString ParityView::weightsNote() const {
  if (viewModel_ == nullptr || stepBox_->currentIndex() == stepBox_->count() - 1) return {};
  return tr("With the current weights, not those %1.").arg(stepBox_->currentText());
}

void ParityView::askWhy() {
  const int row = selectedTensor();
  if (row < 0) return;
  const auto tensor = static_cast<std::size_t>(row);
  if (const Cause* known = recordedCause(model_.parity()->tensors[tensor]); known && !controller_.canAsk()) {
    showCause(*known, {});
    return;
  }
  showHint(tr("Repeating the op with the kernels and settings of both sides…"));
  controller_.askCause(*model_.parity(), tensor);
}

void ParityView::askValues() {
  const int row = selectedTensor();
  if (row < 0) return;
  showHint(tr("Reading the tensor from both sides…"));
  valuesView_->setSubject(model_.parity()->tensors[static_cast<std::size_t>(row)],
                          toQString(viewModel_->record.sides[0].label),
                          toQString(viewModel_->record.sides[side()].label));
  controller_.askValues(*model_.parity(), static_cast<std::size_t>(row));
}

void ParityView::showCause(const Cause& cause, const QString& weights) {
  const auto cell = [](const QString& text, bool number = false) {
    return QString("<td%1 style='padding-right:14px'>%2</td>")
        .arg(number ? " align='right'" : "", text.toHtmlEscaped());
  };
  QString html = QString("<p><b>%1, %2</b> (%3)</p><p>%4</p>")
                     .arg(toQString(cause.layer).toHtmlEscaped(), toQString(cause.tensor).toHtmlEscaped(),
                          toQString(cause.op).toHtmlEscaped(), toQString(cause.verdict).toHtmlEscaped());
  if (!weights.isEmpty()) html += QString("<p>%1</p>").arg(weights.toHtmlEscaped());
  html += QString(
              "<table><tr><th align='left'>%1</th><th align='right' style='padding-right:14px'>%2</th>"
              "<th align='right'>%3</th></tr>")
              .arg(tr("Repeated with"), tr("Relative diff. from double precision"), tr("Max. diff."));
  for (const Alternative& each : cause.alternatives) {
    html += "<tr>" + cell(toQString(each.label));
    html += each.refused.empty()
                ? cell(differenceText(each.relative), true) + cell(differenceText(each.largest), true)
                : QString("<td colspan='2'>%1</td>").arg(toQString(each.refused).toHtmlEscaped());
    html += "</tr>";
  }
  cause_->setHtml(html + "</table>");
  detail_->setCurrentWidget(cause_);
}

void ParityView::showHint(const QString& text) {
  hint_->setText(text);
  detail_->setCurrentWidget(hint_);
}

}  // namespace tandem::ui
