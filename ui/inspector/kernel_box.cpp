#include "ui/inspector/kernel_box.h"

#include <QLabel>
#include <QStringList>
#include <QVBoxLayout>

#include "core/compile/compile.h"
#include "core/network/repeat.h"
#include "ui/models/forecast_model.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

// "conv2d: onednn, bf16 (reason for the precision)", and a line for each rejected kernel.
QString lineOf(const KernelUse& use) {
  QString line = QStringLiteral("%1: <b>%2</b>, %3")
                     .arg(toQString(use.op).toHtmlEscaped(), toQString(use.choice.text()).toHtmlEscaped(),
                          toQString(use.precision.text).toHtmlEscaped());
  if (!use.precision.why.empty()) line += " (" + toQString(use.precision.why).toHtmlEscaped() + ")";
  for (const Refusal& refusal : use.choice.refusals)
    line += QStringLiteral("<br>&nbsp;&nbsp;&nbsp;") +
            KernelBox::tr("rejected %1: %2")
                .arg(toQString(refusal.kernel).toHtmlEscaped(), toQString(refusal.reason).toHtmlEscaped());
  return line;
}

// Returns the distinct lines of all repetitions of a layer.
QStringList linesOf(const Network& network, LayerId id, const PhasePlan& phase, Precision precision) {
  QStringList lines;
  for (const KernelUse& use : kernelsOf(phase, precision)) {
    if (use.choice.kernel == "view" || drawnLayer(network, use.layer) != id) continue;
    if (const QString line = lineOf(use); !lines.contains(line)) lines += line;
  }
  return lines;
}

}  // namespace

KernelBox::KernelBox(const ProjectDocument& document, const ForecastModel& model, QWidget* parent)
    : QWidget(parent), document_(document), model_(model), text_(new QLabel) {
  setObjectName("kernelBox");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 0, 12, 12);
  layout->setSpacing(8);
  layout->addWidget(sectionLabel(tr("Kernels")));
  text_->setObjectName("kernelText");
  text_->setAccessibleName(tr("Kernels of this layer"));
  text_->setToolTip(
      tr("The kernel and precision of each op on the project's device, and why preferred kernels were "
         "rejected"));
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::RichText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  layout->addWidget(text_);
  connect(&model, &ForecastModel::changed, this, &KernelBox::refresh);
}

void KernelBox::setLayer(LayerId id) {
  if (id == id_) return;
  id_ = id;
  refresh();
}

void KernelBox::refresh() {
  text_->setText(textOf());
}

QString KernelBox::textOf() const {
  if (model_.forecasts().empty()) return tr("The kernels appear here once the network has no problems.");
  const DeviceForecast& own = model_.forecasts().front();
  if (own.plan == nullptr) return own.problem.toHtmlEscaped();
  QStringList parts;
  for (const Phase phase : {Phase::Train, Phase::Evaluate}) {
    const QStringList lines =
        linesOf(document_.network(), id_, own.plan->phase(phase), own.options.precision);
    if (lines.isEmpty()) continue;
    parts += (phase == Phase::Train ? tr("Training on %1:") : tr("Evaluation on %1:"))
                 .arg(own.device.toHtmlEscaped());
    parts += lines;
  }
  if (parts.isEmpty())
    return tr(
        "No separate kernel: there is nothing to compute, or another layer's "
        "kernel includes it.");
  return parts.join("<br>");
}

}  // namespace tandem::ui
