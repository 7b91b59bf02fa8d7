#include "ui/try/try_dialog.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "core/io/model_formats.h"
#include "ui/models/format.h"
#include "ui/try/answer_bars.h"
#include "ui/try/input_editor.h"
#include "ui/try/text_editor.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kFewClasses = 10;  // are shown in order

QPushButton* buttonOf(const QString& name, const QString& text, const QString& tip, QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  describe(button, name, text, tip);
  button->setAutoDefault(false);  // Enter in a field applies it
  return button;
}

// "*.h5 *.keras": also the ending of checkpoints.
QString modelPatterns() {
  QStringList patterns;
  for (const ModelFormat& format : modelFormats())
    for (const std::string_view ending : format.endings) patterns += '*' + toQString(ending);
  return patterns.join(' ');
}

bool hasFewClasses(const OpenModel& model) {
  return std::ranges::all_of(model.predictor.outputs(), [](const PredictorOutput& output) {
    return output.shape[-1] <= static_cast<std::int64_t>(kFewClasses);
  });
}

}  // namespace

TryDialog::TryDialog(const std::filesystem::path& model, const QString& title,
                     const std::vector<DeviceInfo>& devices, QWidget* parent)
    : QDialog(parent), title_(title) {
  setObjectName("tryDialog");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(title.isEmpty() ? tr("Try it") : tr("Try %1").arg(title));
  setWindowFlag(Qt::WindowMaximizeButtonHint);
  buildUi();
  addDevices(devices);
  connectWorker();
  const int em = fontMetrics().horizontalAdvance('m');
  resize(em * 76, em * 44);
  setModel(toQString(model.string()));
}

void TryDialog::buildUi() {
  auto* layout = new QVBoxLayout(this);
  message_ = new MessageBar(this);
  message_->setObjectName("tryMessage");
  layout->addWidget(message_);
  auto* form = makeForm();
  auto* row = new QHBoxLayout;
  model_ = new QLineEdit;
  model_->setReadOnly(true);
  describe(model_, "tryModel", tr("Model"), tr("A checkpoint of a run, or a model of another program"));
  QPushButton* choose = buttonOf("tryChooseModel", tr("Choose model…"), {}, this);
  reload_ = buttonOf("tryReload", tr("Re&load"), tr("Read the newest checkpoint of a run in training"), this);
  row->addWidget(model_, 1);
  row->addWidget(choose);
  row->addWidget(reload_);
  form->addRow(tr("Model"), row);
  weights_ = new ChoiceBox;
  weights_->addItems({tr("Best epoch"), tr("Last step")});
  addField(form, weights_, "tryWeights", tr("&Weights"), tr("Which weights of the checkpoint are used"));
  device_ = new ChoiceBox;
  addField(form, device_, "tryDevice", tr("&Device"), tr("Where the network computes, one sample at a time"));
  layout->addLayout(form);

  auto* splitter = new QSplitter(this);
  splitter->setChildrenCollapsible(false);
  auto* left = new QWidget;
  auto* column = new QVBoxLayout(left);
  column->setContentsMargins(0, 0, 0, 0);
  inputs_ = new QWidget;
  inputsColumn_ = new QVBoxLayout(inputs_);
  inputsColumn_->setContentsMargins(0, 0, 0, 0);
  auto* area = new QScrollArea;
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setWidget(inputs_);
  column->addWidget(area, 1);
  auto* buttons = new QHBoxLayout;
  next_ = buttonOf("tryNext", tr("&Next sample"), tr("The next sample of the test set, or of the open file"),
                   this);
  random_ = buttonOf("tryRandom", tr("&Random sample"), tr("Any sample of the test set, or of the open file"),
                     this);
  openFile_ =
      buttonOf("tryOpenFile", tr("Open sam&ples…"),
               tr("Take samples from a table, an array, an image or a text instead of the test set"), this);
  for (QPushButton* button : {next_, random_, openFile_}) buttons->addWidget(button);
  buttons->addStretch(1);
  column->addLayout(buttons);
  sampleText_ = new QLabel;
  sampleText_->setObjectName("trySample");
  sampleText_->setWordWrap(true);
  sampleText_->setTextFormat(Qt::PlainText);
  sampleText_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  column->addWidget(sampleText_);
  splitter->addWidget(left);
  splitter->addWidget(buildSide());
  splitter->setStretchFactor(0, 3);
  splitter->setStretchFactor(1, 2);
  layout->addWidget(splitter, 1);

  connect(choose, &QPushButton::clicked, this, &TryDialog::chooseModel);
  connect(reload_, &QPushButton::clicked, this, &TryDialog::reopen);
  connect(weights_, &QComboBox::currentIndexChanged, this, &TryDialog::reopen);
  connect(device_, &QComboBox::currentIndexChanged, this, &TryDialog::reopen);
  connect(next_, &QPushButton::clicked, this, [this] { pick(Pick::Next); });
  connect(random_, &QPushButton::clicked, this, [this] { pick(Pick::Random); });
  connect(openFile_, &QPushButton::clicked, this, [this] {
    const QString file = QFileDialog::getOpenFileName(this, tr("Open samples"), lastFolder());
    if (file.isEmpty()) return;
    rememberFolder(file);
    openSamples(file);
  });
  connect(sorted_, &QCheckBox::toggled, this, &TryDialog::showPredictions);
}

