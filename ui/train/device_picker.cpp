#include "ui/train/device_picker.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStandardItemModel>
#include <algorithm>
#include <functional>

#include "ui/models/format.h"
#include "ui/models/project_document.h"

namespace tandem::ui {
namespace {

QString labelOf(const DeviceInfo& device) {
  QString label = device.threads > 0 ? DevicePicker::tr("CPU") : toQString(device.name);
  if (device.threads == 0 && device.totalBytes > 0) {
    label += DevicePicker::tr(" · %1 of %2 free")
                 .arg(bytesText(static_cast<double>(device.freeBytes)),
                      bytesText(static_cast<double>(device.totalBytes)));
  }
  return device.usable ? label : DevicePicker::tr("%1 (cannot be used)").arg(label);
}

QString tipOf(const DeviceInfo& device) {
  QString tip = QString("<b>%1</b>").arg(toQString(device.name).toHtmlEscaped());
  if (!device.usable) tip += QString("<br>%1").arg(toQString(device.reason).toHtmlEscaped());
  if (device.totalBytes > 0) {
    tip += DevicePicker::tr("<br>Memory: %1").arg(bytesText(static_cast<double>(device.totalBytes)));
  }
  for (const auto& [label, value] : device.facts) {
    tip += QString("<br>%1: %2").arg(toQString(label).toHtmlEscaped(), toQString(value).toHtmlEscaped());
  }
  return tip;
}

// Tells before its list is shown, so that what stands there is of now.
class DeviceBox : public QComboBox {
 public:
  DeviceBox(std::function<void()> opened, QWidget* parent) : QComboBox(parent), opened_(std::move(opened)) {}
  void showPopup() override {
    opened_();
    QComboBox::showPopup();
  }

 private:
  std::function<void()> opened_;
};

}  // namespace

DevicePicker::DevicePicker(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(4, 0, 4, 0);
  devicesBox_ = new DeviceBox([this] { Q_EMIT opened(); }, this);
  devicesBox_->setObjectName("deviceBox");
  devicesBox_->setAccessibleName(tr("Device"));
  devicesBox_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  threads_ = new QSpinBox(this);
  threads_->setObjectName("threadsSpin");
  threads_->setAccessibleName(tr("Threads"));
  threads_->setToolTip(tr("Threads that compute. Fewer leave cores for other work."));
  threads_->setKeyboardTracking(false);
  precisionBox_ = new QComboBox(this);
  precisionBox_->setObjectName("precisionBox");
  precisionBox_->setAccessibleName(tr("Precision"));
  precisionBox_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  row->addWidget(devicesBox_);
  row->addWidget(precisionBox_);
  row->addWidget(threads_);
  connect(devicesBox_, &QComboBox::activated, this, &DevicePicker::writeDocument);
  connect(precisionBox_, &QComboBox::activated, this, &DevicePicker::writeDocument);
  connect(threads_, &QSpinBox::valueChanged, this, &DevicePicker::writeDocument);
  connect(&document, &ProjectDocument::trainingChanged, this, &DevicePicker::showDocument);
  connect(&document, &ProjectDocument::projectReplaced, this, &DevicePicker::showDocument);
}

void DevicePicker::setDevices(std::vector<DeviceInfo> devices) {
  devices_ = std::move(devices);
  const QSignalBlocker quiet(devicesBox_);
  devicesBox_->clear();
  auto* model = qobject_cast<QStandardItemModel*>(devicesBox_->model());
  for (const DeviceInfo& device : devices_) {
    devicesBox_->addItem(labelOf(device), toQString(device.id));
    const int row = devicesBox_->count() - 1;
    devicesBox_->setItemData(row, tipOf(device), Qt::ToolTipRole);
    if (model != nullptr) model->item(row)->setEnabled(device.usable);
  }
  showDocument();
}

const DeviceInfo* DevicePicker::current() const {
  const int row = devicesBox_->currentIndex();
  return row >= 0 && row < static_cast<int>(devices_.size()) ? &devices_[static_cast<std::size_t>(row)]
                                                             : nullptr;
}

void DevicePicker::showDocument() {
  const DeviceOptions& options = document_.training().device;
  const QSignalBlocker quietDevices(devicesBox_), quietThreads(threads_);
  int row = devicesBox_->findData(toQString(options.device));
  if (row < 0) {
    // A project from another machine: say so rather than choose in silence.
    DeviceInfo missing;
    missing.id = missing.name = options.device;
    missing.usable = false;
    missing.reason = tr("This machine has no such device.").toStdString();
    devices_.push_back(missing);
    devicesBox_->addItem(labelOf(missing), toQString(missing.id));
    row = devicesBox_->count() - 1;
    devicesBox_->setItemData(row, tipOf(missing), Qt::ToolTipRole);
  }
  devicesBox_->setCurrentIndex(row);
  const DeviceInfo* device = current();
  devicesBox_->setToolTip(device != nullptr ? tipOf(*device) : QString());
  showPrecisions(device, options.precision);
  const int cores = device != nullptr ? device->threads : 0;
  threads_->setVisible(cores > 0);
  if (cores == 0) return;
  threads_->setRange(1, cores);
  threads_->setSuffix(cores == 1 ? tr(" thread") : tr(" of %1 threads").arg(cores));
  threads_->setValue(options.threads <= 0 ? cores : std::min(options.threads, cores));
}

void DevicePicker::showPrecisions(const DeviceInfo* device, Precision chosen) {
  const QSignalBlocker quiet(precisionBox_);
  std::vector<PrecisionOffer> offers;
  if (device != nullptr) offers = device->precisions;
  if (std::ranges::find(offers, chosen, &PrecisionOffer::precision) == offers.end())
    offers.push_back({chosen, tr("not offered by this device").toStdString()});
  precisionBox_->clear();
  for (const PrecisionOffer& offer : offers) {
    const QString name = toQString(nameOf(offer.precision)), note = toQString(offer.note);
    // The first word of a note says enough in the box; the rest is in the tip.
    const QString label = note.isEmpty() ? name : tr("%1 (%2)").arg(name, note.section(':', 0, 0));
    precisionBox_->addItem(label, static_cast<int>(offer.precision));
    const QString tip = note.isEmpty() ? tr("Train in %1").arg(name) : tr("%1 is %2").arg(name, note);
    const int row = precisionBox_->count() - 1;
    precisionBox_->setItemData(row, tip, Qt::ToolTipRole);
    if (offer.precision != chosen) continue;
    precisionBox_->setCurrentIndex(row);
    precisionBox_->setToolTip(tip);
  }
  precisionBox_->setVisible(offers.size() > 1);
}

void DevicePicker::writeDocument() {
  const DeviceInfo* device = current();
  if (device == nullptr) return;
  TrainingConfig training = document_.training();
  training.device.device = device->id;
  // All cores is stored as such, so that the project uses all of another machine's too.
  const bool sameDevice = device->id == document_.training().device.device;
  if (device->threads > 0 && sameDevice) {
    training.device.threads = threads_->value() == device->threads ? 0 : threads_->value();
  }
  if (sameDevice) training.device.precision = static_cast<Precision>(precisionBox_->currentData().toInt());
  if (training == document_.training()) return;
  const bool samePrecision = training.device.precision == document_.training().device.precision;
  document_.setTraining(training, !sameDevice      ? tr("Change device")
                                  : !samePrecision ? tr("Change precision")
                                                   : tr("Change threads"));
}

}  // namespace tandem::ui
