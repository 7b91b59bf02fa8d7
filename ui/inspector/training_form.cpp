#include "ui/inspector/training_form.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/network/setting_range.h"
#include "core/text/spaced.h"
#include "ui/inspector/augment_form.h"
#include "ui/inspector/heads_form.h"
#include "ui/inspector/metrics_form.h"
#include "ui/inspector/schedule_plot.h"
#include "ui/inspector/target_picker.h"
#include "ui/inspector/typed_form.h"
#include "ui/models/format.h"
#include "ui/models/training_heads.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
template <class Member>
void TrainingForm::addNumber(const Text& text, Member member, Applies applies, const QString& zero) {
  using Number = std::remove_reference_t<decltype(member(std::declval<Config&>()))>;
  auto* box = new NumberBox(std::is_integral_v<Number> ? NumberBox::Whole : NumberBox::Real);
  Config config;
  const ValueRange range = rangeOf(config, &member(config));
  box->setRange(range.minimum, range.maximum);
  box->setZeroText(zero);
  addField(form_, box, text.name, text.label, text.tooltip);
  const QString label = changeOf(text.label);
  connect(box, &NumberBox::valueChanged, this, [=, this](double value) {
    edit(label, [&](Config& c) { member(c) = static_cast<Number>(value); });
  });
  fields_.push_back({[=, this] {
                       Config shown = document_.training();
                       const QSignalBlocker blocker(box);
                       box->setValue(static_cast<double>(member(shown)));
                     },
                     std::move(applies), form_, box});
}

TrainingForm::TrainingForm(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), column_(new QVBoxLayout(this)) {
  setObjectName("trainingForm");
  column_->setContentsMargins(12, 8, 12, 12);
  column_->setSpacing(6);
  addFit();
  heads_ = new HeadsForm(document_);
  const auto needsHeads = [this](const Config&) { return HeadsForm::isNeeded(document_); };
  const auto showHeads = [this] {
    if (HeadsForm::isNeeded(document_)) heads_->refresh();
  };
  addForm(heads_, showHeads, needsHeads);
  section(tr("Optimizer"));
  addTyped(new TypedForm(document_, accessTo<OptimizerDef>([](auto& c) -> auto& { return c.optimizer; }),
                         "training_optimizer", tr("&Method"), tr("How the gradients update the weights")));
  section(tr("Schedule"));
  addTyped(new TypedForm(document_, accessTo<ScheduleDef>([](auto& c) -> auto& { return c.schedule; }),
                         "training_schedule", tr("S&chedule"),
                         tr("How the learning rate changes during the run")));
  auto* plot = new SchedulePlot(document_);
  addForm(plot, [plot] { plot->refresh(); });
  QLabel* title = section(tr("Metrics"));
  auto* metrics = new MetricsForm(document_, {[] { return std::size_t{0}; }, "training"});
  const auto showMetrics = [this, title, metrics] {
    title->setVisible(!HeadsForm::isNeeded(document_));
    metrics->refresh();
  };
  addForm(metrics, showMetrics, onlyHead());
  QLabel* augmentation = section(tr("Augmentation"));
  auto* augment = new AugmentForm(document_);
  const auto showAugment = [augmentation, augment] {
    augmentation->setVisible(augment->isNeeded());
    augment->refresh();
  };
  addForm(augment, showAugment, [augment](const Config&) { return augment->isNeeded(); });
  addRegularization();
  column_->addStretch();
  alignCaptions(this);
  connect(&document_, &ProjectDocument::projectReplaced, this, [this] { CommittedText::restoreAll(this); });
  // Heads depend on the outputs of the network and the targets of the data.
  for (const auto change : {&ProjectDocument::trainingChanged, &ProjectDocument::networkChanged,
                            &ProjectDocument::dataInfoChanged})
    connect(&document_, change, this, &TrainingForm::refresh);
  refresh();
}