// The predictions.
QWidget* TryDialog::buildSide() {
  auto* right = new QWidget;
  auto* column = new QVBoxLayout(right);
  column->setContentsMargins(8, 0, 0, 0);
  sorted_ = new QCheckBox(tr("&Sort by probability"));
  describe(sorted_, "trySorted", tr("Sort by probability"),
           tr("Classes with the most probable one first, instead of in their order"));
  column->addWidget(sorted_);
  empty_ = new QLabel;
  empty_->setObjectName("tryEmpty");
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  empty_->setTextFormat(Qt::PlainText);
  empty_->setMargin(12);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  auto* page = new QWidget;
  viewsRow_ = new QHBoxLayout(page);
  viewsRow_->setContentsMargins(0, 0, 0, 0);
  stack_ = new QStackedWidget;
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  column->addWidget(stack_, 1);
  notes_ = new QLabel;
  notes_->setObjectName("tryNotes");
  notes_->setWordWrap(true);
  notes_->setTextFormat(Qt::PlainText);
  notes_->setForegroundRole(QPalette::PlaceholderText);
  column->addWidget(notes_);
  return right;
}

void TryDialog::connectWorker() {
  connect(&worker_, &TryWorker::opened, this, &TryDialog::modelOpened);
  connect(&worker_, &TryWorker::openFailed, this, [this](const Error& error) {
    message_->showError(error);
    showInstead(errorText(error));
    showState();
  });
  connect(&worker_, &TryWorker::predicted, this, &TryDialog::showPredictions);
  connect(&worker_, &TryWorker::predictionFailed, this,
          [this](const Error& error) { showInstead(errorText(error)); });
  connect(&worker_, &TryWorker::samplesLoaded, this, [this] {
    sample_ = -1;
    pick(wanted_);
    showState();
  });
  connect(&worker_, &TryWorker::samplesFailed, this, [this](const Error& error) {
    wanted_ = Pick::None;
    sampleText_->setText(errorText(error));
    message_->showError(error);
    showState();
  });
  connect(&worker_, &TryWorker::written, this, [this](const QString& text) {
    if (TextEditor* editor = textEditor()) editor->showWritten(text);
  });
  connect(&worker_, &TryWorker::writingFailed, message_,
          [this](const Error& error) { message_->showError(error); });
  connect(&worker_, &TryWorker::writingEnded, this, [this] {
    if (TextEditor* editor = textEditor()) editor->setWriting(false);
  });
}

// Each device, and the CPU beside each other one.
void TryDialog::addDevices(const std::vector<DeviceInfo>& devices) {
  const QSignalBlocker blocker(device_);
  QStringList others;
  device_->addItem(tr("CPU"), QStringList("cpu"));
  for (const DeviceInfo& device : devices) {
    if (!device.usable || device.threads > 0) continue;
    const QString id = toQString(device.id);
    device_->addItem(tr("%1 (%2)").arg(toQString(device.name), id), QStringList(id));
    others += id;
  }
  for (const QString& id : others)
    device_->addItem(tr("CPU and %1, side by side").arg(id), QStringList({"cpu", id}));
}

