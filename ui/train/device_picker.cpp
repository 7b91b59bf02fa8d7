#include "ui/train/device_picker.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QHBoxLayout>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QStyleOptionComboBox>
#include <algorithm>
#include <functional>

#include "ui/models/format.h"
#include "ui/models/project_document.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

// "CPU", "cuda:0 · NVIDIA H200". The id is included because messages use it, and because only the id
// distinguishes two devices of the same model.
QString titleOf(const DeviceInfo& device) {
  if (device.threads > 0) return DevicePicker::tr("CPU");
  const QString id = toQString(device.id), name = toQString(device.name);
  return name.isEmpty() || name == id ? id : QString("%1 · %2").arg(id, name);
}

// The text in the list.
QString labelOf(const DeviceInfo& device) {
  QString name = titleOf(device);
  if (!device.usable) return DevicePicker::tr("%1 (unavailable)").arg(name);
  if (device.threads > 0 || device.totalBytes == 0) return name;
  return DevicePicker::tr("%1 · %2 of %3 free")
      .arg(name, bytesText(static_cast<double>(device.freeBytes)),
           bytesText(static_cast<double>(device.totalBytes)));
}

// The text in the closed box, where space is scarce and the essentials come first.
QString shortLabelOf(const DeviceInfo& device) {
  return device.usable ? titleOf(device) : DevicePicker::tr("%1 (unavailable)").arg(toQString(device.id));
}
constexpr int kShortLabel = Qt::UserRole + 1;

QString tipOf(const DeviceInfo& device) {
  QString tip =
      QString("<b>%1</b>").arg(toQString(device.name.empty() ? device.id : device.name).toHtmlEscaped());
  if (!device.usable) tip += QString("<br>%1").arg(toQString(device.reason).toHtmlEscaped());
  if (device.totalBytes > 0) {
    tip += DevicePicker::tr("<br>Memory: %1").arg(bytesText(static_cast<double>(device.totalBytes)));
  }
  for (const auto& [label, value] : device.facts) {
    tip += QString("<br>%1: %2").arg(toQString(label).toHtmlEscaped(), toQString(value).toHtmlEscaped());
  }
  return tip;
}

void addLine(QComboBox* box, const DeviceInfo& device) {
  box->addItem(labelOf(device), toQString(device.id));
  const int row = box->count() - 1;
  box->setItemData(row, shortLabelOf(device), kShortLabel);
  box->setItemData(row, tipOf(device), Qt::ToolTipRole);
  if (auto* model = qobject_cast<QStandardItemModel*>(box->model()))
    model->item(row)->setEnabled(device.usable);
}

// Calls `opened` before its list is shown, so that the list is up to date. The list is as wide as its
// entries; the closed box leaves space for the rest of the tool bar in a window 1280 pixels wide.
class DeviceBox : public QComboBox {
 public:
  DeviceBox(std::function<void()> opened, QWidget* parent) : QComboBox(parent), opened_(std::move(opened)) {
    setSizeAdjustPolicy(AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(kCharacters);
  }
  void showPopup() override {
    opened_();
    view()->setMinimumWidth(view()->sizeHintForColumn(0) + view()->verticalScrollBar()->sizeHint().width());
    QComboBox::showPopup();
  }

 protected:
  void initStyleOption(QStyleOptionComboBox* option) const override {
    QComboBox::initStyleOption(option);
    const int available =
        style()->subControlRect(QStyle::CC_ComboBox, option, QStyle::SC_ComboBoxEditField, this).width();
    option->currentText =
        fontMetrics().elidedText(currentData(kShortLabel).toString(), Qt::ElideRight, available - kEdge);
  }

 private:
  static constexpr int kCharacters = 22, kEdge = 4;
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
  threads_ = new NumberBox(NumberBox::Whole, this);
  threads_->setObjectName("threadsSpin");
  threads_->setAccessibleName(tr("Threads"));
  threads_->setToolTip(tr("Number of compute threads. Fewer threads leave cores for other work."));
  precisionBox_ = new QComboBox(this);
  precisionBox_->setObjectName("precisionBox");
  precisionBox_->setAccessibleName(tr("Precision"));
  precisionBox_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  row->addWidget(devicesBox_);
  row->addWidget(precisionBox_);
  row->addWidget(threads_);
  connect(devicesBox_, &QComboBox::activated, this, &DevicePicker::writeDocument);
  connect(precisionBox_, &QComboBox::activated, this, &DevicePicker::writeDocument);
  connect(threads_, &NumberBox::valueChanged, this, &DevicePicker::writeDocument);
  connect(&document, &ProjectDocument::trainingChanged, this, &DevicePicker::showDocument);
  connect(&document, &ProjectDocument::projectReplaced, this, &DevicePicker::showDocument);
}

void DevicePicker::setDevices(std::vector<DeviceInfo> devices) {
  devices_ = std::move(devices);
  const QSignalBlocker quiet(devicesBox_);
  devicesBox_->clear();
  for (const DeviceInfo& device : devices_) addLine(devicesBox_, device);
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
    // The project comes from another machine: report that rather than silently choosing a device.
    DeviceInfo missing;
    missing.id = missing.name = options.device;
    missing.usable = false;
    missing.reason = tr("This machine has no such device.").toStdString();
    devices_.push_back(missing);
    addLine(devicesBox_, missing);
    row = devicesBox_->count() - 1;
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
  std::vector<PrecisionChoice> choices;
  if (device != nullptr) choices = precisionChoices(*device);
  if (choices.empty()) choices.push_back({chosen, false, tr("not available on this device").toStdString()});
  // Precisions that this GPU lacks but others have are listed disabled.
  const bool gpu = device != nullptr && device->threads == 0 && device->usable;
  precisionBox_->clear();
  auto* model = qobject_cast<QStandardItemModel*>(precisionBox_->model());
  for (const PrecisionChoice& choice : choices) {
    if (!choice.offered && !gpu && choice.precision != chosen) continue;
    precisionBox_->addItem(precisionText(choice), static_cast<int>(choice.precision));
    const int row = precisionBox_->count() - 1;
    precisionBox_->setItemData(row, precisionTip(choice), Qt::ToolTipRole);
    if (model != nullptr) model->item(row)->setEnabled(choice.offered);
    if (choice.precision != chosen) continue;
    precisionBox_->setCurrentIndex(row);
    precisionBox_->setToolTip(precisionTip(choice));
  }
  precisionBox_->setVisible(precisionBox_->count() > 1);
}

void DevicePicker::writeDocument() {
  const DeviceInfo* device = current();
  if (device == nullptr) return;
  TrainingConfig training = document_.training();
  training.device.device = device->id;
  // All cores are stored as 0, so that the project also uses all cores of another machine.
  const bool sameDevice = device->id == document_.training().device.device;
  if (device->threads > 0 && sameDevice) {
    const auto threads = static_cast<int>(threads_->value());
    training.device.threads = threads == device->threads ? 0 : threads;
  }
  if (sameDevice) training.device.precision = static_cast<Precision>(precisionBox_->currentData().toInt());
  if (training == document_.training()) return;
  const bool samePrecision = training.device.precision == document_.training().device.precision;
  document_.setTraining(training, !sameDevice      ? tr("Change device")
                                  : !samePrecision ? tr("Change precision")
                                                   : tr("Change threads"));
}

}  // namespace tandem::ui
