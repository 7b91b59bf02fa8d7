#include "ui/inspector/heads_form.h"

#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "core/network/setting_range.h"
#include "ui/inspector/metrics_form.h"
#include "ui/inspector/target_picker.h"
#include "ui/inspector/typed_form.h"
#include "ui/models/format.h"
#include "ui/models/training_heads.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

bool HeadsForm::isNeeded(const ProjectDocument& document) {
  const std::vector<Head>& heads = document.training().heads;
  const std::vector<Source> outputs = document.network().outputs();
  if (heads.size() > 1 || outputs.size() > 1 || heads[0].weight != Head().weight) return true;
  if (heads[0].output.empty()) return false;
  return outputs.empty() || document.network().nameOf(outputs[0]) != heads[0].output;
}

HeadsForm::HeadsForm(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      access_{[this] { return index(); }, "head", [this] { return nameOf(head()); }} {
  setObjectName("headsForm");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addWidget(sectionLabel(tr("Heads")));
  auto* form = makeForm();
  column->addLayout(form);
  choice_ = new ChoiceBox;
  addField(form, choice_, "head_choice", tr("Head"),
           tr("Each head trains one output of the network; the fields below are those of this head"));
  connect(choice_, &QComboBox::currentIndexChanged, this,
          [this](int index) { choose(static_cast<std::size_t>(index)); });
  add_ = new QPushButton(tr("Add"));
  remove_ = new QPushButton(tr("Remove"));
  describe(add_, "head_add", tr("Add head"), {});
  describe(remove_, "head_remove", tr("Remove head"), {});
  connect(add_, &QPushButton::clicked, this, &HeadsForm::add);
  connect(remove_, &QPushButton::clicked, this, &HeadsForm::remove);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  buttons->addWidget(add_);
  buttons->addWidget(remove_);
  column->addLayout(buttons);
  buildHead(column);
  connect(&document_, &ProjectDocument::projectReplaced, this, [this] { chosen_ = 0; });
  refresh();
}

void HeadsForm::buildHead(QVBoxLayout* column) {
  auto* form = makeForm();
  column->addLayout(form);
  output_ = new ChoiceBox;
  output_->setPlaceholderText(tr("Choose…"));
  addField(form, output_, "head_output", tr("Output"), tr("The layer output that this head trains"));
  connect(output_, &QComboBox::currentIndexChanged, this, [this](int item) {
    const std::string layer = output_->itemData(item).toString().toStdString();
    edit(tr("Output"), [&](Config& c) { setOutput(c, index(), layer); });
  });
  target_ = new TargetPicker(document_, access_);
  addField(form, target_, "head_target", tr("Target"), targetTip());
  TypedAccess loss = accessTo<LossDef>([head = access_](auto& c) -> auto& { return head.in(c).loss; });
  loss.adjust = fitMetrics;
  loss.detail = [this](const Config& c, const Property& property) {
    return toQString(classWeightLines(access_.in(c), property, document_.dataInfo()));
  };
  loss.prefix = access_.prefix;
  loss.owner = access_.owner;
  loss_ = new TypedForm(document_, std::move(loss), "head_loss", tr("&Loss"), tr("The loss of this head"));
  column->addWidget(loss_);
  form = makeForm();
  column->addLayout(form);
  weight_ = new NumberBox(NumberBox::Real);
  const Head any;
  const ValueRange range = rangeOf(any, &any.weight);
  weight_->setRange(range.minimum, range.maximum);
  addField(form, weight_, "head_weight", tr("Weight"),
           tr("The factor of this loss in the sum of all losses, which is minimized"));
  connect(weight_, &NumberBox::valueChanged, this,
          [this](double value) { edit(tr("Weight"), [&](Config& c) { access_.in(c).weight = value; }); });
  column->addWidget(new QLabel(tr("Metrics")));
  metrics_ = new MetricsForm(document_, access_);
  column->addWidget(metrics_);
}

std::size_t HeadsForm::index() const {
  return std::min(chosen_, document_.training().heads.size() - 1);
}

QString HeadsForm::nameOf(const Head& head) const {
  return toQString(outputName(head, document_.network()));
}

void HeadsForm::choose(std::size_t index) {
  chosen_ = index;
  CommittedText::restoreAll(this);  // what was typed was meant for the other head
  refresh();
}

void HeadsForm::add() {
  Config config = document_.training();
  addHeads(config, document_.network(), document_.dataInfo(), 1);
  chosen_ = config.heads.size() - 1;
  document_.setTraining(config, tr("Add head for %1").arg(nameOf(config.heads.back())));
}

void HeadsForm::remove() {
  Config config = document_.training();
  const QString name = nameOf(head());
  removeHead(config, index());
  document_.setTraining(config, tr("Remove head for %1").arg(name));
}

void HeadsForm::edit(const QString& label, const std::function<void(Config&)>& change) {
  Config config = document_.training();
  change(config);
  document_.setTraining(config, changeOf(label, access_.name()));
}

void HeadsForm::refresh() {
  refreshChoice();
  refreshButtons();
  refreshOutputs();
  target_->refresh();
  loss_->refresh();
  const QSignalBlocker blocker(weight_);
  weight_->setValue(head().weight);
  metrics_->refresh();
  if (parentWidget() != nullptr) alignCaptions(parentWidget());
}

void HeadsForm::refreshChoice() {
  const std::vector<Head>& heads = document_.training().heads;
  const QSignalBlocker blocker(choice_);
  while (choice_->count() > static_cast<int>(heads.size())) choice_->removeItem(choice_->count() - 1);
  for (int i = 0; i < static_cast<int>(heads.size()); ++i) {
    if (i == choice_->count()) choice_->addItem({});
    const QString name = nameOf(heads[static_cast<std::size_t>(i)]);
    choice_->setItemText(i, name.isEmpty() ? tr("no output") : name);
  }
  choice_->setCurrentIndex(static_cast<int>(index()));
}

void HeadsForm::refreshButtons() {
  const Network& network = document_.network();
  const std::size_t count = document_.training().heads.size();
  Config more = document_.training();
  addHeads(more, network, document_.dataInfo(), 1);
  const bool open = more.heads.size() > count;
  add_->setEnabled(open && !locked_);
  add_->setToolTip(open                        ? tr("Add a head for an output that has none")
                   : network.outputs().empty() ? tr("The network has no output")
                   : count == kMaxHeads        ? tr("There can be at most %1 heads").arg(kMaxHeads)
                                               : tr("Each output of the network has a head"));
  remove_->setEnabled(count > 1 && !locked_);
  remove_->setToolTip(count > 1 ? tr("Remove this head; its output is then not trained")
                                : tr("A network needs at least one head"));
}

void HeadsForm::refreshOutputs() {
  const Network& network = document_.network();
  const std::string current = outputName(head(), network);
  std::vector<std::string> layers, outputs;
  for (const Source& output : network.outputs()) outputs.push_back(network.nameOf(output));
  for (const Layer& layer : network.layers())
    for (const Source& output : layer.type == "input" ? std::vector<Source>() : outputsOf(layer))
      if (std::string name = network.nameOf(output); std::ranges::find(outputs, name) == outputs.end())
        layers.push_back(std::move(name));
  if (!current.empty() && !network.findSource(current)) outputs.push_back(current);  // of a file
  for (std::size_t i = 0; i < document_.training().heads.size(); ++i) {
    if (i == index()) continue;
    const std::string other = outputName(document_.training().heads[i], network);
    std::erase(layers, other);
    std::erase(outputs, other);
  }
  const QSignalBlocker blocker(output_);
  // A large network has thousands of layers.
  if (auto shown = std::pair(std::move(layers), std::move(outputs)); shown != shownOutputs_) {
    shownOutputs_ = std::move(shown);
    output_->clear();
    for (const std::string& name : shownOutputs_->second) output_->addItem(toQString(name), toQString(name));
    if (!shownOutputs_->first.empty()) output_->insertSeparator(output_->count());
    for (const std::string& name : shownOutputs_->first) output_->addItem(toQString(name), toQString(name));
  }
  output_->setCurrentIndex(current.empty() ? -1 : output_->findData(toQString(current)));
}

void HeadsForm::setLocked(bool locked) {
  locked_ = locked;
  refreshButtons();
  for (QWidget* field :
       {static_cast<QWidget*>(output_), static_cast<QWidget*>(target_), static_cast<QWidget*>(loss_),
        static_cast<QWidget*>(weight_), static_cast<QWidget*>(metrics_)})
    field->setEnabled(!locked);
}

}  // namespace tandem::ui
