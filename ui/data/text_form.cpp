#include "ui/data/text_form.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <memory>

#include "core/network/setting_range.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {

TextForm::TextForm(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), form_(makeForm()) {
  setObjectName("textForm");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addWidget(sectionLabel(tr("Text")));
  column->addLayout(form_);

  auto* unit = new ChoiceBox;
  unit->addItems({tr("Words"), tr("Characters"), tr("Pairs of characters")});
  addField(
      form_, unit, "text_unit", tr("Cut into"),
      tr("Words: also numbers and punctuation marks. Characters: letters, spaces and line breaks. Pairs: characters "
         "that are joined to frequent parts of words (byte-pair encoding)"));
  inputs_.push_back(unit);
  connect(unit, &QComboBox::activated, this, [this](int index) {
    edit(tr("Change text unit"), [&](DataSpec& d) { d.text.unit = static_cast<TextUnit>(index); });
  });
  show_.emplace_back([unit](const DataSpec& d) { unit->setCurrentIndex(static_cast<int>(d.text.unit)); });

  auto* lower = new QCheckBox(tr("ignore capital letters"));
  addField(form_, lower, "text_lower_case", tr("Case"), tr("On: \"The\" and \"the\" are the same word"));
  inputs_.push_back(lower);
  connect(lower, &QCheckBox::toggled, this,
          [this](bool on) { edit(tr("Change case"), [&](DataSpec& d) { d.text.lowerCase = on; }); });
  show_.emplace_back([lower](const DataSpec& d) { lower->setChecked(d.text.lowerCase); });

  addNumber("text_vocabulary", tr("Vocabulary"),
            tr("Different tokens at most: the most frequent ones of the training set. Others are unknown"),
            &TextFormat::vocabulary);
  addNumber(
      "text_steps", tr("Longest text"),
      tr("Tokens of a text at most; longer ones are cut at the end. 0: the longest text, or of long texts what "
         "95% of them do not exceed. Of a text file: the tokens in a window; 0: 64"),
      &TextFormat::steps);
  addNumber(
      "text_stride", tr("Stride"),
      tr("Of a text file: tokens from the start of a window to the next one; 0: the length of a window"),
      &TextFormat::stride);
  stride_ = inputs_.back();

  auto* encoding = new ChoiceBox;
  for (const auto& [text, value] :
       {std::pair(tr("Automatic"), ""), std::pair(QString("Windows-1252"), "windows-1252"),
        std::pair(QString("ISO-8859-1"), "iso-8859-1"), std::pair(QString("UTF-16"), "utf-16")})
    encoding->addItem(text, QString(value));
  addField(form_, encoding, "text_encoding", tr("Encoding"),
           tr("Automatic: UTF-8, or UTF-16 with a byte order mark"));
  encoding_ = encoding;
  inputs_.push_back(encoding);
  connect(encoding, &QComboBox::activated, this, [this, encoding](int index) {
    edit(tr("Change encoding"),
         [&](DataSpec& d) { d.table.encoding = encoding->itemData(index).toString().toStdString(); });
  });
  show_.emplace_back([encoding](const DataSpec& d) {
    const QString value = QString::fromStdString(d.table.encoding);
    if (encoding->findData(value) < 0) encoding->addItem(value, value);
    encoding->setCurrentIndex(encoding->findData(value));
  });
}

void TextForm::addNumber(const char* name, const QString& label, const QString& tooltip,
                         std::int64_t TextFormat::*member) {
  auto* box = new NumberBox(NumberBox::Whole);
  const TextFormat format;
  const ValueRange range = rangeOf(format, &(format.*member));
  box->setRange(range.minimum, range.maximum);
  addField(form_, box, name, label, tooltip);
  inputs_.push_back(box);
  connect(box, &NumberBox::valueChanged, this, [this, member, label](double value) {
    edit(label, [&](DataSpec& d) { d.text.*member = static_cast<std::int64_t>(value); });
  });
  show_.emplace_back(
      [box, member](const DataSpec& d) { box->setValue(static_cast<double>(d.text.*member)); });
}

void TextForm::edit(const QString& label, const std::function<void(DataSpec&)>& change) {
  DataSpec spec = document_.data();
  change(spec);
  document_.setData(spec, label);
}

void TextForm::refresh() {
  const DataSpec& spec = document_.data();
  std::vector<std::unique_ptr<QSignalBlocker>> quiet;
  for (QWidget* widget : inputs_) quiet.push_back(std::make_unique<QSignalBlocker>(widget));
  for (const auto& show : show_) show(spec);
  const bool file = spec.kind == DataKind::TextFile;
  form_->setRowVisible(stride_, file);
  form_->setRowVisible(encoding_, file || spec.kind == DataKind::TextFolder);
  setVisible(file || spec.kind == DataKind::TextFolder ||
             (spec.kind == DataKind::Csv && !spec.texts.empty()) ||
             (spec.kind == DataKind::Generated && spec.generator == "sentences"));
}

void TextForm::setLocked(bool locked) {
  for (QWidget* widget : inputs_) widget->setEnabled(!locked);
}

}  // namespace tandem::ui
