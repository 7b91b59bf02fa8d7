#include "ui/compare/twin_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/compare/side_list.h"
#include "ui/models/format.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

constexpr int kMaxSteps = 100'000'000;
constexpr int kMinSideLines = 6;  // lines of the side list that stay visible on any screen
constexpr int kDefaultSteps = 50, kDefaultInterval = 10;

}  // namespace

std::vector<SideDevice> sideDevices(const std::vector<DeviceInfo>& devices, const BackendLookup& lookup) {
  std::vector<SideDevice> result;
  for (const DeviceInfo& info : devices) {
    SideDevice device{info, {}};
    if (const auto backend = lookup(info.id); backend.ok()) device.kernels = kernelNames(**backend);
    result.push_back(std::move(device));
  }
  return result;
}

TwinDialog::TwinDialog(TwinController& controller, ProjectDocument& document,
                       const std::vector<DeviceInfo>& devices, QWidget* parent)
    : QDialog(parent), controller_(controller), document_(document) {
  setObjectName("twinDialog");
  setAttribute(Qt::WA_DeleteOnClose);
  buildUi(devices);
  sides_->add(usualSides(devices));
  connect(&document_, &ProjectDocument::projectReplaced, this, &TwinDialog::close);
  connect(&document_, &ProjectDocument::trainingChanged, this, &TwinDialog::showProject);
  connect(&document_, &ProjectDocument::aboutChanged, this, &TwinDialog::showProject);
  connect(&controller_, &TwinController::phaseChanged, this, &TwinDialog::showPhase);
  connect(&controller_, &TwinController::progressed, this, &TwinDialog::showPhase);
  connect(&controller_, &TwinController::started, this, [this] {
    if (std::exchange(starting_, false)) accept();
  });
  connect(&controller_, &TwinController::refused, this, [this](const Error& error) {
    starting_ = false;
    message_->showError(error);
    showPhase();
  });
  showProject();
  updateForm();
  showPhase();
}

void TwinDialog::showProject() {
  setWindowTitle(tr("Twin run of %1").arg(toQString(document_.project().name)));
  about_->setText(
      tr("All sides use the same initial weights, batches and dropout masks (seed %1, batch size %2). The "
         "first side is the reference.")
          .arg(document_.training().seed)
          .arg(document_.training().batch));
}

void TwinDialog::buildUi(const std::vector<DeviceInfo>& devices) {
  auto* layout = new QVBoxLayout(this);
  message_ = new MessageBar(this);
  message_->setObjectName("twinMessage");
  layout->addWidget(message_);
  form_ = new QWidget(this);
  auto* form = new QVBoxLayout(form_);
  form->setContentsMargins(0, 0, 0, 0);
  about_ = new QLabel(form_);
  about_->setObjectName("twinAbout");
  about_->setWordWrap(true);
  form->addWidget(about_);
  form->addWidget(sectionLabel(tr("Sides"), form_));
  sides_ = new SideList(document_, sideDevices(devices, controller_.lookup()), "addSide", form_);
  area_ = new QScrollArea(form_);
  area_->setObjectName("twinSides");
  area_->setFrameShape(QFrame::NoFrame);
  area_->setWidgetResizable(true);
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area_->setWidget(sides_);
  form->addWidget(area_);
  unusable_ = new QLabel(form_);
  unusable_->setObjectName("unusableDevices");
  unusable_->setWordWrap(true);
  unusable_->setForegroundRole(QPalette::PlaceholderText);
  form->addWidget(unusable_);
  form->addWidget(buildMode());
  layout->addWidget(form_);
  layout->addStretch(1);
  auto* row = new QHBoxLayout;
  phase_ = new QLabel(this);
  phase_->setObjectName("twinPhase");
  progress_ = new QProgressBar(this);
  progress_->setObjectName("twinLoading");
  progress_->setTextVisible(false);
  progress_->setMaximumHeight(fontMetrics().height());
  start_ = new QPushButton(tr("&Start"), this);
  start_->setObjectName("twinStart");
  start_->setDefault(true);
  cancel_ = new QPushButton(tr("Cancel"), this);
  cancel_->setObjectName("twinCancel");
  cancel_->setAutoDefault(false);
  row->addWidget(phase_);
  row->addWidget(progress_, 1);
  row->addStretch(1);
  row->addWidget(start_);
  row->addWidget(cancel_);
  layout->addLayout(row);
  setMinimumWidth(fontMetrics().horizontalAdvance('m') * 46);

  QString reasons;
  for (const DeviceInfo& device : devices)
    if (!device.usable)
      reasons += (reasons.isEmpty() ? QString() : QString("\n")) +
                 tr("%1 is unavailable: %2").arg(toQString(device.name), toQString(device.reason));
  unusable_->setText(reasons);
  unusable_->setVisible(!reasons.isEmpty());
  connect(sides_, &SideList::changed, this, &TwinDialog::updateForm);
  connect(start_, &QPushButton::clicked, this, &TwinDialog::start);
  connect(cancel_, &QPushButton::clicked, this, &TwinDialog::reject);
}

