// Form fields: number boxes that display and accept numbers of any magnitude ("1e-05"), and boxes that
// ignore the mouse wheel without focus, so that scrolling past them changes nothing.
#pragma once

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QSpinBox>
#include <limits>

class QFormLayout;
class QLabel;

namespace tandem::ui {

class IntegerBox : public QSpinBox {
  Q_OBJECT

 public:
  explicit IntegerBox(QWidget* parent = nullptr);
  // Clamps the bounds to the range of int.
  void setBounds(double minimum, double maximum);

 protected:
  void wheelEvent(QWheelEvent* event) override;
};

class NumberBox : public QDoubleSpinBox {
  Q_OBJECT

 public:
  explicit NumberBox(QWidget* parent = nullptr);

  QString textFromValue(double value) const override;
  double valueFromText(const QString& text) const override;
  QValidator::State validate(QString& text, int& position) const override;

 protected:
  void wheelEvent(QWheelEvent* event) override;

 private:
  QString number(const QString& text) const;  // without the unit
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