void TryDialog::chooseModel() {
  const QString file =
      QFileDialog::getOpenFileName(this, tr("Choose a model"), lastFolder(),
                                   tr("Checkpoints and models (%1);;All files (*)").arg(modelPatterns()));
  if (file.isEmpty()) return;
  rememberFolder(file);
  title_.clear();
  setWindowTitle(tr("Try it"));
  setModel(file);
}

void TryDialog::setModel(const QString& file) {
  model_->setText(QDir::toNativeSeparators(file));
  // A model of another program has one set of weights.
  weights_->setEnabled(!file.isEmpty() && modelFormatOf(file.toStdString()) == nullptr);
  if (!file.isEmpty()) {
    reopen();
    return;
  }
  showInstead(tr("There is no checkpoint yet. Choose one, or a model of another program."));
  showState();
}

void TryDialog::reopen() {
  if (model_->text().isEmpty()) return;
  message_->hide();
  sampleText_->clear();
  sample_ = -1;
  wanted_ = Pick::None;
  if (TextEditor* editor = textEditor()) editor->setWriting(false);
  showInstead(tr("Opening the model…"));
  worker_.open(QDir::fromNativeSeparators(model_->text()).toStdString(),
               weights_->currentIndex() == 0 ? Weights::Best : Weights::Last,
               device_->currentData().toStringList());
  showState();
}

void TryDialog::modelOpened() {
  const OpenModel& model = *worker_.models().front();
  modelNotes_.clear();
  for (const std::string& note : model.notes) modelNotes_ += toQString(note);
  // Other weights of the same network keep what the user has entered.
  const bool rebuild = editors_.empty() || !(shown_ == model.predictor.preprocessing());
  if (rebuild) {
    rebuildEditors(model.predictor.preprocessing());
    const QSignalBlocker blocker(sorted_);
    sorted_->setChecked(!hasFewClasses(model));
  }
  rebuildViews();
  showState();
  // Not a button, which a space of a text or of a drawing would press.
  if (rebuild) editors_.front()->setFocus();
  ask();
}

