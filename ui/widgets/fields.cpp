#include "ui/widgets/fields.h"

#include <QFormLayout>
#include <QLabel>
#include <QStyleOptionSpinBox>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "ui/widgets/committed_text.h"
#include "ui/widgets/expression.h"

namespace tandem::ui {
namespace {

constexpr double kLargestWhole = 1LL << 53;  // doubles hold every whole number up to this
constexpr int kMaxDigits = 9;                // that size hints leave space for

}  // namespace

NumberBox::NumberBox(Kind kind, QWidget* parent)
    : QAbstractSpinBox(parent),
      kind_(kind),
      committed_(new CommittedText(this, lineEdit(), [this](const QString& text) { return apply(text); })) {
  setFocusPolicy(Qt::StrongFocus);
  setKeyboardTracking(false);
  setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed);
  showText();
}

void NumberBox::setRange(double minimum, double maximum) {
  minimum_ = minimum;
  maximum_ = maximum;
  setValue(value_);
  updateGeometry();
  update();
}

void NumberBox::setPrefix(const QString& text) {
  prefix_ = text;
  showText();
  updateGeometry();
}

void NumberBox::setSuffix(const QString& text) {
  suffix_ = text;
  showText();
  updateGeometry();
}

void NumberBox::setZeroText(const QString& text) {
  zero_ = text;
  showText();
  updateGeometry();
}

void NumberBox::setValue(double value) {
  value = std::clamp(value, minimum_, maximum_);
  const bool changed = value != value_;
  value_ = value;
  showText();
  update();  // the arrows
  if (changed) Q_EMIT valueChanged(value);
}

QString NumberBox::textOf(double value, bool bare) const {
  if (!bare && value == 0 && !zero_.isEmpty()) return zero_;
  const QString number = kind_ == Whole && std::abs(value) <= kLargestWhole
                             ? QString::number(std::llround(value))
                             : numberText(value);
  return bare ? number : prefix_ + number + suffix_;
}

void NumberBox::showText() {
  committed_->setStored(textOf(value_, hasFocus()));
}

// "a whole number from 1 to 1000"
QString NumberBox::expectation() const {
  const QString number = kind_ == Whole ? tr("a whole number") : tr("a number");
  const auto text = [this](double value) {
    return kind_ == Whole && std::abs(value) <= kLargestWhole ? locale().toString(std::llround(value))
                                                              : numberText(value);
  };
  const double most = kind_ == Whole ? std::min(maximum_, kLargestWhole) : maximum_;
  const bool low = minimum_ > -1e300, high = most < 1e300;
  if (low && high) return tr("%1 from %2 to %3").arg(number, text(minimum_), text(most));
  if (low) return tr("%1 of at least %2").arg(number, text(minimum_));
  return high ? tr("%1 of at most %2").arg(number, text(most)) : number;
}

Status NumberBox::apply(const QString& typed) {
  QString text = typed.trimmed();
  if (const QString unit = suffix_.trimmed(); !unit.isEmpty() && text.endsWith(unit)) text.chop(unit.size());
  if (const QString before = prefix_.trimmed(); !before.isEmpty() && text.startsWith(before))
    text.remove(0, before.size());
  const auto refusal = [this](const QString& reason) {
    return invalid(tr("Enter %1: %2").arg(expectation(), reason).toStdString(), {},
                   tr("%1 remains set; Esc restores it").arg(textOf(value_, false)).toStdString());
  };
  const auto value = !zero_.isEmpty() && text.compare(zero_, Qt::CaseInsensitive) == 0
                         ? Result<double>(0.0)
                         : evaluate(text, kind_ == Whole);
  if (!value.ok()) return refusal(QString::fromStdString(value.error().message));
  const QString result = numberText(*value);
  const QString shown = text == result ? text : tr("%1, which is %2,").arg(text, result);
  if (kind_ == Whole && *value != std::floor(*value))
    return refusal(tr("%1 is not a whole number").arg(shown));
  if (*value < minimum_) return refusal(tr("%1 is too small").arg(shown));
  if (*value > maximum_) return refusal(tr("%1 is too large").arg(shown));
  if (kind_ == Whole && std::abs(*value) > kLargestWhole)
    return refusal(tr("%1 has too many digits").arg(shown));
  setValue(*value);
  return success();
}

NumberBox::StepEnabled NumberBox::stepEnabled() const {
  StepEnabled enabled = StepNone;
  if (isReadOnly()) return enabled;
  if (value_ > minimum_) enabled |= StepDownEnabled;
  if (value_ < maximum_) enabled |= StepUpEnabled;
  return enabled;
}

// Whole numbers step by 1, others by a tenth of their magnitude.
void NumberBox::stepBy(int steps) {
  if (!committed_->commit()) return;
  double value = value_;
  for (; steps != 0; steps += steps > 0 ? -1 : 1) {
    const double direction = steps > 0 ? 1 : -1;
    if (kind_ == Whole) {
      value += direction;
      continue;
    }
    constexpr double kFirstStep = 0.001, kJustBelow = 1 - 1e-9;
    // Towards 0 from a power of ten, the step is that of the smaller numbers.
    const double size = std::abs(value) * (value * direction < 0 ? kJustBelow : 1);
    const double step = value == 0 ? kFirstStep : std::pow(10, std::floor(std::log10(size)) - 1);
    value = QString::number((std::round(value / step) + direction) * step, 'g', 12).toDouble();
  }
  setValue(value);
  selectAll();
}

void NumberBox::focusInEvent(QFocusEvent* event) {
  showText();  // without the unit
  QAbstractSpinBox::focusInEvent(event);
}

void NumberBox::focusOutEvent(QFocusEvent* event) {
  QAbstractSpinBox::focusOutEvent(event);
  showText();
}

void NumberBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus()) {
    QAbstractSpinBox::wheelEvent(event);
  } else {
    event->ignore();
  }
}

QSize NumberBox::sizeHint() const {
  ensurePolished();
  int width = fontMetrics().horizontalAdvance(zero_ + ' ');
  for (const double bound : {minimum_, maximum_}) {
    // Of a wide range, a number of the usual length.
    const bool usual = std::abs(bound) < std::pow(10, kMaxDigits);
    const QString number = usual && kind_ == Whole ? textOf(bound, true) : QString(kMaxDigits, '0');
    width = std::max(width, fontMetrics().horizontalAdvance(prefix_ + number + suffix_ + ' '));
  }
  QStyleOptionSpinBox option;
  initStyleOption(&option);
  const QSize content(width + 2, lineEdit()->sizeHint().height());
  return style()->sizeFromContents(QStyle::CT_SpinBox, &option, content, this);
}

TextField::TextField(std::function<Status(const QString&)> apply, QWidget* parent)
    : QLineEdit(parent), committed_(new CommittedText(this, this, std::move(apply))) {}

void TextField::setStored(const QString& text) {
  committed_->setStored(text);
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
