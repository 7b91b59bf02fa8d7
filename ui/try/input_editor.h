// InputEditor: where the user enters one input of a model.
#pragma once

#include <QWidget>

#include "core/report/trial.h"

class QMimeData;

namespace tandem::ui {

class InputEditor : public QWidget {
  Q_OBJECT

 public:
  using QWidget::QWidget;

  // What the user has to do before there is something to predict; empty: nothing.
  virtual QString missing() const { return {}; }
  virtual TrialInput value() const = 0;
  // Shows a sample, which is predicted as it is until the user changes it.
  virtual void setSample(const SampleValues& sample) = 0;
  virtual void showSeen(const SeenInput&) {}
  // Takes an image from the clipboard or a file manager; false: it contains none, or this is not its place.
  virtual bool takeImage(const QMimeData*) { return false; }

 Q_SIGNALS:
  void changed();
  void failed(const tandem::Error& error);
};

// The editor that fits the input. The model must outlive the call only.
InputEditor* makeEditor(const InputFields& input, QWidget* parent);

// An input and the fields that it refers to, which outlive the model.
class OwnFields {
 public:
  explicit OwnFields(const InputFields& input);
  OwnFields(const OwnFields&) = delete;
  OwnFields& operator=(const OwnFields&) = delete;

  const InputFields& input() const { return input_; }
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
  InputFields input_;
};

}  // namespace tandem::ui
