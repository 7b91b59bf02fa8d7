#include "ui/inspector/property_editor.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

QString suffixOf(const Property& property) {
  return property.unit.empty() ? QString() : QChar(' ') + toQString(property.unit);
}

IntegerBox* makeIntegerBox(const Property& property) {
  auto* box = new IntegerBox;
  box->setBounds(property.minimum, property.maximum);
  box->setSuffix(suffixOf(property));
  return box;
}

class IntegerEditor : public PropertyEditor {
 public:
  IntegerEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({box_ = makeIntegerBox(property)});
    connect(box_, &QSpinBox::valueChanged, this, [this](int value) { Q_EMIT edited(std::int64_t{value}); });
  }
  void setValue(const AttrValue& value) override {
    const QSignalBlocker blocker(box_);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) box_->setValue(static_cast<int>(*integer));
  }

 private:
  IntegerBox* box_;
};

class NumberEditor : public PropertyEditor {
 public:
  NumberEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({box_ = new NumberBox});
    box_->setRange(std::max(property.minimum, -1e300), std::min(property.maximum, 1e300));
    box_->setSuffix(suffixOf(property));
    connect(box_, &QDoubleSpinBox::valueChanged, this, [this](double value) { Q_EMIT edited(value); });
  }
  void setValue(const AttrValue& value) override {
    const QSignalBlocker blocker(box_);
    if (const auto* number = std::get_if<double>(&value)) box_->setValue(*number);
    if (const auto* integer = std::get_if<std::int64_t>(&value))
      box_->setValue(static_cast<double>(*integer));
  }

 private:
  NumberBox* box_;
};

class BooleanEditor : public PropertyEditor {
 public:
  BooleanEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({box_ = new QCheckBox});
    connect(box_, &QCheckBox::toggled, this, [this](bool on) { Q_EMIT edited(std::int64_t{on}); });
  }
  void setValue(const AttrValue& value) override {
    const QSignalBlocker blocker(box_);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) box_->setChecked(*integer != 0);
  }

 private:
  QCheckBox* box_;
};

class ChoiceEditor : public PropertyEditor {
 public:
  ChoiceEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({box_ = new ChoiceBox});
    for (const std::string_view choice : property.choices) box_->addItem(toQString(choice));
    connect(box_, &QComboBox::currentTextChanged, this,
            [this](const QString& text) { Q_EMIT edited(text.toStdString()); });
  }
  void setValue(const AttrValue& value) override {
    const QSignalBlocker blocker(box_);
    if (const auto* text = std::get_if<std::string>(&value))
      box_->setCurrentText(QString::fromStdString(*text));
  }

 private:
  ChoiceBox* box_;
};

class PairEditor : public PropertyEditor {
 public:
  PairEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({height_ = makeIntegerBox(property), width_ = makeIntegerBox(property)});
    for (IntegerBox* box : {height_, width_}) {
      box->setSuffix({});  // there is no space for units next to two boxes
      box->setMinimumWidth(48);
      connect(box, &QSpinBox::valueChanged, this, [this] {
        Q_EMIT edited(std::vector<std::int64_t>{height_->value(), width_->value()});
      });
    }
  }
  void setValue(const AttrValue& value) override {
    const QSignalBlocker first(height_), second(width_);
    const auto* pair = std::get_if<std::vector<std::int64_t>>(&value);
    if (pair == nullptr || pair->size() != 2) return;
    height_->setValue(static_cast<int>((*pair)[0]));
    width_->setValue(static_cast<int>((*pair)[1]));
  }

 private:
  IntegerBox* height_;
  IntegerBox* width_;
};

// Integers as text. Invalid input is marked and not emitted.
class IntegersEditor : public PropertyEditor {
 public:
  IntegersEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({line_ = new QLineEdit});
    connect(line_, &QLineEdit::textEdited, this, [this](const QString& text) {
      const auto value = parseProperty(this->property(), text.toStdString());
      mark(value.ok() ? QString() : errorText(value.error()));
      if (value.ok()) Q_EMIT edited(*value);
    });
  }
  void setValue(const AttrValue& value) override {
    // Text that already has this value, such as "28,28,1", is left as typed.
    const auto shown = parseProperty(property(), line_->text().toStdString());
    if (shown.ok() && *shown == value) return;
    line_->setText(QString::fromStdString(propertyText(property(), value)));
    mark({});
  }

 private:
  void mark(const QString& wrong) {
    QPalette palette;
    if (!wrong.isEmpty()) palette.setColor(QPalette::Text, Theme::instance().colors().error);
    line_->setPalette(palette);
    line_->setToolTip(wrong.isEmpty() ? toQString(property().tooltip) : wrong);
  }

  QLineEdit* line_;
};

}  // namespace

PropertyEditor::PropertyEditor(const Property& property, QWidget* parent)
    : QWidget(parent), property_(property) {}

void PropertyEditor::place(const std::vector<QWidget*>& fields) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(6);
  const QString name = "property_" + toQString(property_.key), label = toQString(property_.label);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) layout->addWidget(new QLabel(QStringLiteral("×")));
    layout->addWidget(fields[i], 1);
    const QString suffix = fields.size() == 1 ? QString() : QStringLiteral("_%1").arg(i);
    const QString side = fields.size() == 1 ? QString() : i == 0 ? tr(", height") : tr(", width");
    describe(fields[i], name + suffix, label + side, toQString(property_.tooltip));
  }
  setFocusProxy(fields.front());
}

PropertyEditor* PropertyEditor::make(const Property& property, QWidget* parent) {
  switch (property.kind) {
    case PropertyKind::Integer:
      return new IntegerEditor(property, parent);
    case PropertyKind::Number:
      return new NumberEditor(property, parent);
    case PropertyKind::Boolean:
      return new BooleanEditor(property, parent);
    case PropertyKind::Choice:
      return new ChoiceEditor(property, parent);
    case PropertyKind::Pair:
      return new PairEditor(property, parent);
    case PropertyKind::Integers:
      return new IntegersEditor(property, parent);
  }
  TANDEM_CHECK(false, "unknown kind of property");
}

}  // namespace tandem::ui
