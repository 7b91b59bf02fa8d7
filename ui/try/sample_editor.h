// SampleEditor: an input that is only taken from samples, such as a series.
#pragma once

#include <optional>

#include "ui/try/input_editor.h"

class QLabel;

namespace tandem::ui {

class SampleEditor : public InputEditor {
  Q_OBJECT

 public:
  explicit SampleEditor(const InputFields& input, QWidget* parent = nullptr);

  QString missing() const override;
  TrialInput value() const override { return *sample_; }
  void setSample(const SampleValues& sample) override;

 private:
  OwnFields fields_;
  std::optional<SampleValues> sample_;
  QLabel* text_;
};

}  // namespace tandem::ui
