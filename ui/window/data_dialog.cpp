#include "ui/window/data_dialog.h"

#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "core/data/builtin.h"
#include "core/data/detect.h"
#include "ui/data/name_list.h"
#include "ui/models/format.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

constexpr int kProgressMs = 100;

}  // namespace

DataDialog::DataDialog(std::optional<DataSpec> base, QWidget* parent)
    : QDialog(parent), base_(std::move(base)) {
  setObjectName("dataDialog");
  setWindowTitle(tr("New project from data"));
  pool_.setMaxThreadCount(1);
  timer_.setInterval(kProgressMs);
  connect(&timer_, &QTimer::timeout, this, [this] { bar_->setValue(static_cast<int>(1000 * progress_)); });
  buildUi();
  if (base_) {
    path_->setText(toQString(base_->path));
    target_->setText(namesText(base_->targets));
  }
  showState();
}

DataDialog::~DataDialog() {
  if (reading()) *cancelled_ = true;
  pool_.clear();
  pool_.waitForDone();
}

DataDialog::Outcome DataDialog::propose(const std::string& path, const std::vector<std::string>& targets,
                                        const std::optional<DataSpec>& base, const LoadProgress& progress) {
  auto detected = base && base->path == path ? Result<DataSpec>(*base) : detectData(path);
  if (!detected.ok()) return {{}, detected.error()};
  DataSpec data = std::move(*detected);
  if (!targets.empty() && data.kind != DataKind::Csv && data.kind != DataKind::Numpy &&
      data.kind != DataKind::Cifar)
    return {data, invalid("only a table has a target column", path,
                          "Clear the target; classes are taken from the data")};
  if (!targets.empty() || !isBuiltin(data.path)) data.targets = targets;
  return {data, proposeProject(data, progress)};
}

void DataDialog::buildUi() {
  auto* layout = new QVBoxLayout(this);
  auto* about = new QLabel(
      tr("Reads a table, arrays, a text, a folder with one subfolder of images or texts per class or of images "
         "with masks, a folder of IDX files or of CIFAR, or a built-in dataset by its name, such as iris, and creates a project with a small network, a loss and settings that "
         "fit it."),
      this);
  about->setWordWrap(true);
  layout->addWidget(about);
  message_ = new MessageBar(this);
  message_->setObjectName("dataMessage");
  layout->addWidget(message_);
  form_ = new QWidget(this);
  auto* fields = makeForm();
  form_->setLayout(fields);
  path_ = new QLineEdit;
  auto* file = new QPushButton(tr("&File…"));
  auto* folder = new QPushButton(tr("F&older…"));
  for (QPushButton* button : {file, folder}) button->setAutoDefault(false);  // Enter creates the project
  auto* row = new QWidget;
  auto* rowLayout = new QHBoxLayout(row);
  rowLayout->setContentsMargins(0, 0, 0, 0);
  rowLayout->addWidget(path_, 1);
  rowLayout->addWidget(file);
  rowLayout->addWidget(folder);
  addField(fields, row, "newDataRow", tr("&Data"), tr("The table or folder"));
  row->setFocusProxy(path_);
  describe(path_, "newDataPath", tr("Data"), tr("The table or folder"));
  describe(file, "newDataFile", tr("Choose a table"), tr("Choose a table"));
  describe(folder, "newDataFolder", tr("Choose a folder"), tr("Choose a folder of images or IDX files"));
  builtin_ = new ChoiceBox;
  builtin_->addItem(tr("none"));
  for (const BuiltinSet& set : builtinSets()) {
    builtin_->addItem(toQString(set.name), toQString(set.path()));
    builtin_->setItemData(builtin_->count() - 1, toQString(set.about), Qt::ToolTipRole);
  }
  addField(fields, builtin_, "newDataBuiltin", tr("Built-in dataset"),
           tr("A dataset that a Debian package installs, instead of a table or folder"));
  target_ = new QLineEdit;
  target_->setPlaceholderText(tr("last column"));
  addField(fields, target_, "newDataTarget", tr("&Targets"),
           tr("Columns to predict, of a table, separated by commas"));
  layout->addWidget(form_);
  state_ = new QLabel(tr("Reading the data…"), this);
  bar_ = new QProgressBar(this);
  describe(bar_, "newDataProgress", tr("Progress of reading"), {});
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  auto* reading = new QHBoxLayout;
  reading->addWidget(state_);
  reading->addWidget(bar_, 1);
  layout->addLayout(reading);
  layout->addStretch(1);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
  buttons->button(QDialogButtonBox::Cancel)->setObjectName("newDataCancel");
  create_ = buttons->addButton(tr("&Create project"), QDialogButtonBox::AcceptRole);
  create_->setObjectName("newDataCreate");
  create_->setDefault(true);
  layout->addWidget(buttons);
  connect(builtin_, &QComboBox::activated, this, [this](int index) {
    if (index == 0 && !isBuiltin(path_->text().toStdString())) return;  // what has been typed remains
    path_->setText(builtin_->itemData(index).toString());
    target_->clear();
  });
  connect(path_, &QLineEdit::textChanged, this,
          [this](const QString& path) { builtin_->setCurrentIndex(std::max(0, builtin_->findData(path))); });
  connect(file, &QPushButton::clicked, this, &DataDialog::chooseFile);
  connect(folder, &QPushButton::clicked, this, &DataDialog::chooseFolder);
  connect(buttons, &QDialogButtonBox::accepted, this, &DataDialog::read);
  connect(buttons, &QDialogButtonBox::rejected, this, &DataDialog::reject);
  resize(fontMetrics().horizontalAdvance('m') * 44, sizeHint().height());
}