void TrainingForm::addFit() {
  section(tr("General"));
  TypedAccess loss = accessTo<LossDef>([](auto& c) -> auto& { return c.heads[0].loss; });
  loss.adjust = fitMetrics;
  loss.detail = [this](const Config& c, const Property& property) {
    return toQString(classWeightLines(c.heads[0], property, document_.dataInfo()));
  };
  addTyped(
      new TypedForm(document_, std::move(loss), "training_loss", tr("&Loss"), tr("The loss to minimize")),
      onlyHead());
  auto* target = new TargetPicker(document_, {[] { return std::size_t{0}; }, "training"});
  addField(form_, target, "training_target", tr("Target"), targetTip());
  fields_.push_back({[target] { target->refresh(); }, onlyHead(), form_, target});
  addNumber(
      {"training_epochs", tr("Ep&ochs"), tr("Passes over the training data")},
      [](Config & c) -> auto& { return c.epochs; });
  addNumber(
      {"training_batch", tr("&Batch size"),
       tr("Samples per step: larger is faster per sample, smaller often generalizes better")},
      [](Config & c) -> auto& { return c.batch; });
  addNumber(
      {"training_accumulate", tr("Accumulate"),
       tr("Accumulate gradients over N steps: the weights are updated once per N batches, by the mean of their "
          "gradients, as if they were one batch of N times the size. Uses only as much memory as one batch. 1: off")},
      [](Config & c) -> auto& { return c.accumulate; });
  addNumber(
      {"training_seed", tr("&Seed"),
       tr("The same seed gives the same initial weights and batches on every device")},
      [](Config & c) -> auto& { return c.seed; });
  addInitialWeights();
  addChoice(
      {"training_kernels", tr("&Kernels"),
       tr("Deterministic: repeating a run on the same device gives bit-identical results. Fast: also allow "
          "non-deterministic GPU kernels (last digits may vary between runs); the CPU has none")},
      {tr("Deterministic"), tr("Fast")}, [](const Config& c) { return c.device.deterministic ? 0 : 1; },
      [](Config& c, int i) { c.device.deterministic = i == 0; });
}

void TrainingForm::addRegularization() {
  section(tr("Regularization and stopping"));
  addNumber(
      {"training_l1", tr("L1"),
       tr("Penalty on the absolute values of the weights, excluding biases; drives some weights to zero")},
      [](Config & c) -> auto& { return c.l1; });
  addNumber(
      {"training_l2", tr("L2"), tr("Penalty on the squares of the weights, excluding biases")},
      [](Config & c) -> auto& { return c.l2; });
  addChoice(
      {"training_clip", tr("Gradient clipping"), tr("By the global norm of all gradients, or each value")},
      {tr("Off"), tr("By norm"), tr("By value")}, [](const Config& c) { return static_cast<int>(c.clip); },
      [](Config& c, int i) { c.clip = static_cast<ClipKind>(i); });
  addNumber(
      {"training_clip_limit", tr("Limit"), tr("Maximum norm or value")},
      [](Config & c) -> auto& { return c.clipLimit; },
      [](const Config& c) { return c.clip != ClipKind::None; });
  addNumber(
      {"training_average", tr("Weight averaging"),
       tr("Decay of an exponential moving average (EMA) of the weights, usually 0.99 to 0.9999. Validation, the best "
          "epoch, predictions and exports use the averaged weights; training continues with the others")},
      [](Config & c) -> auto& { return c.average; }, {}, tr("off"));
  addMonitor();
  addNumber(
      {"training_early_stopping", tr("Early stopping"),
       tr("Stop after this many epochs without improvement of the value that decides about the best epoch")},
      [](Config & c) -> auto& { return c.earlyStoppingPatience; }, {}, tr("off"));
  addNumber(
      {"training_checkpoint_epochs", tr("Checkpoint"),
       tr("Epochs between checkpoints; one is always saved at the end")},
      [](Config & c) -> auto& { return c.checkpointEpochs; }, {}, tr("at the end"));
}

QLabel* TrainingForm::section(const QString& title) {
  QLabel* label = sectionLabel(title);
  column_->addWidget(label);
  form_ = makeForm();
  column_->addLayout(form_);
  return label;
}

void TrainingForm::addForm(QWidget* form, std::function<void()> refresh, Applies applies) {
  column_->addWidget(form);
  form_ = makeForm();  // further fields follow
  column_->addLayout(form_);
  fields_.push_back({std::move(refresh), std::move(applies), nullptr, form});
}

void TrainingForm::addTyped(TypedForm* form, Applies applies) {
  addForm(
      form, [form] { form->refresh(); }, std::move(applies));
}

TrainingForm::Applies TrainingForm::onlyHead() {
  return [this](const Config&) { return !HeadsForm::isNeeded(document_); };
}

