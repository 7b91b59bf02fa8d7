#include "ui/compare/side_row.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyle>
#include <QToolButton>
#include <algorithm>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr int kMaxBatch = 1'048'576;
constexpr int kKernelColumns = 4;  // as many names as fit side by side

QString labelOf(const DeviceInfo& device) {
  const QString name = device.threads > 0 ? SideRow::tr("CPU") : toQString(device.name);
  return device.usable ? name : SideRow::tr("%1 (unavailable)").arg(name);
}

}  // namespace

SideRow::SideRow(std::vector<SideDevice> devices, QWidget* parent)
    : QWidget(parent), devices_(std::move(devices)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2);
  auto* row = new QHBoxLayout;
  number_ = new QLabel(this);
  device_ = new ChoiceBox(this);
  device_->setMinimumContentsLength(14);
  threads_ = new NumberBox(NumberBox::Whole, this);
  precision_ = new ChoiceBox(this);
  precision_->setMinimumContentsLength(4);
  batch_ = new NumberBox(NumberBox::Whole, this);
  batch_->setRange(0, kMaxBatch);
  batch_->setZeroText(tr("project's batch"));
  batch_->setPrefix(tr("batch "));
  more_ = new QToolButton(this);
  more_->setText(tr("More"));
  more_->setCheckable(true);
  more_->setArrowType(Qt::RightArrow);
  more_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  more_->setAutoRaise(true);
  remove_ = new QToolButton(this);
  remove_->setIcon(style()->standardIcon(QStyle::SP_TitleBarCloseButton));
  remove_->setAutoRaise(true);
  row->addWidget(number_);
  row->addWidget(device_, 1);
  row->addWidget(threads_);
  row->addWidget(precision_);
  row->addWidget(batch_);
  row->addWidget(more_);
  row->addWidget(remove_);
  layout->addLayout(row);
  extra_ = new QWidget(this);
  lines_ = new QVBoxLayout(extra_);
  lines_->setContentsMargins(28, 0, 0, 4);
  fast_ = new QCheckBox(tr("Non-deterministic kernels"), extra_);
  lines_->addWidget(fast_, 0, Qt::AlignLeft);
  networkRow_ = new QWidget(extra_);
  auto* network = new QHBoxLayout(networkRow_);
  network->setContentsMargins(0, 0, 0, 0);
  network_ = new QLineEdit(networkRow_);
  network_->setPlaceholderText(tr("this project"));
  network_->setClearButtonEnabled(true);
  browse_ = new QToolButton(networkRow_);
  browse_->setText(tr("…"));
  network->addWidget(new QLabel(tr("Network from"), networkRow_));
  network->addWidget(network_, 1);
  network->addWidget(browse_);
  networkRow_->hide();
  lines_->addWidget(networkRow_);
  extra_->hide();
  layout->addWidget(extra_);

  auto* model = qobject_cast<QStandardItemModel*>(device_->model());
  for (const SideDevice& each : devices_) {
    device_->addItem(labelOf(each.info), toQString(each.info.id));
    const int at = device_->count() - 1;
    device_->setItemData(at, each.info.usable ? toQString(each.info.name) : toQString(each.info.reason),
                         Qt::ToolTipRole);
    if (model != nullptr) model->item(at)->setEnabled(each.info.usable);
  }
  connect(device_, &QComboBox::currentIndexChanged, this, &SideRow::showDevice);
  connect(threads_, &NumberBox::valueChanged, this, &SideRow::changed);
  connect(precision_, &QComboBox::currentIndexChanged, this, &SideRow::changed);
  connect(batch_, &NumberBox::valueChanged, this, &SideRow::changed);
  connect(fast_, &QCheckBox::toggled, this, &SideRow::changed);
  connect(network_, &QLineEdit::textChanged, this, &SideRow::changed);
  connect(browse_, &QToolButton::clicked, this, &SideRow::chooseNetwork);
  connect(more_, &QToolButton::toggled, this, &SideRow::showMore);
  connect(remove_, &QToolButton::clicked, this, &SideRow::removeRequested);
  showDevice();
}

void SideRow::setNumber(int number, bool removable) {
  const QString name = QString("side%1").arg(number);
  setObjectName(name);
  QPixmap dot(12, 12);
  dot.fill(Qt::transparent);
  QPainter painter(&dot);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(Theme::instance().curve(number));
  painter.drawEllipse(1, 1, 10, 10);
  painter.end();
  number_->setPixmap(dot);
  number_->setToolTip(number == 0 ? tr("The reference, with which the other sides are compared")
                                  : tr("Side %1").arg(number + 1));
  describe(device_, name + "Device", tr("Device of side %1").arg(number + 1), {});
  describe(threads_, name + "Threads", tr("Threads of side %1").arg(number + 1), tr("Number of threads"));
  describe(precision_, name + "Precision", tr("Precision of side %1").arg(number + 1),
           tr("Precision of matrix products"));
  describe(batch_, name + "Batch", tr("Batch size of side %1").arg(number + 1),
           tr("Samples per step; 0: as in the project"));
  describe(more_, name + "More", tr("More options of side %1").arg(number + 1),
           tr("Kernels to allow or avoid and, in a race, a different network"));
  describe(fast_, name + "Fast", tr("Non-deterministic kernels of side %1").arg(number + 1),
           tr("Allow non-deterministic kernels (last digits may vary between runs)"));
  describe(network_, name + "Network", tr("Network of side %1").arg(number + 1),
           tr("Project file to read the network from; data and settings are those of this project"));
  describe(browse_, name + "Browse", tr("Choose the network of side %1").arg(number + 1),
           tr("Choose a project file"));
  describe(remove_, name + "Remove", tr("Remove side %1").arg(number + 1),
           removable ? tr("Remove this side") : tr("A twin run needs at least two sides"));
  remove_->setEnabled(removable);
  for (QCheckBox* box : avoid_) box->setObjectName(name + "Avoid:" + box->text());
}

