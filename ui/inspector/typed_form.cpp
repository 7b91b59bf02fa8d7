#include "ui/inspector/typed_form.h"

#include <QFormLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "ui/inspector/property_editor.h"
#include "ui/inspector/property_rows.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

QString changeOf(const QString& label, const QString& owner) {
  static const QStringList kNames = {"Nesterov", "L1", "L2"};
  const QString plain = QString(label).remove('&');
  const QString shown = kNames.contains(plain) ? plain : plain.toLower();
  return owner.isEmpty() ? TypedForm::tr("Change %1").arg(shown)
                         : TypedForm::tr("Change %1 of %2").arg(shown, owner);
}

TypedForm::TypedForm(ProjectDocument& document, TypedAccess access, const QString& name, const QString& label,
                     const QString& tooltip, QWidget* parent)
    : QWidget(parent), document_(document), access_(std::move(access)), tooltip_(tooltip), label_(label) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  choice_ = new ChoiceBox;
  for (const TypedAccess::Option& option : access_.options) {
    choice_->addItem(option.label, option.type);
    choice_->setItemData(choice_->count() - 1, option.summary, Qt::ToolTipRole);
  }
  auto* form = makeForm();
  addField(form, choice_, name, label, tooltip);
  column->addLayout(form);
  connect(choice_, &QComboBox::currentIndexChanged, this, [this](int index) {
    TrainingConfig config = document_.training();
    access_.choose(config, index);
    if (access_.adjust) access_.adjust(config);
    edit(config, label_);
  });
  refresh();
}

void TypedForm::build() {
  if (rows_ != nullptr) {  // one of its fields may be what led here
    rows_->hide();
    rows_->setParent(nullptr);
    rows_->deleteLater();
  }
  const Properties schema = access_.schema(document_.training());
  rows_ = new PropertyRows(schema, access_.prefix, this);
  connect(rows_, &PropertyRows::edited, this, [this](const Property& property, const AttrValue& value) {
    TrainingConfig config = document_.training();
    if (access_.set(config, property.key, value).ok())  // the field has checked it
      edit(config, toQString(property.label));
  });
  layout()->addWidget(rows_);
  rows_->setVisible(!schema.empty());
  if (!rows_->editors().empty()) setTabOrder(choice_, rows_->editors().front());
  if (parentWidget() != nullptr) alignCaptions(parentWidget());
}

void TypedForm::edit(const TrainingConfig& config, const QString& label) {
  document_.setTraining(config, changeOf(label, access_.owner ? access_.owner() : QString()));
}

void TypedForm::refresh() {
  const TrainingConfig& training = document_.training();
  const int index = access_.chosen(training);
  const QSignalBlocker blocker(choice_);
  choice_->setCurrentIndex(index);
  choice_->setToolTip(tooltip_ + "\n\n" + access_.options[static_cast<std::size_t>(index)].summary);
  if (index != built_) build();
  built_ = index;
  rows_->setValues(access_.values(training));
  if (!access_.detail) return;
  for (PropertyEditor* editor : rows_->editors())
    editor->setDetail(access_.detail(training, editor->property()));
}

}  // namespace tandem::ui
