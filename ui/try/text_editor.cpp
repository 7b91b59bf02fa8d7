#include "ui/try/text_editor.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kMostTokens = 500;  // shown
constexpr int kMostWritten = 10'000;      // tokens of a text

// A token with its spaces and line breaks visible.
QString visible(const TrialToken& token) {
  QString text = toQString(token.text).toHtmlEscaped();
  return text.replace('\n', QChar(0x21B5)).replace('\t', QChar(0x21E5)).replace(' ', QChar(0x2423));
}

}  // namespace

TextEditor::TextEditor(const InputFields& input, bool continues, QWidget* parent)
    : InputEditor(parent), fields_(input) {
  setObjectName("tryTextEditor");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  text_ = new QPlainTextEdit;
  describe(text_, "tryText", tr("Text"), tr("The text that the network reads"));
  text_->setPlaceholderText(continues ? tr("Type the start of a text.") : tr("Type a text."));
  text_->setTabChangesFocus(true);
  setFocusProxy(text_);
  layout->addWidget(text_, 2);
  layout->addWidget(sectionLabel(tr("What the network reads"), this));
  seen_ = new QLabel;
  seen_->setObjectName("tryTokens");
  seen_->setAccessibleName(tr("What the network reads"));
  seen_->setTextFormat(Qt::RichText);
  seen_->setWordWrap(true);
  seen_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  seen_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  auto* area = new QScrollArea;
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setWidget(seen_);
  layout->addWidget(area, 1);
  connect(text_, &QPlainTextEdit::textChanged, this, [this] {
    sample_.reset();
    Q_EMIT changed();
  });
  connect(&Theme::instance(), &Theme::changed, this, &TextEditor::showTokens);
  if (continues) buildWriter();
}

void TextEditor::buildWriter() {
  auto* layout = static_cast<QVBoxLayout*>(this->layout());
  auto* form = makeForm();
  temperature_ = new NumberBox(NumberBox::Real);
  temperature_->setRange(0, 100);
  temperature_->setValue(0.8);
  addField(form, temperature_, "tryTemperature", tr("&Temperature"),
           tr("Below 1, the probable tokens are drawn more often; 0: only the most probable one"));
  count_ = new NumberBox(NumberBox::Whole);
  count_->setRange(1, kMostWritten);
  count_->setValue(300);
  addField(form, count_, "tryCount", tr("To&kens"), tr("How many tokens are written"));
  write_ = new QPushButton;
  write_->setAutoDefault(false);
  describe(write_, "tryWrite", tr("Continue the text"), tr("Let the network write what follows the text"));
  written_ = new QPlainTextEdit;
  written_->setReadOnly(true);
  describe(written_, "tryWritten", tr("What the network writes"), {});
  written_->setPlaceholderText(tr("What the network writes appears here."));
  layout->addLayout(form);
  layout->addWidget(write_);
  layout->addWidget(written_, 3);
  setWriting(false);
  connect(write_, &QPushButton::clicked, this, [this] {
    if (writing_) {
      Q_EMIT stopRequested();
      return;
    }
    Continuation wanted;
    wanted.tokens = static_cast<int>(count_->whole());
    wanted.temperature = temperature_->value();
    wanted.seed = ++seed_;
    Q_EMIT writingRequested(wanted);
  });
}

void TextEditor::setWriting(bool writing) {
  if (write_ == nullptr) return;
  writing_ = writing;
  write_->setText(writing ? tr("St&op") : tr("C&ontinue the text"));
}

// Follows the end, unless the user reads another part.
void TextEditor::showWritten(const QString& text) {
  if (written_ == nullptr) return;
  QScrollBar* bar = written_->verticalScrollBar();
  const int place = bar->value();
  const bool follow = place >= bar->maximum();
  written_->setPlainText(text);
  bar->setValue(follow ? bar->maximum() : place);
}

QString TextEditor::text() const {
  return text_->toPlainText();
}

QString TextEditor::missing() const {
  return sample_ || !text().isEmpty() ? QString() : text_->placeholderText();
}

TrialInput TextEditor::value() const {
  if (sample_) return *sample_;
  return text().toStdString();
}

void TextEditor::setSample(const SampleValues& sample) {
  {
    const QSignalBlocker blocker(text_);
    text_->setPlainText(toQString(textOfTokens(fields_.fields()[0], sample.values)));
  }
  sample_ = sample;
  Q_EMIT changed();
}

void TextEditor::showSeen(const SeenInput& seen) {
  tokens_ = seen.tokens;
  showTokens();
}

void TextEditor::showTokens() {
  const QString color = Theme::instance().colors().error.name();
  QStringList shown;
  for (std::size_t i = 0; i < std::min(tokens_.size(), kMostTokens); ++i)
    shown += tokens_[i].known ? visible(tokens_[i])
                              : QString("<u style=\"color:%1\">%2</u>").arg(color, visible(tokens_[i]));
  if (tokens_.size() > kMostTokens) shown += QString(QChar(0x2026));
  seen_->setText(shown.join(QString(" ") + QChar(0x00B7) + ' '));
  const auto unknown = std::ranges::count(tokens_, false, &TrialToken::known);
  seen_->setToolTip(unknown == 0 ? tr("The network knows all of it.")
                                 : tr("What is underlined is unknown to the network."));
}

}  // namespace tandem::ui
