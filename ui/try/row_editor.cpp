#include "ui/try/row_editor.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr int kSliderSteps = 600;
constexpr int kSliderDigits = 3, kSampleDigits = 5;
constexpr int kLongestName = 24;  // characters of a caption

// With as many digits as say something, because more would not fit: the range is divided into 10 to that number, or more.
double rounded(double value, const TypicalRange& range, int digits) {
  const double unit = std::pow(10, std::floor(std::log10(range.to - range.from)) - digits);
  return QString::number(std::round(value / unit) * unit, 'g', 12).toDouble();
}

QString caption(const Field& field) {
  QString name = toQString(field.name).simplified();
  if (name.size() > kLongestName) name = name.left(kLongestName - 1) + QChar(0x2026);
  return name.replace('&', "&&");
}

}  // namespace

RowEditor::RowEditor(const InputFields& input, QWidget* parent) : InputEditor(parent), fields_(input) {
  setObjectName("tryRow");
  auto* area = new QScrollArea(this);
  area->setObjectName("tryRowArea");
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  auto* page = new QWidget;
  auto* form = makeForm();
  page->setLayout(form);
  columns_.resize(fields_.fields().size());
  for (std::size_t f = 0; f < columns_.size(); ++f) {
    const Field& field = fields_.fields()[f];
    const QString name = toQString(field.name);
    Column& column = columns_[f];
    QWidget* editor = nullptr;
    if (field.kind == FieldKind::Category) {
      column.choice = new ChoiceBox;
      for (const std::string& category : field.categories) column.choice->addItem(toQString(category));
      column.choice->setCurrentIndex(static_cast<int>(startCategory(field)));
      describe(column.choice, "tryChoice:" + name, name, tr("The category of %1").arg(name));
      connect(column.choice, &QComboBox::currentIndexChanged, this, &RowEditor::edited);
      editor = column.choice;
    } else {
      editor = addNumber(field, column);
    }
    auto* label = new QLabel(caption(field));
    label->setToolTip(name.toHtmlEscaped());
    form->addRow(label, editor);
  }
  if (const Column& first = columns_.front(); first.choice != nullptr)
    setFocusProxy(first.choice);
  else
    setFocusProxy(first.slider);
  area->setWidget(page);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area);
}

QWidget* RowEditor::addNumber(const Field& field, Column& column) {
  const QString name = toQString(field.name);
  column.range = rangeOf(field);
  column.slider = new QSlider(Qt::Horizontal);
  column.slider->setRange(0, kSliderSteps);
  column.slider->setPageStep(kSliderSteps / 10);
  column.number = new NumberBox(NumberBox::Real);
  constexpr double kAny = 1e300;
  column.number->setRange(-kAny, kAny);
  column.range.start = rounded(column.range.start, column.range, kSliderDigits);
  column.number->setValue(column.range.start);
  const QString tip =
      tr("The slider covers the values of the training data, as far as the model states them: "
         "three standard deviations around the mean");
  describe(column.slider, "trySlider:" + name, name, tip);
  describe(column.number, "tryNumber:" + name, name, tr("The value of %1").arg(name));
  place(column, column.range.start);
  // By value: the columns move while the list of them grows.
  connect(column.slider, &QSlider::valueChanged, this, [this, own = column](int step) {
    const double share = static_cast<double>(step) / kSliderSteps;
    {
      const QSignalBlocker blocker(own.number);
      const double value = own.range.from + share * (own.range.to - own.range.from);
      own.number->setValue(rounded(value, own.range, kSliderDigits));
    }
    edited();
  });
  connect(column.number, &NumberBox::valueChanged, this, [this, own = column](double value) {
    place(own, value);
    edited();
  });
  auto* row = new QWidget;
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(column.slider, 1);
  layout->addWidget(column.number);
  return row;
}

void RowEditor::place(const Column& column, double value) {
  const double share = (value - column.range.from) / (column.range.to - column.range.from);
  const QSignalBlocker blocker(column.slider);
  column.slider->setValue(static_cast<int>(std::lround(kSliderSteps * std::clamp(share, 0.0, 1.0))));
}

void RowEditor::edited() {
  sample_.reset();
  Q_EMIT changed();
}

TrialInput RowEditor::value() const {
  if (sample_) return *sample_;
  RowValues row;
  for (const Column& column : columns_)
    row.values.push_back(column.choice != nullptr ? column.choice->currentIndex() : column.number->value());
  return row;
}

void RowEditor::setSample(const SampleValues& sample) {
  const RowValues row = rowOf(fields_.input(), sample.values);
  for (std::size_t f = 0; f < columns_.size(); ++f) {
    const Column& column = columns_[f];
    if (column.choice != nullptr) {
      const QSignalBlocker blocker(column.choice);
      column.choice->setCurrentIndex(static_cast<int>(row.values[f]));
      continue;
    }
    const QSignalBlocker blocker(column.number);
    column.number->setValue(rounded(row.values[f], column.range, kSampleDigits));
    place(column, row.values[f]);
  }
  sample_ = sample;
  Q_EMIT changed();
}

}  // namespace tandem::ui
