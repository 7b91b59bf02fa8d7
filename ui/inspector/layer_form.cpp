#include "ui/inspector/layer_form.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/editor/layer_glyph.h"
#include "ui/inspector/layer_help_box.h"
#include "ui/inspector/property_editor.h"
#include "ui/inspector/property_rows.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

LayerForm::LayerForm(ProjectDocument& document, QWidget* parent) : QWidget(parent), document_(document) {
  setObjectName("layerForm");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 12, 12, 12);
  layout->setSpacing(8);

  auto* head = new QHBoxLayout;
  icon_ = new QLabel;
  icon_->setFixedSize(36, 36);
  title_ = sectionLabel({});
  title_->setObjectName("layerTitle");
  title_->setContentsMargins(0, 0, 0, 0);
  head->addWidget(icon_);
  head->addWidget(title_, 1);
  layout->addLayout(head);
  summary_ = new QLabel;
  summary_->setWordWrap(true);
  layout->addWidget(summary_);
  help_ = new LayerHelpBox;
  layout->addWidget(help_);

  problem_ = new QWidget;
  problem_->setObjectName("layerProblem");
  problem_->setAttribute(Qt::WA_StyledBackground);
  auto* problemLayout = new QVBoxLayout(problem_);
  problemText_ = new QLabel;
  problemText_->setObjectName("layerProblemText");
  problemText_->setWordWrap(true);
  problemText_->setTextFormat(Qt::PlainText);
  fix_ = new QPushButton;
  fix_->setObjectName("layerFix");
  problemLayout->addWidget(problemText_);
  problemLayout->addWidget(fix_, 0, Qt::AlignLeft);
  layout->addWidget(problem_);

  nameForm_ = makeForm();
  name_ = new TextField([this](const QString& name) { return document_.rename(id_, name); });
  addField(nameForm_, name_, "layerName", tr("&Name"),
           tr("Must be unique in the network; also names the weights in exported files"));
  trainable_ = new QCheckBox(tr("Training changes its weights"));
  addField(nameForm_, trainable_, "layerTrainable", tr("Trainable"), trainableTip());
  error_ = new QLabel;
  error_->setObjectName("layerError");
  error_->setWordWrap(true);
  error_->setTextFormat(Qt::PlainText);
  nameForm_->addRow(error_);
  layout->addLayout(nameForm_);
  layout->addWidget(sectionLabel(tr("Output and cost")));

  facts_ = makeForm();
  output_ = addFact(facts_, "factOutput", tr("Output"),
                    tr("Output shape for one sample; images are height × width × channels"));
  parameters_ = addFact(facts_, "factParameters", tr("Parameters"), parametersTip());
  flops_ = addFact(facts_, "factFlops", tr("Forward"),
                   tr("Floating-point operations of the forward pass for one sample; training takes about "
                      "three times as many"));
  activations_ = addFact(facts_, "factActivations", tr("Activations"),
                         tr("Memory for the output of one sample, in single precision"));
  layout->addLayout(facts_);
  repeats_ = new QLabel;
  repeats_->setObjectName("layerRepeats");
  repeats_->setWordWrap(true);
  layout->addWidget(repeats_);
  layout->addStretch();

  connect(trainable_, &QCheckBox::clicked, this,
          [this](bool trainable) { showError(document_.setTrainable({id_}, trainable)); });
  connect(fix_, &QPushButton::clicked, this, [this] {
    for (const Problem& problem : document_.analysis().problems) {
      if (problem.layer != id_ || !problem.fix) continue;
      // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
      const Problem chosen = problem;  // the edit replaces the list
      showError(document_.applyFix(chosen));
      return;
    }
  });
}

void LayerForm::setLayer(LayerId id) {
  if (id != id_) {
    error_->hide();
    CommittedText::restoreAll(this);
  }
  id_ = id;
  refresh();
}

void LayerForm::refresh() {
  const Layer* layer = document_.network().find(id_);
  if (layer == nullptr) return;
  const LayerDef* def = findLayer(layer->type);
  if (def == nullptr) return;
  if (builtType_ != layer->type) build(*def);
  name_->setStored(QString::fromStdString(layer->name));
  fields_->setValues(layer->properties);
  trainable_->setChecked(layer->trainable);
  nameForm_->setRowVisible(trainable_, document_.trained({id_}) != ProjectDocument::Trained::NoWeights);
  refreshFacts();
  refreshProblem();
}

void LayerForm::showHelp() {
  help_->open();
}

void LayerForm::build(const LayerDef& def) {
  builtType_ = def.type;
  icon_->setPixmap(layerIcon(def.type).pixmap(QSize(36, 36), devicePixelRatioF()));
  title_->setText(toQString(def.label));
  summary_->setText(toQString(def.summary));
  help_->setLayer(def);
  for (QLabel* label : {title_, summary_}) label->setToolTip(toQString(libraryNamesText(def.names)));
  delete fields_;
  fields_ = new PropertyRows(def.properties, "property");
  fields_->setObjectName("layerFields");
  connect(fields_, &PropertyRows::edited, this, [this](const Property& property, const AttrValue& value) {
    showError(document_.setProperty(id_, property.key, value));
  });
  if (!fields_->editors().empty()) setTabOrder(name_, fields_->editors().front());
  // Between the name and the facts.
  auto* column = static_cast<QVBoxLayout*>(layout());
  column->insertWidget(5, fields_);
  fields_->setVisible(!def.properties.empty());
  alignCaptions(this);
}

void LayerForm::refreshFacts() {
  QStringList groups;  // outermost first
  for (const Group* group : document_.network().groupsAround(id_))
    groups << QString::fromStdString(group->name);
  repeats_->setVisible(!groups.isEmpty());
  const QString path = groups.join(QStringLiteral(" > "));
  const int times = document_.network().occurrences(id_);
  repeats_->setText(times > 1 ? tr("In group %1; totals of its %2 repetitions.").arg(path).arg(times)
                              : tr("In group %1.").arg(path));
  const auto found = document_.analysis().layers.find(id_);
  const bool known = found != document_.analysis().layers.end() && found->second.output.has_value();
  const QString none = QStringLiteral("–");
  if (!known) {
    for (QLabel* label : {output_, parameters_, flops_, activations_}) label->setText(none);
    return;
  }
  const LayerFacts& facts = found->second;
  output_->setText(outputText(facts));
  parameters_->setText(parametersText(facts.parameters, facts.untrained));
  flops_->setText(facts.forwardFlops > 0 ? flopsText(facts.forwardFlops) : none);
  activations_->setText(bytesText(static_cast<double>(facts.activationBytes)));
}

void LayerForm::refreshProblem() {
  const Problem* first = nullptr;
  for (const Problem& problem : document_.analysis().problems) {
    if (problem.layer == id_ && (first == nullptr || (!first->fix && problem.fix))) first = &problem;
  }
  problem_->setVisible(first != nullptr);
  if (first == nullptr) return;
  const ThemeColors& colors = Theme::instance().colors();
  problem_->setStyleSheet(
      QStringLiteral("#layerProblem { background: %1; border: 1px solid %2; border-radius: 6px; }")
          .arg(colors.errorBack.name(), colors.error.name()));
  problemText_->setText(errorText(first->error));
  fix_->setVisible(first->fix.has_value());
  if (first->fix) fix_->setText(QString::fromStdString(first->fix->label));
}

void LayerForm::showError(const Status& status) {
  error_->setVisible(!status.ok());
  if (status.ok()) return;
  error_->setText(errorText(status.error()));
  error_->setStyleSheet(QStringLiteral("color: %1;").arg(Theme::instance().colors().error.name()));
}

}  // namespace tandem::ui
