// TextEditor: a text to type, with the tokens that the network reads. Of a network that predicts the next tokens of a text,
// it also shows the text that the network writes.
#pragma once

#include <optional>
#include <vector>

#include "ui/try/input_editor.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace tandem::ui {

class NumberBox;

class TextEditor : public InputEditor {
  Q_OBJECT

 public:
  // continues: the network predicts the next token of a text.
  TextEditor(const InputFields& input, bool continues, QWidget* parent = nullptr);

  QString missing() const override;
  TrialInput value() const override;
  void setSample(const SampleValues& sample) override;
  void showSeen(const SeenInput& seen) override;
  QString text() const;
  void setWriting(bool writing);
  void showWritten(const QString& text);

 Q_SIGNALS:
  void writingRequested(const tandem::Continuation& wanted);
  void stopRequested();

 private:
  void buildWriter();
  void showTokens();

  OwnFields fields_;
  std::optional<SampleValues> sample_;  // until the user edits its text
  std::vector<TrialToken> tokens_;
  bool writing_ = false;
  std::int64_t seed_ = 0;  // another text each time
  QPlainTextEdit *text_ = nullptr, *written_ = nullptr;
  QLabel* seen_ = nullptr;
  NumberBox *temperature_ = nullptr, *count_ = nullptr;
  QPushButton* write_ = nullptr;
};

}  // namespace tandem::ui
