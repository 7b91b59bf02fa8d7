#include "ui/inspector/property_editor.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>

#include "ui/models/format.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/expression.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

QString suffixOf(const Property& property) {
  return property.unit.empty() ? QString() : QChar(' ') + toQString(property.unit);
}

NumberBox* makeBox(const Property& property) {
  auto* box = new NumberBox(property.kind == PropertyKind::Number ? NumberBox::Real : NumberBox::Whole);
  box->setRange(std::max(property.minimum, -1e300), std::min(property.maximum, 1e300));
  box->setSuffix(suffixOf(property));
  box->setZeroText(toQString(property.zeroText));
  return box;
}

double numberOf(const AttrValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? *number : 0;
}

class NumberEditor : public PropertyEditor {
 public:
  NumberEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({box_ = makeBox(property)});
    connect(box_, &NumberBox::valueChanged, this, [this](double value) {
      Q_EMIT edited(this->property().kind == PropertyKind::Integer ? AttrValue(box_->whole()) : value);
    });
  }
  void setValue(const AttrValue& value) override {
    const QSignalBlocker blocker(box_);
    box_->setValue(numberOf(value));
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
    place({height_ = makeBox(property), width_ = makeBox(property)});
    for (NumberBox* box : {height_, width_}) {
      box->setSuffix({});  // there is no space for units next to two boxes
      box->setMinimumWidth(48);
      connect(box, &NumberBox::valueChanged, this, [this] {
        Q_EMIT edited(std::vector<std::int64_t>{height_->whole(), width_->whole()});
      });
    }
  }
  void setValue(const AttrValue& value) override {
    const QSignalBlocker first(height_), second(width_);
    const auto* pair = std::get_if<std::vector<std::int64_t>>(&value);
    if (pair == nullptr || pair->size() != 2) return;
    height_->setValue(static_cast<double>((*pair)[0]));
    width_->setValue(static_cast<double>((*pair)[1]));
  }

 private:
  NumberBox* height_;
  NumberBox* width_;
};

// Several numbers in one field.
class ListEditor : public PropertyEditor {
 public:
  ListEditor(const Property& property, QWidget* parent) : PropertyEditor(property, parent) {
    place({line_ = new TextField([this](const QString& text) { return apply(text); })});
  }
  void setValue(const AttrValue& value) override {
    line_->setStored(QString::fromStdString(propertyText(property(), value)));
  }

 protected:
  virtual Status apply(const QString& text) = 0;  // emits edited()
  Error refusal(const std::string& reason) const {
    return invalid(reason, {},
                   tr("“%1” remains set; Esc restores it").arg(line_->committed()->stored()).toStdString());
  }

 private:
  TextField* line_;
};

// A list of numbers: "64*2, 64, 3".
class NumbersEditor : public ListEditor {
 public:
  using ListEditor::ListEditor;

 private:
  Status apply(const QString& text) override {
    const auto numbers = evaluateList(text);
    if (!numbers.ok()) return refusal(numbers.error().message);
    AttrValue value = *numbers;
    if (property().kind == PropertyKind::Integers) {
      std::vector<std::int64_t> values;
      for (const double number : *numbers) {
        if (number != std::floor(number) || std::abs(number) > 1e15)
          return refusal(
              tr("%1 is not a whole number of reasonable size").arg(numberText(number)).toStdString());
        values.push_back(static_cast<std::int64_t>(number));
      }
      value = std::move(values);
    }
    if (const Status status = checkProperty(property(), value); !status.ok())
      return refusal(status.error().message);
    Q_EMIT edited(value);
    return success();
  }
};

// Anything that is typed as it is stored: the points of a curve, "0:1, 50:0.5, 100:0", or a formula.
class TextEditor : public ListEditor {
 public:
  using ListEditor::ListEditor;

 private:
  Status apply(const QString& text) override {
    const auto value = parseProperty(property(), text.toStdString());
    if (!value.ok()) {
      const Error& error = value.error();
      return refusal(error.hint.empty() ? error.message : error.message + ". " + error.hint);
    }
    Q_EMIT edited(*value);
    return success();
  }
};

}  // namespace

PropertyEditor::PropertyEditor(const Property& property, QWidget* parent)
    : QWidget(parent), property_(property) {}

void PropertyEditor::place(const std::vector<QWidget*>& fields) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(6);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) layout->addWidget(new QLabel(QStringLiteral("×")));
    layout->addWidget(fields[i], 1);
  }
  setFocusProxy(fields.front());
  fields_ = fields;
}

void PropertyEditor::nameFields(const QString& prefix) {
  const QString name = prefix + '_' + toQString(property_.key), label = toQString(property_.label);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const QString suffix = fields_.size() == 1 ? QString() : QStringLiteral("_%1").arg(i);
    const QString side = fields_.size() == 1 ? QString() : i == 0 ? tr(", height") : tr(", width");
    describe(fields_[i], name + suffix, label + side, toQString(property_.tooltip));
  }
}

void PropertyEditor::setDetail(const QString& detail) {
  const QString tooltip = toQString(property_.tooltip);
  for (QWidget* field : fields_)
    field->setToolTip(detail.isEmpty() ? tooltip : tooltip + QStringLiteral("\n\n") + detail);
}

PropertyEditor* PropertyEditor::make(const Property& property, const QString& prefix, QWidget* parent) {
  PropertyEditor* editor = nullptr;
  switch (property.kind) {
    case PropertyKind::Integer:
    case PropertyKind::Number:
      editor = new NumberEditor(property, parent);
      break;
    case PropertyKind::Boolean:
      editor = new BooleanEditor(property, parent);
      break;
    case PropertyKind::Choice:
      editor = new ChoiceEditor(property, parent);
      break;
    case PropertyKind::Pair:
      editor = new PairEditor(property, parent);
      break;
    case PropertyKind::Integers:
    case PropertyKind::Numbers:
      editor = new NumbersEditor(property, parent);
      break;
    case PropertyKind::Points:
    case PropertyKind::Text:
      editor = new TextEditor(property, parent);
      break;
  }
  TANDEM_CHECK(editor != nullptr, "unknown kind of property");
  editor->nameFields(prefix);
  return editor;
}

}  // namespace tandem::ui
