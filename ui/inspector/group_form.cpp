#include "ui/inspector/group_form.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/editor/group_card.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

GroupForm::GroupForm(ProjectDocument& document, QWidget* parent) : QWidget(parent), document_(document) {
  setObjectName("groupForm");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 12, 12, 12);
  layout->setSpacing(8);
  title_ = sectionLabel({});
  title_->setObjectName("groupTitle");
  title_->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(title_);

  form_ = makeForm();
  name_ = new TextField([this](const QString& name) { return document_.renameGroup(id_, name); });
  addField(form_, name_, "groupName", tr("Na&me"),
           tr("Shown on the canvas; must be unique among the groups"));
  repeat_ = new NumberBox(NumberBox::Whole);
  repeat_->setRange(1, kMaxRepeat);
  repeat_->setPrefix(QStringLiteral("× "));
  addField(form_, repeat_, "groupRepeat", tr("Re&peat"),
           tr("Number of repetitions in sequence. Each has its own weights and reads the output of the "
              "previous one"));
  folded_ = new QCheckBox(tr("Show as one card"));
  addField(form_, folded_, "groupFolded", tr("F&olded"),
           tr("Show the group as one card; its layers do not change"));
  trainable_ = new QCheckBox(tr("Training changes its weights"));
  addField(form_, trainable_, "groupTrainable", tr("Trainable"), trainableTip());
  layout->addLayout(form_);
  error_ = new QLabel;
  error_->setObjectName("groupError");
  error_->setWordWrap(true);
  error_->setTextFormat(Qt::PlainText);
  error_->hide();
  layout->addWidget(error_);

  totals_ = sectionLabel({});
  layout->addWidget(totals_);
  auto* facts = makeForm();
  layers_ = addFact(facts, "groupLayers", tr("Layers"),
                    tr("Layers on the canvas, and their number with all repetitions"));
  output_ =
      addFact(facts, "groupOutput", tr("Output"), tr("Output shape of the last repetition for one sample"));
  parameters_ = addFact(facts, "groupParameters", tr("Parameters"), parametersTip());
  flops_ = addFact(facts, "groupFlops", tr("Forward"),
                   tr("Floating-point operations of the forward pass for one sample"));
  activations_ = addFact(facts, "groupActivations", tr("Activations"),
                         tr("Memory for the outputs of all layers, per sample, in single precision"));
  layout->addLayout(facts);
  auto* ungroup = new QPushButton(tr("&Ungroup"));
  describe(ungroup, "groupUngroup", tr("Ungroup"),
           tr("Remove the group but not its layers; repetitions become layers"));
  layout->addWidget(ungroup, 0, Qt::AlignLeft);
  alignCaptions(this);

  connect(repeat_, &NumberBox::valueChanged, this,
          [this](double times) { showResult(document_.setRepeat(id_, static_cast<int>(times))); });
  connect(folded_, &QCheckBox::clicked, this,
          [this](bool folded) { showResult(document_.setFolded({id_}, folded)); });
  connect(trainable_, &QCheckBox::clicked, this, [this] {
    const std::vector<LayerId>& layers = document_.network().findGroup(id_)->layers;
    const std::set<LayerId> all(layers.begin(), layers.end());
    showResult(document_.setTrainable(all, document_.trained(all) != ProjectDocument::Trained::All));
  });
  connect(ungroup, &QPushButton::clicked, this, [this] { showResult(document_.ungroup({id_})); });
}

void GroupForm::setGroup(GroupId id) {
  if (id != id_) {
    error_->hide();
    CommittedText::restoreAll(this);
  }
  id_ = id;
  refresh();
}

void GroupForm::refresh() {
  const Group* group = document_.network().findGroup(id_);
  if (group == nullptr) return;
  title_->setText(tr("Group %1").arg(groupTitle(*group)));
  name_->setStored(QString::fromStdString(group->name));
  {
    const QSignalBlocker blocker(repeat_);
    repeat_->setValue(group->repeat);
  }
  folded_->setChecked(group->folded);
  using Trained = ProjectDocument::Trained;
  const Trained trained = document_.trained({group->layers.begin(), group->layers.end()});
  trainable_->setTristate(trained == Trained::Some);
  trainable_->setCheckState(trained == Trained::All    ? Qt::Checked
                            : trained == Trained::Some ? Qt::PartiallyChecked
                                                       : Qt::Unchecked);
  form_->setRowVisible(trainable_, trained != Trained::NoWeights);
  const auto drawn = static_cast<int>(group->layers.size());
  int expanded = 0;
  for (const LayerId id : group->layers) expanded += document_.network().occurrences(id);
  totals_->setText(expanded > drawn ? tr("Total of all repetitions") : tr("Total of all layers"));
  const LayerFacts facts = document_.factsOf(*group);
  layers_->setText(expanded == drawn ? QString::number(drawn)
                                     : tr("%1 (%2 with repetitions)").arg(drawn).arg(expanded));
  const QString none = QStringLiteral("–");
  output_->setText(facts.output ? shapeText(*facts.output) : none);
  parameters_->setText(parametersText(facts.parameters, facts.untrained));
  flops_->setText(facts.forwardFlops > 0 ? tr("%1 per sample").arg(flopsText(facts.forwardFlops)) : none);
  activations_->setText(tr("%1 per sample").arg(bytesText(static_cast<double>(facts.activationBytes))));
}

void GroupForm::showResult(const Status& status) {
  error_->setVisible(!status.ok());
  if (status.ok()) return;
  error_->setText(errorText(status.error()));
  error_->setStyleSheet(QStringLiteral("color: %1;").arg(Theme::instance().colors().error.name()));
  refresh();  // resets the fields to the document
}

}  // namespace tandem::ui