void TryDialog::rebuildEditors(const Preprocessing& preprocessing) {
  shown_ = preprocessing;
  qDeleteAll(inputs_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
  editors_.clear();
  const std::vector<InputFields> inputs = shown_.inputs();
  for (const InputFields& input : inputs) {
    if (inputs.size() > 1) inputsColumn_->addWidget(sectionLabel(toQString(input.name), inputs_));
    InputEditor* editor = makeEditor(input, inputs_);
    inputsColumn_->addWidget(editor, 1);
    editor->show();  // now, as it gets the focus
    editors_.push_back(editor);
    connect(editor, &InputEditor::changed, this, &TryDialog::ask);
    connect(editor, &InputEditor::failed, message_,
            [this](const Error& error) { message_->showError(error); });
    if (auto* text = qobject_cast<TextEditor*>(editor)) {
      connect(text, &TextEditor::writingRequested, this, [this, text](const Continuation& wanted) {
        message_->hide();
        text->showWritten({});
        text->setWriting(true);
        worker_.continueText(text->text().toStdString(), wanted);
      });
      connect(text, &TextEditor::stopRequested, this, [this] { worker_.stopWriting(); });
    }
  }
}

void TryDialog::rebuildViews() {
  qDeleteAll(views_);
  views_.clear();
  for (const QString& id : device_->currentData().toStringList()) {
    const int item = device_->findData(QStringList(id));
    views_.push_back(new AnswerView(item >= 0 ? device_->itemText(item) : id));
    viewsRow_->addWidget(views_.back());
  }
}

TextEditor* TryDialog::textEditor() const {
  for (InputEditor* editor : editors_)
    if (auto* text = qobject_cast<TextEditor*>(editor)) return text;
  return nullptr;
}

void TryDialog::ask() {
  if (worker_.models().empty()) return;
  std::vector<TrialInput> inputs;
  for (InputEditor* editor : editors_) {
    if (showMissing(*editor)) return;
    inputs.push_back(editor->value());
  }
  worker_.predict(std::move(inputs));
}

bool TryDialog::showMissing(InputEditor& editor) {
  const QString missing = editor.missing();
  if (missing.isEmpty()) return false;
  editor.showSeen({});
  showInstead(missing);
  return true;
}

void TryDialog::pick(Pick which) {
  if (which == Pick::None || worker_.models().empty()) return;
  const auto samples = worker_.samples();
  if (!samples) {
    wanted_ = which;
    sampleText_->setText(tr("Loading samples…"));
    if (!worker_.loading()) worker_.loadSamples(std::nullopt);
    showState();
    return;
  }
  wanted_ = Pick::None;
  const std::int64_t rows = samples->samples.rows;
  if (rows == 0) {
    sampleText_->setText(tr("%1: there are no samples.").arg(toQString(samples->name)));
    return;
  }
  sample_ = which == Pick::Next ? (sample_ + 1) % rows : QRandomGenerator::global()->bounded(qint64{rows});
  showSample();
}

void TryDialog::openSamples(const QString& file) {
  if (worker_.models().empty()) return;
  message_->hide();
  wanted_ = Pick::Next;
  sampleText_->setText(tr("Loading samples…"));
  worker_.loadSamples(std::filesystem::path(file.toStdString()));
  showState();
}

void TryDialog::showSample() {
  const auto samples = worker_.samples();
  std::vector<SampleValues> inputs = sampleInputs(samples->samples, sample_);
  for (std::size_t i = 0; i < std::min(inputs.size(), editors_.size()); ++i) {
    // Only one prediction, after the last one.
    const QSignalBlocker blocker(editors_[i]);
    editors_[i]->setSample(inputs[i]);
  }
  const QString label = toQString(labelText(shown_, samples->samples, sample_));
  QString text =
      tr("Sample %1 of %2, %3")
          .arg(wholeCountText(sample_ + 1), wholeCountText(samples->samples.rows), toQString(samples->name));
  if (!label.isEmpty()) text += " · " + tr("given %1").arg(label);
  QStringList notes{text};
  for (const std::string& note : samples->samples.notes) notes += toQString(note);
  sampleText_->setText(notes.join(". "));
  ask();
}

void TryDialog::showPredictions() {
  const std::vector<TrialPrediction>& predictions = worker_.predictions();
  if (predictions.size() != views_.size() || predictions.empty()) return;
  for (InputEditor* editor : editors_)
    if (showMissing(*editor)) return;  // by now
  for (std::size_t i = 0; i < views_.size(); ++i)
    views_[i]->setPrediction(predictions[i], sorted_->isChecked());
  for (std::size_t i = 0; i < std::min(editors_.size(), predictions[0].seen.size()); ++i)
    editors_[i]->showSeen(predictions[0].seen[i]);
  QStringList notes = modelNotes_;
  for (const std::string& note : predictions[0].notes) notes += toQString(note);
  if (predictions.size() == 2)
    notes += tr("The predictions differ by at most %1")
                 .arg(QLocale().toString(largestDifference(predictions[0], predictions[1]), 'g', 2));
  notes_->setText(notes.isEmpty() ? QString() : notes.join(". ") + '.');
  stack_->setCurrentIndex(1);
}

void TryDialog::showInstead(const QString& text) {
  empty_->setText(text);
  notes_->clear();
  stack_->setCurrentIndex(0);
}

void TryDialog::showState() {
  const bool open = !worker_.models().empty();
  inputs_->setEnabled(open);
  for (QPushButton* button : {next_, random_}) button->setEnabled(open && !worker_.loading());
  openFile_->setEnabled(open && !worker_.loading());
  reload_->setEnabled(!model_->text().isEmpty());
  sorted_->setEnabled(open);
}

// Keys that the focused widget leaves: an image is pasted wherever the focus is.
void TryDialog::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Paste))
    for (InputEditor* editor : editors_)
      if (editor->takeImage(QApplication::clipboard()->mimeData())) return;
  QDialog::keyPressEvent(event);
}

}  // namespace tandem::ui
