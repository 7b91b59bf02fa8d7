#include "ui/window/import_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include "core/compile/compile.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kShownNotes = 8;

QLabel* wrapped(QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  return label;
}

// Names in a file may be long.
QTableWidgetItem* cell(const QString& text) {
  auto* item = new QTableWidgetItem(text);
  item->setToolTip(text);
  return item;
}

QString placeOf(const ImportedModel::Origin& origin, const Network& network) {
  QStringList parts;
  for (const std::string& name : origin.layers)
    parts += QString("%1 (%2)").arg(toQString(name), toQString(network.findByName(name)->type));
  QString text = parts.join(", ");
  if (!origin.note.empty()) text += (text.isEmpty() ? QString() : QString("; ")) + toQString(origin.note);
  return text;
}

}  // namespace

ImportDialog::ImportDialog(const QString& path, std::optional<OpenData> chosen, QWidget* parent)
    : QDialog(parent), path_(path), data_(std::move(chosen)) {
  setObjectName("importDialog");
  setWindowTitle(tr("Open model"));
  auto* layout = new QVBoxLayout(this);
  state_ = wrapped(this);
  state_->setObjectName("importState");
  state_->setText(tr("Reading %1…").arg(QFileInfo(path).fileName()));
  layout->addWidget(state_);
  bar_ = new QProgressBar(this);
  describe(bar_, "importProgress", tr("The model is being read"), {});
  bar_->setRange(0, 0);
  bar_->setTextVisible(false);
  layout->addWidget(bar_);
  message_ = new MessageBar(this);
  message_->setObjectName("importMessage");
  layout->addWidget(message_);
  layers_ = new QTableWidget(0, 3, this);
  describe(layers_, "importLayers", tr("Layers of the file"), {});
  layers_->setHorizontalHeaderLabels({tr("Layer of the file"), tr("Class"), tr("In the network")});
  layers_->horizontalHeader()->setStretchLastSection(true);
  layers_->verticalHeader()->hide();
  layers_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  layers_->setSelectionBehavior(QAbstractItemView::SelectRows);
  layers_->setTabKeyNavigation(false);
  layout->addWidget(layers_, 1);
  notes_ = wrapped(this);
  notes_->setObjectName("importNotes");
  layout->addWidget(notes_);
  weights_ = new QCheckBox(tr("Start training with the model's &weights"), this);
  describe(weights_, "importWeights", tr("Start training with the model's weights"),
           tr("Otherwise, all layers are initialized. The training panel shows the file and can change it."));
  weights_->setChecked(true);
  layout->addWidget(weights_);
  useData_ = new QCheckBox(tr("Train on the &data of the open project"), this);
  describe(useData_, "importData", tr("Train on the data of the open project"),
           tr("Otherwise, the new project has no data yet."));
  layout->addWidget(useData_);
  fit_ = wrapped(this);
  fit_->setObjectName("importFit");
  layout->addWidget(fit_);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
  buttons->button(QDialogButtonBox::Cancel)->setObjectName("importCancel");
  open_ = buttons->addButton(tr("&Open"), QDialogButtonBox::AcceptRole);
  open_->setObjectName("importOpen");
  open_->setDefault(true);
  open_->setEnabled(false);
  layout->addWidget(buttons);
  connect(buttons, &QDialogButtonBox::accepted, this, &ImportDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &ImportDialog::reject);
  for (QWidget* later : std::initializer_list<QWidget*>{layers_, notes_, weights_, useData_, fit_})
    later->hide();
  resize(fontMetrics().horizontalAdvance('m') * 44, sizeHint().height());
}

void ImportDialog::finished(Result<ImportedModel> model) {
  bar_->hide();
  if (!model.ok()) {
    state_->setText(tr("%1 cannot be opened.").arg(QFileInfo(path_).fileName()));
    message_->showError(model.error());
  } else {
    fill(*model);
    open_->setEnabled(true);
    open_->setFocus();
  }
  layout()->activate();
  resize(width(), std::max(height(), layout()->totalHeightForWidth(width())));
}

void ImportDialog::fill(const ImportedModel& model) {
  std::vector<std::string> notes = model.notes;
  project_ = projectOf(model, QFileInfo(path_).completeBaseName().toStdString(), notes);
  summary_ = toQString(summaryOf(model));
  state_->setText(tr("%1 %2.").arg(QFileInfo(path_).fileName(), summary_));
  layers_->setRowCount(static_cast<int>(model.origins.size()));
  int row = 0;
  for (const ImportedModel::Origin& origin : model.origins) {
    layers_->setItem(row, 0, cell(toQString(origin.name)));
    layers_->setItem(row, 1, cell(toQString(origin.type)));
    layers_->setItem(row, 2, cell(placeOf(origin, model.network)));
    ++row;
  }
  layers_->resizeColumnsToContents();
  for (const int column : {0, 1})
    layers_->setColumnWidth(column, std::min(layers_->columnWidth(column), width() / 3));
  layers_->setMinimumHeight(8 * layers_->verticalHeader()->defaultSectionSize());
  QStringList lines;
  for (const std::string& note : notes) {
    if (static_cast<std::size_t>(lines.size()) == kShownNotes) {
      lines += tr("And %n more.", nullptr, static_cast<int>(notes.size() - kShownNotes));
      break;
    }
    lines += toQString(note) + '.';
  }
  notes_->setText(lines.join('\n'));
  notes_->setVisible(!lines.isEmpty());
  layers_->show();
  weights_->setVisible(!model.weights.empty());
  compareData();
}

void ImportDialog::compareData() {
  fit_->show();
  if (!data_) {
    fit_->setText(tr("No data is chosen yet. Choose data that fits in the data panel, then train."));
    return;
  }
  Project trained = project_;
  trained.data = data_->spec;
  const std::vector<Problem> problems = checkAgainstData(trained.network, trained.training, data_->info);
  useData_->setChecked(problems.empty());
  useData_->show();
  fit_->setText(problems.empty() ? tr("The data of the open project fits the model.")
                                 : tr("The data of the open project does not fit yet: %1.")
                                       .arg(toQString(problems.front().error.text())));
}

void ImportDialog::accept() {
  if (!open_->isEnabled()) return;
  if (!weights_->isHidden() && weights_->isChecked())
    project_.training.initialWeights = QFileInfo(path_).absoluteFilePath().toStdString();
  if (!useData_->isHidden() && useData_->isChecked()) project_.data = data_->spec;
  QDialog::accept();
}

}  // namespace tandem::ui
