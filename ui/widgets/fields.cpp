#include "ui/widgets/fields.h"

#include <QFormLayout>
#include <QLabel>
#include <QWheelEvent>
#include <algorithm>

namespace tandem::ui {
namespace {

constexpr int kDecimals = 12;  // enough for learning rates and epsilons

double bounded(double value, double limit) {
  return std::clamp(value, -limit, limit);
}

}  // namespace

IntegerBox::IntegerBox(QWidget* parent) : QSpinBox(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setGroupSeparatorShown(false);
  setStepType(QAbstractSpinBox::DefaultStepType);
}

void IntegerBox::setBounds(double minimum, double maximum) {
  constexpr double kLimit = std::numeric_limits<int>::max();
  setRange(static_cast<int>(bounded(minimum, kLimit)), static_cast<int>(bounded(maximum, kLimit)));
}

void IntegerBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus()) {
    QSpinBox::wheelEvent(event);
  } else {
    event->ignore();
  }
}

NumberBox::NumberBox(QWidget* parent) : QDoubleSpinBox(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setDecimals(kDecimals);
  setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
  setRange(0, 1e9);
}

QString NumberBox::textFromValue(double value) const {
  return QString::number(value, 'g', 7);
}

QString NumberBox::number(const QString& text) const {
  QString bare = text.trimmed();
  if (!suffix().isEmpty() && bare.endsWith(suffix().trimmed())) bare.chop(suffix().trimmed().size());
  return bare.trimmed().replace(',', '.');  // accepts both decimal separators
}

double NumberBox::valueFromText(const QString& text) const {
  return number(text).toDouble();
}

QValidator::State NumberBox::validate(QString& text, int&) const {
  const QString bare = number(text);
  bool ok = false;
  const double value = bare.toDouble(&ok);
  if (ok) return value >= minimum() && value <= maximum() ? QValidator::Acceptable : QValidator::Intermediate;
  static const QString kAllowed = QStringLiteral("0123456789.-+eE");
  const bool typing = std::all_of(bare.begin(), bare.end(), [](QChar c) { return kAllowed.contains(c); });
  return typing ? QValidator::Intermediate : QValidator::Invalid;
}

void NumberBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus()) {
    QDoubleSpinBox::wheelEvent(event);
  } else {
    event->ignore();
  }
}

ChoiceBox::ChoiceBox(QWidget* parent) : QComboBox(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  setMinimumContentsLength(8);
}

void ChoiceBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus()) {
    QComboBox::wheelEvent(event);
  } else {
    event->ignore();
  }
}

void describe(QWidget* widget, const QString& name, const QString& label, const QString& tooltip) {
  widget->setObjectName(name);
  widget->setAccessibleName(QString(label).remove('&'));
  widget->setAccessibleDescription(tooltip);
  widget->setToolTip(tooltip);
}

void addField(QFormLayout* form, QWidget* field, const QString& name, const QString& label,
              const QString& tooltip) {
  describe(field, name, label, tooltip);
  auto* caption = new QLabel(label);
  caption->setBuddy(field);
  caption->setToolTip(tooltip);
  form->addRow(caption, field);
}

QLabel* addFact(QFormLayout* form, const QString& name, const QString& label, const QString& tooltip) {
  auto* value = new QLabel;
  value->setTextInteractionFlags(Qt::TextSelectableByMouse);
  value->setWordWrap(true);
  addField(form, value, name, label, tooltip);
  return value;
}

QLabel* sectionLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  QFont font = label->font();
  font.setBold(true);
  label->setFont(font);
  label->setContentsMargins(0, 8, 0, 0);
  return label;
}

void alignCaptions(QWidget* panel) {
  std::vector<QWidget*> captions;
  int width = 0;
  for (const QFormLayout* form : panel->findChildren<QFormLayout*>()) {
    for (int row = 0; row < form->rowCount(); ++row) {
      const QLayoutItem* item = form->itemAt(row, QFormLayout::LabelRole);
      if (item == nullptr || item->widget() == nullptr) continue;
      captions.push_back(item->widget());
      width = std::max(width, item->widget()->sizeHint().width());
    }
  }
  for (QWidget* caption : captions) caption->setMinimumWidth(width);
}

QFormLayout* makeForm() {
  auto* form = new QFormLayout;
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  form->setHorizontalSpacing(12);
  form->setVerticalSpacing(6);
  form->setContentsMargins(0, 0, 0, 0);
  return form;
}

}  // namespace tandem::ui
