#include "ui/inspector/property_rows.h"

#include <QFormLayout>
#include <QLabel>

#include "ui/inspector/property_editor.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

PropertyRows::PropertyRows(Properties properties, const QString& prefix, QWidget* parent)
    : QWidget(parent), properties_(properties) {
  auto* form = makeForm();
  setLayout(form);
  for (const Property& property : properties) {
    auto* editor = PropertyEditor::make(property, prefix, this);
    auto* caption = new QLabel(toQString(property.label));
    caption->setBuddy(editor);
    caption->setToolTip(toQString(property.tooltip));
    form->addRow(caption, editor);
    connect(editor, &PropertyEditor::edited, this,
            [this, &property](const AttrValue& value) { Q_EMIT edited(property, value); });
    if (!editors_.empty()) setTabOrder(editors_.back(), editor);
    editors_.push_back(editor);
  }
}

void PropertyRows::setValues(const Attrs& values) {
  for (PropertyEditor* editor : editors_) {
    const Property& property = editor->property();
    editor->setValue(propertyValue(property, values));
    const Property* other = findProperty(properties_, property.enabledIfKey);
    editor->setEnabled(!other ||
                       propertyText(*other, propertyValue(*other, values)) == property.enabledIfValue);
  }
}

}  // namespace tandem::ui
