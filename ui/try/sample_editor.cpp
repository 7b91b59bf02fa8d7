#include "ui/try/sample_editor.h"

#include <QLabel>
#include <QVBoxLayout>

#include "ui/models/format.h"
#include "ui/try/picture_editor.h"
#include "ui/try/row_editor.h"
#include "ui/try/text_editor.h"

namespace tandem::ui {

OwnFields::OwnFields(const InputFields& input) : input_(input) {
  for (const Field* field : input.fields) fields_.push_back(*field);
  input_.fields.clear();
  for (const Field& field : fields_) input_.fields.push_back(&field);
}

InputEditor* makeEditor(const InputFields& input, QWidget* parent) {
  switch (trialKind(input)) {
    case TrialKind::Picture:
      return new PictureEditor(*input.fields[0], parent);
    case TrialKind::Row:
      return new RowEditor(input, parent);
    case TrialKind::Text:
      return new TextEditor(input, input.fields[0]->text.stride > 0, parent);
    case TrialKind::Sample:
      break;
  }
  return new SampleEditor(input, parent);
}

SampleEditor::SampleEditor(const InputFields& input, QWidget* parent)
    : InputEditor(parent), fields_(input), text_(new QLabel(this)) {
  setObjectName("trySampleEditor");
  text_->setObjectName("trySampleValues");
  text_->setAccessibleName(tr("Values of the sample"));
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::PlainText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  text_->setText(
      tr("%1: values of this shape are taken from samples. Pick one below.").arg(shapeText(input.sample())));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(text_);
  layout->addStretch(1);
}

QString SampleEditor::missing() const {
  return sample_ ? QString() : tr("Pick a sample of the test set, or open samples.");
}

void SampleEditor::setSample(const SampleValues& sample) {
  sample_ = sample;
  const std::int64_t steps = sample.steps > 0 ? sample.steps : fields_.input().steps;
  text_->setText(toQString(inputText(fields_.input(), sample.values, steps)));
  Q_EMIT changed();
}

}  // namespace tandem::ui