QWidget* TwinDialog::buildMode() {
  auto* mode = new QWidget(form_);
  auto* layout = new QVBoxLayout(mode);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(sectionLabel(tr("Mode"), mode));
  const auto choice = [&](const QString& name, const QString& text) {
    auto* button = new QRadioButton(text, mode);
    button->setObjectName(name);
    layout->addWidget(button);
    connect(button, &QRadioButton::toggled, this, &TwinDialog::updateForm);
    return button;
  };
  const auto box = [](int low, int value) {
    auto* result = new NumberBox(NumberBox::Whole);
    result->setRange(low, kMaxSteps);
    result->setValue(value);
    return result;
  };
  const auto indented = [&](QFormLayout* rows) {
    auto* widget = new QWidget(mode);
    rows->setContentsMargins(24, 0, 0, 4);
    widget->setLayout(rows);
    layout->addWidget(widget);
    return widget;
  };
  const QSettings settings;
  lockStep_ = choice("modeLockStep", tr("&Lock-step: same batch at each step, compared layer by layer"));
  auto* steps = makeForm();
  steps_ = box(1, settings.value("twin/steps", kDefaultSteps).toInt());
  every_ = box(1, settings.value("twin/every", kDefaultInterval).toInt());
  addField(steps, steps_, "lockSteps", tr("S&teps"), tr("Training steps of each side"));
  addField(steps, every_, "compareEvery", tr("&Compare every"),
           tr("Compare before the first step, then at this interval, and after the last step"));
  every_->setSuffix(tr(" steps"));
  lockStepForm_ = indented(steps);
  race_ = choice("modeRace", tr("&Race: each side at full speed, recorded as runs"));
  auto* length = makeForm();
  lengthBox_ = new ChoiceBox;
  lengthBox_->addItems({tr("Epochs"), tr("Steps")});
  length_ = box(1, document_.training().epochs);
  addField(length, lengthBox_, "raceUnit", tr("Length u&nit"), tr("Unit in which the length is set"));
  addField(length, length_, "raceLength", tr("L&ength"),
           tr("How long each side trains; steps are limited by the project's epochs"));
  order_ = new ChoiceBox;
  order_->addItems({tr("Concurrently"), tr("One after another")});
  addField(length, order_, "raceOrder", tr("&Order"),
           tr("If they run one after another, each side has the machine to itself"));
  auto* prices = new QPushButton(tr("P&rices…"));
  prices->setAutoDefault(false);
  describe(prices, "racePrices", prices->text(), tr("Set the prices of electricity and device time"));
  connect(prices, &QPushButton::clicked, this, &TwinDialog::askPrices);
  auto* pricesRow = new QHBoxLayout;
  pricesRow->addWidget(prices);
  pricesRow->addStretch(1);
  length->addRow(tr("Energy and cost"), pricesRow);
  raceForm_ = indented(length);
  shares_ = new QLabel(
      tr("Together, these sides use more threads than there are cores, so they slow each other down. Run "
         "them one after another instead."),
      mode);
  shares_->setObjectName("sharesCores");
  shares_->setWordWrap(true);
  layout->addWidget(shares_);
  connect(order_, &QComboBox::currentIndexChanged, this, &TwinDialog::updateForm);
  connect(lengthBox_, &QComboBox::currentIndexChanged, this, [this](int unit) {
    length_->setValue(unit == 0 ? document_.training().epochs : kDefaultSteps * 10);
  });
  (settings.value("twin/lockStep", true).toBool() ? lockStep_ : race_)->setChecked(true);
  return mode;
}