void DataDialog::chooseFile() {
  const QString chosen = QFileDialog::getOpenFileName(
      this, tr("Choose a table"), lastFolder(),
      tr("Tables and arrays (*.csv *.tsv *.txt *.csv.gz *.arff *.arff.gz *.npz *.npy *.h5 *.hdf5);;All files (*)"));
  if (!chosen.isEmpty()) path_->setText(chosen);
}

void DataDialog::chooseFolder() {
  const QString chosen = QFileDialog::getExistingDirectory(this, tr("Choose a folder"), lastFolder());
  if (!chosen.isEmpty()) path_->setText(chosen);
}

void DataDialog::start(const QString& path) {
  path_->setText(path);
  read();
}

void DataDialog::read() {
  if (reading()) return;
  message_->hide();
  const QString path = path_->text().trimmed();
  if (path.isEmpty()) {
    message_->showMessage(MessageBar::Kind::Error, tr("No data is chosen."),
                          tr("Enter the path of a table or a folder, or choose one."));
    grow();
    path_->setFocus();
    return;
  }
  const auto targets = namesIn(target_->text());
  if (!targets.ok()) {
    message_->showError(targets.error());
    grow();
    target_->setFocus();
    return;
  }
  if (!isBuiltin(path.toStdString())) rememberFolder(path);
  cancelled_ = std::make_shared<std::atomic<bool>>(false);
  progress_ = 0;
  showState();
  pool_.start([this, path = path.toStdString(), names = *targets, base = base_, cancelled = cancelled_] {
    auto outcome = std::make_shared<Outcome>(propose(path, names, base, [&](double done) {
      if (!*cancelled) progress_ = done;
      return !*cancelled;
    }));
    QMetaObject::invokeMethod(
        this,
        [this, outcome, cancelled] {
          if (cancelled == cancelled_) finished(*outcome);
        },
        Qt::QueuedConnection);
  });
}

void DataDialog::finished(const Outcome& outcome) {
  cancelled_.reset();
  showState();
  data_ = outcome.data;
  if (outcome.proposal.ok()) {
    proposal_ = *outcome.proposal;
    accept();
    return;
  }
  const Error& error = outcome.proposal.error();
  if (data_.kind == DataKind::Csv)
    message_->showError(error, tr("&Show rows"), [this] { accept(); });
  else
    message_->showError(error);
  grow();
  path_->setFocus();
}

void DataDialog::grow() {
  layout()->activate();
  resize(width(), std::max(height(), layout()->totalHeightForWidth(width())));
}

void DataDialog::reject() {
  if (!reading()) {
    QDialog::reject();
    return;
  }
  // The thread stops when it next reports its progress; its result is no longer wanted.
  *cancelled_ = true;
  cancelled_.reset();
  showState();
  path_->setFocus();
}

void DataDialog::showState() {
  form_->setEnabled(!reading());
  create_->setEnabled(!reading());
  state_->setVisible(reading());
  bar_->setVisible(reading());
  bar_->setValue(0);
  if (reading())
    timer_.start();
  else
    timer_.stop();
}

}  // namespace tandem::ui