void TrainingForm::addInitialWeights() {
  auto* row = new QWidget;
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  const QString label = tr("Start from"), change = changeOf(label);
  auto* path = new TextField([this, change](const QString& text) {
    const QString file = text.trimmed();
    const QDir folder =
        document_.filePath().isEmpty() ? QDir::current() : QFileInfo(document_.filePath()).absoluteDir();
    const QString whole = file.isEmpty() ? QString() : QDir::cleanPath(folder.absoluteFilePath(file));
    if (!whole.isEmpty() && !QFileInfo::exists(whole))
      return Status(invalid(tr("There is no file %1").arg(whole).toStdString(), {},
                            tr("Choose a checkpoint or a Keras model").toStdString()));
    edit(change, [&](Config& c) { c.initialWeights = whole.toStdString(); });
    return success();
  });
  path->setPlaceholderText(tr("Initializers"));
  auto* browse = new QPushButton(tr("Browse…"));
  layout->addWidget(path, 1);
  layout->addWidget(browse);
  const QString tip = tr(
      "A checkpoint or a Keras model (.h5). Layers of the same name and shape start with its weights, the others "
      "with their initializers. Empty: initialize all layers");
  addField(form_, row, "training_initial_weights_row", label, tip);
  describe(path, "training_initial_weights", label, tip);
  describe(browse, "training_browse_weights", tr("Browse for weights"), tr("Open a file dialog"));
  row->setFocusProxy(path);
  connect(browse, &QPushButton::clicked, this, [=, this] {
    const QString start = path->text().isEmpty() ? QDir::homePath() : path->text();
    const QString file = QFileDialog::getOpenFileName(this, tr("Choose weights"), start,
                                                      tr("Weights (*.h5 *.hdf5 *.keras);;All files (*)"));
    if (!file.isEmpty()) edit(change, [&](Config& c) { c.initialWeights = file.toStdString(); });
  });
  fields_.push_back(
      {[=, this] { path->setStored(QString::fromStdString(document_.training().initialWeights)); },
       {},
       form_,
       row});
}

void TrainingForm::addMonitor() {
  auto* box = new ChoiceBox;
  const QString label = tr("Best epoch by");
  addField(
      form_, box, "training_monitor", label,
      tr("The value on the validation set that decides which weights are used by default, when to stop early "
         "and when to reduce the rate on a plateau"));
  connect(box, &QComboBox::currentIndexChanged, this, [=, this](int index) {
    edit(changeOf(label), [&](Config& c) { c.monitor = box->itemData(index).toString().toStdString(); });
  });
  const auto show = [this, box] {
    const Config& config = document_.training();
    std::vector<std::string> names{"loss"};
    for (const Head& head : config.heads) {
      if (config.heads.size() > 1) names.push_back(reportName(config, head, "loss"));
      for (const MetricConfig& metric : head.reportedMetrics())
        if (metric.def().view == MetricView::Number)
          names.push_back(reportName(config, head, nameOf(metric)));
    }
    if (std::ranges::find(names, config.monitor) == names.end())
      names.push_back(config.monitor);  // of a file
    const QSignalBlocker blocker(box);
    for (int i = 0; i < static_cast<int>(names.size()); ++i) {
      const std::string& name = names[static_cast<std::size_t>(i)];
      const QString text = toQString(spacedReport(name));
      if (i == box->count()) box->addItem({});
      box->setItemData(i, toQString(name));
      const bool ofOutput = name.find(' ') != std::string::npos;  // which has a name of the user's
      box->setItemText(i, ofOutput ? text : text.left(1).toUpper() + text.mid(1));
    }
    box->setMaxCount(static_cast<int>(names.size()));
    box->setMaxCount(std::numeric_limits<int>::max());
    box->setCurrentIndex(box->findData(toQString(config.monitor)));
  };
  fields_.push_back({show, {}, form_, box});
}

void TrainingForm::addChoice(const Text& text, const QStringList& choices,
                             const std::function<int(const Config&)>& read,
                             std::function<void(Config&, int)> write) {
  auto* box = new ChoiceBox;
  box->addItems(choices);
  addField(form_, box, text.name, text.label, text.tooltip);
  const QString label = changeOf(text.label);
  connect(box, &QComboBox::currentIndexChanged, this,
          [=, this](int index) { edit(label, [&](Config& c) { write(c, index); }); });
  fields_.push_back({[=, this] {
                       const QSignalBlocker blocker(box);
                       box->setCurrentIndex(read(document_.training()));
                     },
                     {},
                     form_,
                     box});
}

void TrainingForm::edit(const QString& label, const std::function<void(Config&)>& change) {
  Config config = document_.training();
  change(config);
  document_.setTraining(config, label);
}

void TrainingForm::refresh() {
  for (const Field& field : fields_) {
    field.show();
    if (!field.applies) continue;
    const bool visible = field.applies(document_.training());
    if (field.form != nullptr)
      field.form->setRowVisible(field.widget, visible);
    else
      field.widget->setVisible(visible);
  }
}

void TrainingForm::setLocked(bool locked) {
  for (const Field& field : fields_)
    if (field.widget != heads_) field.widget->setEnabled(!locked);
  heads_->setLocked(locked);
}

}  // namespace tandem::ui