void TwinDialog::updateForm() {
  if (shares_ == nullptr) return;  // the form is still being built
  const bool race = race_->isChecked();
  lockStepForm_->setVisible(!race);
  raceForm_->setVisible(race);
  sides_->setRace(race);
  const auto sides = sides_->sides();
  shares_->setVisible(race && order_->currentIndex() == 0 && sides.ok() && sharesCores(*sides));
  // The dialog grows and shrinks with the rows, once they are laid out.
  QTimer::singleShot(0, this, &TwinDialog::fit);
}

void TwinDialog::fit() {
  // The size hints are up to date only after the nested layouts have been activated.
  for (auto* row : sides_->findChildren<SideRow*>()) row->layout()->activate();
  sides_->layout()->activate();
  const auto setSidesHeight = [&](int height) {
    area_->setFixedHeight(height);
    form_->layout()->activate();
    layout()->activate();
  };
  area_->setMinimumWidth(sides_->minimumSizeHint().width() + area_->verticalScrollBar()->sizeHint().width());
  const int wanted = sides_->sizeHint().height();
  setSidesHeight(wanted);
  const QRect free = screen()->availableGeometry();
  const int limit = free.height() - (frameGeometry().height() - height());
  const int wide = std::max(width(), minimumSizeHint().width());
  const auto needed = [&] {
    return layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(wide) : sizeHint().height();
  };
  if (const int excess = needed() - limit; excess > 0)
    setSidesHeight(std::max(kMinSideLines * fontMetrics().height(), wanted - excess));
  resize(wide, needed());
  const int below = frameGeometry().bottom() - free.bottom();
  if (below > 0) move(x(), std::max(free.top(), y() - below));
}

void TwinDialog::askPrices() {
  std::vector<std::pair<std::string, std::string>> devices;
  std::vector<std::string> ids;
  for (const SideDevice& device : sides_->devices()) {
    if (!device.info.usable) continue;
    devices.emplace_back(device.info.id, device.info.name);
    ids.push_back(device.info.id);
  }
  PricesDialog dialog(Prices::saved(ids), devices, this);
  if (dialog.exec() == QDialog::Accepted) dialog.prices().save();
}

void TwinDialog::start() {
  message_->hide();
  if (!CommittedText::commitAll(form_)) return;
  auto sides = sides_->sides();
  if (!sides.ok()) {
    message_->showError(sides.error());
    return;
  }
  TwinRequest request;
  request.sides = std::move(*sides);
  request.lockStep = lockStep_->isChecked();
  request.lockStepOptions = {static_cast<std::int32_t>(steps_->value()),
                             static_cast<std::int32_t>(every_->value())};
  request.project = document_.snapshot();
  if (!request.lockStep) {
    const bool bySteps = lengthBox_->currentIndex() == 1;
    request.raceOptions = {bySteps ? length_->whole() : 0, order_->currentIndex() == 1};
    for (const SideSpec& side : request.sides) {
      const Prices prices = Prices::saved({side.device.device});
      request.raceOptions.tariff = prices.tariff;
      request.raceOptions.pricesPerHour.push_back(prices.of(side.device.device));
    }
    if (!bySteps) {
      auto project = std::make_shared<Project>(*request.project);
      project->training.epochs = static_cast<int>(length_->value());
      request.project = std::move(project);
    }
  }
  QSettings settings;
  settings.setValue("twin/lockStep", request.lockStep);
  settings.setValue("twin/steps", static_cast<int>(steps_->value()));
  settings.setValue("twin/every", static_cast<int>(every_->value()));
  starting_ = true;
  controller_.start(std::move(request));
}

void TwinDialog::showPhase() {
  const bool busy = starting_ && controller_.busy();
  form_->setEnabled(!busy);
  start_->setEnabled(!busy);
  phase_->setVisible(busy);
  progress_->setVisible(busy);
  if (!busy) return;
  const bool loading = controller_.phase() == TwinController::Phase::Loading;
  phase_->setText(loading ? tr("Loading data…") : tr("Preparing the sides…"));
  progress_->setRange(0, loading ? 1000 : 0);
  if (loading) progress_->setValue(static_cast<int>(controller_.progress() * 1000));
}

void TwinDialog::reject() {
  if (std::exchange(starting_, false)) {
    controller_.cancel();
    showPhase();
    return;  // a second call closes the dialog
  }
  QDialog::reject();
}

}  // namespace tandem::ui
