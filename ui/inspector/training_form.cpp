#include "ui/inspector/training_form.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/widgets/fields.h"

namespace tandem::ui {

TrainingForm::TrainingForm(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), column_(new QVBoxLayout(this)) {
  setObjectName("trainingForm");
  column_->setContentsMargins(12, 8, 12, 12);
  column_->setSpacing(6);
  addFit();
  addOptimizer();
  addSchedule();
  addRegularization();
  column_->addStretch();
  alignCaptions(this);
  connect(&document_, &ProjectDocument::trainingChanged, this, &TrainingForm::refresh);
  refresh();
}

void TrainingForm::addFit() {
  section(tr("General"));
  addChoice(
      {"training_loss", tr("&Loss"),
       tr("The loss to minimize: softmax cross-entropy for classes, squared or absolute error for numbers")},
      {tr("Softmax cross-entropy"), tr("Binary cross-entropy"), tr("Mean squared error"),
       tr("Mean absolute error"), tr("Huber")},
      [](const Config& c) { return static_cast<int>(c.loss); },
      [](Config& c, int i) { c.loss = static_cast<LossKind>(i); });
  addNumber(
      {"training_huber_delta", tr("Huber delta"),
       tr("Error at which the loss changes from quadratic to linear")},
      1e-9, 1e9, [](Config& c) -> double& { return c.huberDelta; },
      [](const Config& c) { return c.loss == LossKind::Huber; });
  addInteger(
      {"training_top_k", tr("Top-k"),
       tr("Also report how often the correct class is among the k most likely; 0 turns it off")},
      0, 1000, [](const Config& c) { return c.topK; }, [](Config& c, int v) { c.topK = v; }, tr("off"),
      [](const Config& c) { return c.loss == LossKind::SoftmaxCrossEntropy; });
  addInteger(
      {"training_epochs", tr("&Epochs"), tr("Passes over the training data")}, 1, 1'000'000,
      [](const Config& c) { return c.epochs; }, [](Config& c, int v) { c.epochs = v; });
  addInteger(
      {"training_batch", tr("&Batch"),
       tr("Samples per step: larger is faster per sample, smaller often generalizes better")},
      1, 1 << 20, [](const Config& c) { return c.batch; }, [](Config& c, int v) { c.batch = v; });
  addInteger(
      {"training_seed", tr("&Seed"),
       tr("The same seed gives the same initial weights and batches on every device")},
      0, std::numeric_limits<int>::max(), [](const Config& c) { return static_cast<std::int64_t>(c.seed); },
      [](Config& c, int v) { c.seed = static_cast<std::uint64_t>(v); });
  addChoice(
      {"training_kernels", tr("&Kernels"),
       tr("Deterministic: repeating a run on the same device gives bit-identical results. Fast: also allow "
          "non-deterministic GPU kernels (last digits may vary between runs); the CPU has none")},
      {tr("Deterministic"), tr("Fast")}, [](const Config& c) { return c.device.deterministic ? 0 : 1; },
      [](Config& c, int i) { c.device.deterministic = i == 0; });
}

void TrainingForm::addOptimizer() {
  section(tr("Optimizer"));
  const auto kind = [](std::initializer_list<OptimizerKind> kinds) {
    return [kinds = std::vector(kinds)](const Config& c) {
      return std::find(kinds.begin(), kinds.end(), c.optimizer.kind) != kinds.end();
    };
  };
  using enum OptimizerKind;
  addChoice(
      {"training_optimizer", tr("&Method"), tr("How gradients change the weights")},
      {tr("SGD"), tr("Adam"), tr("AdamW"), tr("RMSprop")},
      [](const Config& c) { return static_cast<int>(c.optimizer.kind); },
      [](Config& c, int i) { c.optimizer.kind = static_cast<OptimizerKind>(i); });
  addNumber({"training_learning_rate", tr("Learning &rate"), tr("Step size; the schedule scales it")}, 0,
            1000, [](Config& c) -> double& { return c.optimizer.learningRate; });
  addNumber(
      {"training_momentum", tr("Momentum"), tr("Fraction of the previous update that carries over")}, 0, 1,
      [](Config& c) -> double& { return c.optimizer.momentum; }, kind({Sgd, RmsProp}));
  addBoolean(
      {"training_nesterov", tr("Nesterov"), tr("Evaluate the gradient after the momentum step")},
      [](Config& c) -> bool& { return c.optimizer.nesterov; }, kind({Sgd}));
  addNumber(
      {"training_beta1", tr("Beta 1"), tr("Decay rate of the mean of the gradients")}, 0, 1,
      [](Config& c) -> double& { return c.optimizer.beta1; }, kind({Adam, AdamW}));
  addNumber(
      {"training_beta2", tr("Beta 2"), tr("Decay rate of the mean of the squared gradients")}, 0, 1,
      [](Config& c) -> double& { return c.optimizer.beta2; }, kind({Adam, AdamW}));
  addNumber(
      {"training_rho", tr("Rho"), tr("Decay rate of the mean of the squared gradients")}, 0, 1,
      [](Config& c) -> double& { return c.optimizer.rho; }, kind({RmsProp}));
  addNumber(
      {"training_epsilon", tr("Epsilon"), tr("Prevents division by zero")}, 0, 1,
      [](Config& c) -> double& { return c.optimizer.epsilon; }, kind({Adam, AdamW, RmsProp}));
  addNumber(
      {"training_weight_decay", tr("Weight decay"),
       tr("Pulls the weights towards zero; AdamW decouples it from the gradient")},
      0, 100, [](Config& c) -> double& { return c.optimizer.weightDecay; }, kind({Sgd, Adam, AdamW}));
}

void TrainingForm::addSchedule() {
  section(tr("Schedule"));
  const auto kind = [](std::initializer_list<ScheduleKind> kinds) {
    return [kinds = std::vector(kinds)](const Config& c) {
      return std::find(kinds.begin(), kinds.end(), c.schedule.kind) != kinds.end();
    };
  };
  using enum ScheduleKind;
  addChoice(
      {"training_schedule", tr("S&chedule"), tr("How the learning rate changes during the run")},
      {tr("Constant"), tr("Step"), tr("Exponential"), tr("Cosine"), tr("Reduce on plateau")},
      [](const Config& c) { return static_cast<int>(c.schedule.kind); },
      [](Config& c, int i) { c.schedule.kind = static_cast<ScheduleKind>(i); });
  addInteger(
      {"training_warmup", tr("Warm-up steps"), tr("Steps over which the rate rises from 0")}, 0, 10'000'000,
      [](const Config& c) { return c.schedule.warmupSteps; },
      [](Config& c, int v) { c.schedule.warmupSteps = v; }, tr("none"));
  addInteger(
      {"training_step_epochs", tr("Interval"), tr("Epochs between two reductions")}, 1, 1'000'000,
      [](const Config& c) { return c.schedule.stepEpochs; },
      [](Config& c, int v) { c.schedule.stepEpochs = v; }, {}, kind({Step}));
  addNumber(
      {"training_gamma", tr("Factor"), tr("The rate is multiplied by this")}, 0, 1,
      [](Config& c) -> double& { return c.schedule.gamma; }, kind({Step, Exponential, ReduceOnPlateau}));
  addNumber(
      {"training_minimum_rate", tr("Minimum rate"), tr("The rate does not fall below this")}, 0, 1000,
      [](Config& c) -> double& { return c.schedule.minimumRate; }, kind({Cosine, ReduceOnPlateau}));
  addInteger(
      {"training_patience", tr("Patience"),
       tr("Epochs without improvement of the validation loss before the rate is reduced")},
      1, 1'000'000, [](const Config& c) { return c.schedule.patience; },
      [](Config& c, int v) { c.schedule.patience = v; }, {}, kind({ReduceOnPlateau}));
}

void TrainingForm::addRegularization() {
  section(tr("Regularization and stopping"));
  addNumber({"training_l1", tr("L1"), tr("Penalty on absolute weights, without biases; drives some to zero")},
            0, 1000, [](Config& c) -> double& { return c.l1; });
  addNumber({"training_l2", tr("L2"), tr("Penalty on squared weights, without biases")}, 0, 1000,
            [](Config& c) -> double& { return c.l2; });
  addChoice(
      {"training_clip", tr("Clip gradients"), tr("By the global norm of all gradients, or each value")},
      {tr("Off"), tr("By norm"), tr("By value")}, [](const Config& c) { return static_cast<int>(c.clip); },
      [](Config& c, int i) { c.clip = static_cast<ClipKind>(i); });
  addNumber(
      {"training_clip_limit", tr("Limit"), tr("Maximum norm or value")}, 1e-12, 1e9,
      [](Config& c) -> double& { return c.clipLimit; },
      [](const Config& c) { return c.clip != ClipKind::None; });
  addInteger(
      {"training_early_stopping", tr("Early stopping"),
       tr("Stop after this many epochs without improvement of the validation loss")},
      0, 1'000'000, [](const Config& c) { return c.earlyStoppingPatience; },
      [](Config& c, int v) { c.earlyStoppingPatience = v; }, tr("off"));
  addInteger(
      {"training_checkpoint_epochs", tr("Checkpoint"),
       tr("Epochs between checkpoints; one is always saved at the end")},
      0, 1'000'000, [](const Config& c) { return c.checkpointEpochs; },
      [](Config& c, int v) { c.checkpointEpochs = v; }, tr("at the end"));
}

QFormLayout* TrainingForm::section(const QString& title) {
  column_->addWidget(sectionLabel(title));
  form_ = makeForm();
  column_->addLayout(form_);
  return form_;
}

void TrainingForm::addNumber(const Text& text, double minimum, double maximum,
                             std::function<double&(Config&)> member,
                             std::function<bool(const Config&)> applies) {
  auto* box = new NumberBox;
  box->setRange(minimum, maximum);
  addField(form_, box, text.name, text.label, text.tooltip);
  const QString label = tr("Change %1").arg(QString(text.label).remove('&').toLower());
  connect(box, &QDoubleSpinBox::valueChanged, this,
          [=, this](double value) { edit(label, [&](Config& c) { member(c) = value; }); });
  fields_.push_back({[=, this] {
                       Config config = document_.training();
                       const QSignalBlocker blocker(box);
                       box->setValue(member(config));
                     },
                     std::move(applies), form_, box});
}

void TrainingForm::addBoolean(const Text& text, std::function<bool&(Config&)> member,
                              std::function<bool(const Config&)> applies) {
  auto* box = new QCheckBox;
  addField(form_, box, text.name, text.label, text.tooltip);
  const QString label = tr("Change %1").arg(QString(text.label).remove('&').toLower());
  connect(box, &QCheckBox::toggled, this,
          [=, this](bool on) { edit(label, [&](Config& c) { member(c) = on; }); });
  fields_.push_back({[=, this] {
                       Config config = document_.training();
                       const QSignalBlocker blocker(box);
                       box->setChecked(member(config));
                     },
                     std::move(applies), form_, box});
}

void TrainingForm::addInteger(const Text& text, int minimum, int maximum,
                              const std::function<std::int64_t(const Config&)>& read,
                              std::function<void(Config&, int)> write, const QString& zero,
                              std::function<bool(const Config&)> applies) {
  auto* box = new IntegerBox;
  box->setRange(minimum, maximum);
  if (!zero.isEmpty()) box->setSpecialValueText(zero);
  addField(form_, box, text.name, text.label, text.tooltip);
  const QString label = tr("Change %1").arg(QString(text.label).remove('&').toLower());
  connect(box, &QSpinBox::valueChanged, this,
          [=, this](int value) { edit(label, [&](Config& c) { write(c, value); }); });
  fields_.push_back(
      {[=, this] {
         const QSignalBlocker blocker(box);
         box->setValue(static_cast<int>(std::min<std::int64_t>(read(document_.training()), box->maximum())));
       },
       std::move(applies), form_, box});
}

void TrainingForm::addChoice(const Text& text, const QStringList& choices,
                             const std::function<int(const Config&)>& read,
                             std::function<void(Config&, int)> write) {
  auto* box = new ChoiceBox;
  box->addItems(choices);
  addField(form_, box, text.name, text.label, text.tooltip);
  const QString label = tr("Change %1").arg(QString(text.label).remove('&').toLower());
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
    if (field.applies) field.form->setRowVisible(field.widget, field.applies(document_.training()));
  }
}

void TrainingForm::setLocked(bool locked) {
  for (const Field& field : fields_) field.widget->setEnabled(!locked);
}

}  // namespace tandem::ui
