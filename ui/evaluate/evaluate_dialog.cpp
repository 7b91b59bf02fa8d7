#include "ui/evaluate/evaluate_dialog.h"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <cmath>

#include "ui/evaluate/target_view.h"
#include "ui/models/format.h"
#include "ui/widgets/ask_file.h"
#include "ui/widgets/fields.h"
#include "ui/widgets/message_bar.h"

namespace tandem::ui {
namespace {

// The choices of the data: the parts by SplitPart, and other data.
constexpr int kOwnData = -1;

QPushButton* buttonOf(const QString& name, const QString& text, QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  button->setObjectName(name);
  button->setAutoDefault(false);  // Enter in a table lists the samples of a cell
  return button;
}

QString scoreText(double value) {
  return std::isnan(value) ? QString("-") : QLocale().toString(value, 'g', 4);
}

}  // namespace

EvaluateDialog::EvaluateDialog(const std::filesystem::path& model, const QString& title, QWidget* parent)
    : QDialog(parent), title_(title) {
  setObjectName("evaluateDialog");
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(title.isEmpty() ? tr("Evaluate") : tr("Evaluate %1").arg(title));
  setWindowFlag(Qt::WindowMaximizeButtonHint);
  pool_.setMaxThreadCount(1);
  timer_.setInterval(100);
  connect(&timer_, &QTimer::timeout, this, &EvaluateDialog::showState);
  buildUi();
  setModel(toQString(model.string()));
  showState();
  const int em = fontMetrics().horizontalAdvance('m');
  resize(em * 72, em * 48);
}

EvaluateDialog::~EvaluateDialog() {
  cancel_ = true;
  pool_.clear();
  pool_.waitForDone();
}

void EvaluateDialog::buildUi() {
  auto* layout = new QVBoxLayout(this);
  message_ = new MessageBar(this);
  message_->setObjectName("evaluateMessage");
  layout->addWidget(message_);
  form_ = new QWidget(this);
  auto* fields = makeForm();
  form_->setLayout(fields);
  const auto withButtons = [&](QLineEdit* edit, std::initializer_list<QPushButton*> buttons) {
    auto* row = new QWidget;
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    edit->setReadOnly(true);
    line->addWidget(edit, 1);
    for (QPushButton* button : buttons) line->addWidget(button);
    return row;
  };
  model_ = new QLineEdit;
  describe(model_, "evaluateModel", tr("Model"),
           tr("A checkpoint of a run, or a Keras model exported by Tandem"));
  QPushButton* chooseFile = buttonOf("evaluateChooseModel", tr("Choose model…"), form_);
  auto* modelCaption = new QLabel(tr("Model"));
  fields->addRow(modelCaption, withButtons(model_, {chooseFile}));
  weights_ = new ChoiceBox;
  weights_->addItems({tr("Best epoch"), tr("Last step")});
  addField(fields, weights_, "evaluateWeights", tr("&Weights"),
           tr("Which weights of the checkpoint are used"));
  data_ = new ChoiceBox;
  data_->addItem(tr("Test set"), static_cast<int>(SplitPart::Test));
  data_->addItem(tr("Validation set"), static_cast<int>(SplitPart::Validation));
  data_->addItem(tr("Training set"), static_cast<int>(SplitPart::Train));
  data_->addItem(tr("Other data"), kOwnData);
  addField(fields, data_, "evaluateData", tr("&Data"),
           tr("The labelled samples that predictions are compared with"));
  file_ = new QLineEdit;
  describe(file_, "evaluateFile", tr("Other data"), tr("A labelled table, array or folder"));
  QPushButton* file = buttonOf("evaluateChooseFile", tr("File…"), form_);
  QPushButton* folder = buttonOf("evaluateChooseFolder", tr("Folder…"), form_);
  fileRow_ = withButtons(file_, {file, folder});
  fields->addRow(QString(), fileRow_);
  layout->addWidget(form_);
  auto* row = new QHBoxLayout;
  bar_ = new QProgressBar(this);
  describe(bar_, "evaluateProgress", tr("Progress of the evaluation"), {});
  bar_->setRange(0, 1000);
  bar_->setTextVisible(false);
  start_ = buttonOf("evaluateStart", {}, this);
  row->addWidget(bar_, 1);
  row->addStretch(1);
  row->addWidget(start_);
  layout->addLayout(row);

  empty_ = new QLabel(this);
  empty_->setObjectName("evaluateEmpty");
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  empty_->setTextFormat(Qt::PlainText);
  empty_->setMargin(12);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  auto* page = new QWidget(this);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  auto* top = new QHBoxLayout;
  target_ = new ChoiceBox(page);
  describe(target_, "evaluateTarget", tr("Target"), tr("The output and target that are shown"));
  summary_ = new QLabel(page);
  summary_->setObjectName("evaluateSummary");
  summary_->setWordWrap(true);
  summary_->setTextFormat(Qt::PlainText);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  saveTable_ = buttonOf("evaluateSaveTable", tr("Save table…"), page);
  savePicture_ = buttonOf("evaluateSavePicture", tr("Save image…"), page);
  top->addWidget(target_);
  top->addWidget(summary_, 1);
  top->addWidget(saveTable_);
  top->addWidget(savePicture_);
  column->addLayout(top);
  view_ = new TargetView(page);
  column->addWidget(view_, 1);
  stack_ = new QStackedWidget(this);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  layout->addWidget(stack_, 1);

  connect(chooseFile, &QPushButton::clicked, this, &EvaluateDialog::chooseModel);
  connect(file, &QPushButton::clicked, this, [this] { chooseData(false); });
  connect(folder, &QPushButton::clicked, this, [this] { chooseData(true); });
  connect(data_, &QComboBox::currentIndexChanged, this, &EvaluateDialog::showState);
  connect(target_, &QComboBox::currentIndexChanged, this, &EvaluateDialog::showTarget);
  connect(saveTable_, &QPushButton::clicked, this, [this] { save(false); });
  connect(savePicture_, &QPushButton::clicked, this, [this] { save(true); });
  connect(start_, &QPushButton::clicked, this, [this] {
    if (evaluating_)
      cancel_ = true;
    else
      start();
  });
}

void EvaluateDialog::setModel(const QString& file) {
  model_->setText(QDir::toNativeSeparators(file));
  const bool exported = !file.isEmpty() && isKerasFile(file.toStdString());
  // An exported model has one set of weights and does not name its data.
  weights_->setEnabled(!exported);
  data_->setEnabled(!exported);
  if (exported) data_->setCurrentIndex(data_->findData(kOwnData));
  result_ = nullptr;
  empty_->setText(file.isEmpty()
                      ? tr("There is no checkpoint yet. Choose one, or a Keras model exported by Tandem.")
                      : tr("Choose the data and press Evaluate."));
  stack_->setCurrentIndex(0);
  showState();
}

void EvaluateDialog::setData(const QString& fileOrFolder) {
  file_->setText(QDir::toNativeSeparators(fileOrFolder));
  data_->setCurrentIndex(data_->findData(kOwnData));
  showState();
}

void EvaluateDialog::chooseModel() {
  const QString file =
      QFileDialog::getOpenFileName(this, tr("Choose a model"), lastFolder(),
                                   tr("Checkpoints and Keras models (*.h5 *.keras);;All files (*)"));
  if (file.isEmpty()) return;
  rememberFolder(file);
  title_.clear();
  setWindowTitle(tr("Evaluate"));
  setModel(file);
}

void EvaluateDialog::chooseData(bool folder) {
  const QString chosen = folder
                             ? QFileDialog::getExistingDirectory(this, tr("Choose a folder"), lastFolder())
                             : QFileDialog::getOpenFileName(this, tr("Choose labelled data"), lastFolder());
  if (chosen.isEmpty()) return;
  rememberFolder(chosen);
  setData(chosen);
}

void EvaluateDialog::start() {
  if (evaluating_ || !start_->isEnabled()) return;
  message_->hide();
  empty_->setText(tr("The samples are predicted in the background."));
  EvaluationRequest request;
  request.model = QDir::fromNativeSeparators(model_->text()).toStdString();
  request.which = weights_->currentIndex() == 0 ? Weights::Best : Weights::Last;
  if (data_->currentData().toInt() == kOwnData)
    request.data = QDir::fromNativeSeparators(file_->text()).toStdString();
  else
    request.part = static_cast<SplitPart>(data_->currentData().toInt());
  request.progress = [this](double done) {
    progress_ = done;
    return !cancel_;
  };
  evaluating_ = true;
  cancel_ = false;
  progress_ = 0;
  timer_.start();
  showState();
  pool_.start([this, request] {
    const auto result = std::make_shared<Result<ModelEvaluation>>(evaluateModel(request));
    QMetaObject::invokeMethod(
        this, [this, result] { finished(result); }, Qt::QueuedConnection);
  });
}

void EvaluateDialog::finished(const std::shared_ptr<Result<ModelEvaluation>>& result) {
  evaluating_ = false;
  timer_.stop();
  if (!result->ok()) {
    const Error& error = result->error();
    if (error.code != ErrorCode::Cancelled) {
      message_->showError(error);
      result_ = nullptr;  // older results would be taken for those of the new choice
      empty_->setText(errorText(error));
      stack_->setCurrentIndex(0);
    } else {
      empty_->setText(tr("The evaluation was stopped. Press Evaluate to start it again."));
    }
    showState();
    return;
  }
  result_ = std::make_shared<const ModelEvaluation>(std::move(**result));
  {
    const QSignalBlocker blocker(target_);
    target_->clear();
    for (const TargetAnswers& each : result_->answers)
      target_->addItem(result_->outputs.size() > 1 ? toQString(each.layer + ": " + each.name)
                                                   : toQString(each.name));
  }
  target_->setVisible(target_->count() > 1);
  stack_->setCurrentIndex(1);
  showTarget();
  QStringList notes;
  for (const std::string& note : result_->notes) notes += toQString(note);
  if (!notes.isEmpty()) message_->showMessage(MessageBar::Kind::Warning, notes.join(". ") + '.');
  showState();
}

QString EvaluateDialog::summary(std::size_t target) const {
  std::size_t index = 0;
  for (const OutputEvaluation& output : result_->outputs)
    for (const TargetEvaluation& each : output.targets) {
      if (index++ != target) continue;
      const Evaluation& scores = each.scores;
      const std::int64_t samples = result_->labelled.samples.rows;
      const QString source = toQString(result_->labelled.name);
      QStringList parts{samples == 1 ? tr("1 sample: %1").arg(source)
                                     : tr("%1 samples: %2").arg(wholeCountText(samples), source)};
      if (scores.classes.empty()) {
        parts += tr("MAE %1").arg(scoreText(scores.mae));
        parts += tr("RMSE %1").arg(scoreText(scores.rmse));
        parts += tr("R² %1").arg(scoreText(scores.r2));
      } else {
        const std::int64_t rows = result_->answers[target].classes.perSample;
        parts += rows > 1 ? tr("accuracy %1 of pixels or steps").arg(scoreText(scores.accuracy()))
                          : tr("accuracy %1").arg(scoreText(scores.accuracy()));
      }
      if (output.loss) parts += tr("loss %1").arg(scoreText(*output.loss));
      return parts.join(" · ");
    }
  return {};
}

void EvaluateDialog::showTarget() {
  if (!result_ || target_->currentIndex() < 0) return;
  const auto target = static_cast<std::size_t>(target_->currentIndex());
  summary_->setText(summary(target));
  view_->showTarget(result_, target);
}

void EvaluateDialog::showState() {
  const bool own = data_->currentData().toInt() == kOwnData;
  form_->setEnabled(!evaluating_);
  fileRow_->setVisible(own);
  bar_->setVisible(evaluating_);
  bar_->setValue(static_cast<int>(1000 * progress_));
  start_->setText(evaluating_ ? tr("Stop") : tr("&Evaluate"));
  const bool ready = !model_->text().isEmpty() && (!own || !file_->text().isEmpty());
  start_->setEnabled(evaluating_ || ready);
  start_->setToolTip(ready                      ? QString()
                     : model_->text().isEmpty() ? tr("Choose a model first.")
                                                : tr("Choose a labelled file or folder first."));
}

void EvaluateDialog::save(bool picture) {
  const QString name = fileName((title_.isEmpty() ? tr("evaluation") : title_) + ' ' + view_->tabName());
  const QString path = picture ? askSaveFile(this, tr("Save image"), name, ".png",
                                             tr("PNG images (*.png);;SVG images (*.svg)"))
                               : askSaveFile(this, tr("Save table"), name, ".csv", tr("CSV tables (*.csv)"));
  if (path.isEmpty()) return;
  const Status saved = picture ? view_->savePicture(path) : view_->saveTable(path);
  if (saved.ok())
    message_->showMessage(MessageBar::Kind::Note, tr("Saved to %1.").arg(QDir::toNativeSeparators(path)));
  else
    message_->showError(saved.error());
}

}  // namespace tandem::ui
