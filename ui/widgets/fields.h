// Form fields: one field for numbers and one for text, both with the behaviour of CommittedText, and boxes that
// ignore the mouse wheel without focus, so that scrolling past them changes nothing.
#pragma once

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QLineEdit>
#include <functional>
#include <limits>

#include "core/base/result.h"

class QFormLayout;
class QLabel;

namespace tandem::ui {

class CommittedText;

// A number of any magnitude, as an expression if the user likes (expression.h), with arrows that step it. Without
// the focus it also shows its unit.
class NumberBox : public QAbstractSpinBox {
  Q_OBJECT
  Q_PROPERTY(double value READ value WRITE setValue NOTIFY valueChanged USER true)

 public:
  enum Kind { Real, Whole };

  explicit NumberBox(Kind kind, QWidget* parent = nullptr);

  double value() const { return value_; }
  std::int64_t whole() const { return static_cast<std::int64_t>(value_); }
  double minimum() const { return minimum_; }
  double maximum() const { return maximum_; }
  void setRange(double minimum, double maximum);  // moves the value into the range
  void setPrefix(const QString& text);
  void setSuffix(const QString& text);
  void setZeroText(const QString& text);  // shown instead of the number 0

  void stepBy(int steps) override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 public Q_SLOTS:
  void setValue(double value);  // the nearest value of the range

 Q_SIGNALS:
  void valueChanged(double value);

 protected:
  StepEnabled stepEnabled() const override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  Status apply(const QString& text);
  QString expectation() const;
  QString textOf(double value, bool bare) const;
  void showText();

  Kind kind_;
  double value_ = 0, minimum_ = 0, maximum_ = 1e9;
  QString prefix_, suffix_, zero_;
  CommittedText* committed_;
};

// Text or a list. apply: see CommittedText.
class TextField : public QLineEdit {
  Q_OBJECT

 public:
  explicit TextField(std::function<Status(const QString&)> apply, QWidget* parent = nullptr);

  CommittedText* committed() const { return committed_; }
  void setStored(const QString& text);

 private:
  CommittedText* committed_;
};

class ChoiceBox : public QComboBox {
  Q_OBJECT

 public:
  explicit ChoiceBox(QWidget* parent = nullptr);

 protected:
  void wheelEvent(QWheelEvent* event) override;
};

// Sets object name, accessible name (the label without its mnemonic) and tooltip.
void describe(QWidget* widget, const QString& name, const QString& label, const QString& tooltip);

// Adds a described field with a label that names it.
void addField(QFormLayout* form, QWidget* field, const QString& name, const QString& label,
              const QString& tooltip);

// Adds a described read-only value that can be selected and copied.
QLabel* addFact(QFormLayout* form, const QString& name, const QString& label, const QString& tooltip);

// A bold heading above a group of fields.
QLabel* sectionLabel(const QString& text, QWidget* parent = nullptr);

// Gives the captions of all forms inside `panel` the same width, so that their fields are aligned.
void alignCaptions(QWidget* panel);

// A form in the common style: fields fill the width beside their captions.
QFormLayout* makeForm();

}  // namespace tandem::ui
