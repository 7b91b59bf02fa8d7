#include "ui/window/devices_dialog.h"

#include <QDialogButtonBox>
#include <QLabel>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>

#include "core/runtime/precisions.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

constexpr int kReadMs = 1000;

QString row(const QString& label, const QString& value) {
  return QString("<tr><td>%1&nbsp;&nbsp;&nbsp;</td><td>%2</td></tr>")
      .arg(label.toHtmlEscaped(), value.toHtmlEscaped());
}

QString rows(const std::vector<std::pair<std::string, std::string>>& facts) {
  QString html;
  for (const auto& [label, value] : facts) html += row(toQString(label), toQString(value));
  return html;
}

bool isGpu(const BackendSlot& slot) {
  return slot.backend != nullptr ? slot.backend->name() != "cpu" : slot.file.find("cpu") == std::string::npos;
}

}  // namespace

DevicesDialog::DevicesDialog(const std::vector<BackendSlot>& list, QWidget* parent)
    : QDialog(parent), page_(new QTextBrowser(this)), now_(new QLabel(this)) {
  setObjectName("devicesDialog");
  setWindowTitle(tr("Devices"));
  page_->setObjectName("devicesText");
  page_->setAccessibleName(tr("Devices"));
  page_->setFrameShape(QFrame::NoFrame);
  page_->viewport()->setAutoFillBackground(false);
  page_->setHtml(pageOf(list));
  now_->setObjectName("devicesNow");
  now_->setWordWrap(true);
  now_->setTextFormat(Qt::PlainText);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(page_, 1);
  layout->addWidget(now_);
  layout->addWidget(buttons);
  const int em = fontMetrics().horizontalAdvance('m');
  resize(em * 56, em * 46);
  connect(&timer_, &QTimer::timeout, this, &DevicesDialog::readNow);
  timer_.start(kReadMs);
  readNow();
}

QString DevicesDialog::pageOf(const std::vector<BackendSlot>& list) {
  QString html;
  bool gpu = false;
  for (const BackendSlot& slot : list) {
    gpu = gpu || isGpu(slot);
    if (slot.backend == nullptr) {
      html +=
          QString("<h3>%1</h3><p>%2</p>")
              .arg(toQString(slot.file).toHtmlEscaped(),
                   tr("This backend could not be loaded: %1").arg(toQString(slot.problem).toHtmlEscaped()));
      continue;
    }
    const std::string why = slot.backend->unusable();
    html += QString("<h3>%1</h3>")
                .arg(why.empty() ? tr("Backend %1: ready").arg(toQString(slot.backend->name()))
                                 : tr("Backend %1: unavailable").arg(toQString(slot.backend->name())));
    if (!why.empty()) {
      QString sentence = toQString(why);
      sentence[0] = sentence[0].toUpper();
      html += QString("<p>%1.</p>").arg(sentence.toHtmlEscaped());
    }
    html += "<table>" + rows(slot.backend->facts()) + "</table>";
    for (const DeviceInfo& device : slot.backend->devices()) html += deviceHtml(*slot.backend, device);
  }
  if (!gpu) {
    html +=
        QString("<h3>%1</h3><p>%2</p>")
            .arg(
                tr("GPU: not in this build"),
                tr("This copy of Tandem was built without its GPU backend. CMake builds it if it finds the "
                   "CUDA 13 toolkit (nvcc) and cuDNN 9; running it requires NVIDIA driver 580 or newer. Help > "
                   "Setting up a GPU shows the steps."));
  }
  return html;
}

QString DevicesDialog::deviceHtml(Backend& backend, const DeviceInfo& device) {
  QString html = QString("<h4>%1: %2</h4><table>")
                     .arg(toQString(device.id).toHtmlEscaped(), toQString(device.name).toHtmlEscaped());
  if (!device.usable) html += row(tr("Unavailable"), toQString(device.reason));
  if (device.threads > 0) html += row(tr("Threads"), QString::number(device.threads));
  if (device.totalBytes > 0) {
    html += row(tr("Memory"), tr("%1, %2 free")
                                  .arg(bytesText(static_cast<double>(device.totalBytes)),
                                       bytesText(static_cast<double>(device.freeBytes))));
  }
  for (const PrecisionChoice& choice : precisionChoices(device))
    html += row(toQString(nameOf(choice.precision)), toQString(choice.text));
  const auto known = backend.facts();
  for (const auto& fact : device.facts) {
    // The CPU device repeats the facts of its backend.
    if (std::find(known.begin(), known.end(), fact) == known.end())
      html += row(toQString(fact.first), toQString(fact.second));
  }
  auto sensor = backend.sensor(device.id);
  if (!sensor.ok()) return html + row(tr("No readings"), errorText(sensor.error())) + "</table>";
  for (const SensorGap& gap : (*sensor)->gaps())
    html += row(tr("No reading of %1").arg(toQString(gap.what)), toQString(gap.why));
  readers_.push_back({toQString(device.id), std::move(*sensor)});
  return html + "</table>";
}

void DevicesDialog::readNow() {
  QStringList lines;
  for (const Reader& reader : readers_) {
    QStringList parts;
    for (const auto& [label, value] : readingFacts(reader.sensor->read()))
      parts << QString("%1 %2").arg(toQString(label), toQString(value));
    lines << tr("%1 now: %2").arg(reader.device, parts.isEmpty() ? tr("no readings") : parts.join(", "));
  }
  now_->setText(lines.join('\n'));
}

}  // namespace tandem::ui
