// RowEditor: a row of a table, with a slider and a field for each number and a choice for each category.
#pragma once

#include <optional>
#include <vector>

#include "ui/try/input_editor.h"

class QComboBox;
class QSlider;

namespace tandem::ui {

class NumberBox;

class RowEditor : public InputEditor {
  Q_OBJECT

 public:
  explicit RowEditor(const InputFields& input, QWidget* parent = nullptr);

  TrialInput value() const override;
  void setSample(const SampleValues& sample) override;

 private:
  // Of a field: a slider with a number, or a choice.
  struct Column {
    TypicalRange range;
    QSlider* slider = nullptr;
    NumberBox* number = nullptr;
    QComboBox* choice = nullptr;
  };

  QWidget* addNumber(const Field& field, Column& column);
  void edited();
  static void place(const Column& column, double value);  // the slider, without signals

  OwnFields fields_;
  std::vector<Column> columns_;
  std::optional<SampleValues> sample_;  // until the user edits it
};

}  // namespace tandem::ui