const SideDevice* SideRow::device() const {
  const int at = device_->currentIndex();
  return at >= 0 ? &devices_[static_cast<std::size_t>(at)] : nullptr;
}

QString SideRow::refusal() const {
  const SideDevice* chosen = device();
  if (chosen == nullptr) return tr("No device is selected.");
  return chosen->info.usable ? QString() : toQString(chosen->info.reason);
}

void SideRow::setDevice(const DeviceOptions& options) {
  const int at = device_->findData(toQString(options.device));
  if (at >= 0) device_->setCurrentIndex(at);
  showDevice();
  if (const SideDevice* chosen = device(); chosen != nullptr && chosen->info.threads > 0)
    threads_->setValue(options.threads > 0 ? options.threads : chosen->info.threads);
  const int precision = precision_->findData(static_cast<int>(options.precision));
  if (precision >= 0) precision_->setCurrentIndex(precision);
  fast_->setChecked(!options.deterministic);
  for (QCheckBox* box : avoid_)
    box->setChecked(std::ranges::find(options.avoid, box->text().toStdString()) != options.avoid.end());
}

void SideRow::setRace(bool race) {
  race_ = race;
  batch_->setVisible(race);
  networkRow_->setVisible(race);
}

void SideRow::showDevice() {
  const SideDevice* chosen = device();
  if (chosen == nullptr) return;
  device_->setToolTip(chosen->info.usable ? toQString(chosen->info.name) : toQString(chosen->info.reason));
  const int cores = chosen->info.threads;
  threads_->setVisible(cores > 0);
  {
    const QSignalBlocker quiet(threads_), quietPrecision(precision_);
    threads_->setRange(1, std::max(1, cores));
    threads_->setSuffix(cores == 1 ? tr(" thread") : tr(" of %1 threads").arg(cores));
    precision_->clear();
    for (const PrecisionChoice& choice : precisionChoices(chosen->info)) {
      if (!choice.offered) continue;
      precision_->addItem(precisionText(choice), static_cast<int>(choice.precision));
      precision_->setItemData(precision_->count() - 1, precisionTip(choice), Qt::ToolTipRole);
    }
  }
  precision_->setVisible(precision_->count() > 1);
  delete kernels_;
  avoid_.clear();
  kernels_ = new QWidget(extra_);
  auto* grid = new QGridLayout(kernels_);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setVerticalSpacing(2);
  if (!chosen->kernels.empty())
    grid->addWidget(new QLabel(tr("Avoid kernels"), kernels_), 0, 0, 1, kKernelColumns);
  for (const std::string& name : chosen->kernels) {
    auto* box = new QCheckBox(toQString(name), kernels_);
    box->setObjectName(objectName() + "Avoid:" + box->text());
    connect(box, &QCheckBox::toggled, this, &SideRow::changed);
    const int at = static_cast<int>(avoid_.size());
    grid->addWidget(box, 1 + at / kKernelColumns, at % kKernelColumns);
    avoid_.push_back(box);
  }
  lines_->insertWidget(0, kernels_);
  Q_EMIT changed();
}

void SideRow::showMore() {
  more_->setArrowType(more_->isChecked() ? Qt::DownArrow : Qt::RightArrow);
  extra_->setVisible(more_->isChecked());
  Q_EMIT changed();
}

void SideRow::chooseNetwork() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Network of this side"), lastFolder(),
                                                    tr("Tandem projects (*.tandem);;All files (*)"));
  if (file.isEmpty()) return;
  rememberFolder(file);
  network_->setText(file);
}

std::string SideRow::text() const {
  SideSpec side;
  DeviceOptions& options = side.device;
  const SideDevice* chosen = device();
  if (chosen == nullptr) return {};
  options.device = chosen->info.id;
  if (chosen->info.threads > 0) options.threads = static_cast<int>(threads_->value());
  if (precision_->currentIndex() >= 0)
    options.precision = static_cast<Precision>(precision_->currentData().toInt());
  options.deterministic = !fast_->isChecked();
  for (const QCheckBox* box : avoid_)
    if (box->isChecked()) options.avoid.push_back(box->text().toStdString());
  if (race_ && batch_->value() > 0) side.batch = batch_->whole();
  if (race_) side.network = network_->text().trimmed().toStdString();
  return textOf(side);
}

}  // namespace tandem::ui
