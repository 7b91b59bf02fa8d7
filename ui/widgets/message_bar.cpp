#include "ui/widgets/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include "core/base/log.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"

namespace tandem::ui {
namespace {
constexpr int kNoteMs = 8000;
}

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
  setObjectName("messageBar");
  setAutoFillBackground(true);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(10, 5, 6, 5);
  icon_ = new QLabel(this);
  text_ = new QLabel(this);
  text_->setObjectName("messageText");
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::RichText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  button_ = new QPushButton(this);
  button_->setObjectName("messageAction");
  secondButton_ = new QPushButton(this);
  secondButton_->setObjectName("messageOther");
  close_ = new QToolButton(this);
  close_->setObjectName("messageClose");
  close_->setAutoRaise(true);
  close_->setIcon(style()->standardIcon(QStyle::SP_TitleBarCloseButton));
  close_->setToolTip(tr("Dismiss"));
  close_->setAccessibleName(tr("Dismiss"));
  row->addWidget(icon_);
  row->addWidget(text_, 1);
  row->addWidget(button_);
  row->addWidget(secondButton_);
  row->addWidget(close_);
  timer_.setSingleShot(true);
  timer_.setInterval(kNoteMs);
  connect(&timer_, &QTimer::timeout, this, &QWidget::hide);
  connect(close_, &QToolButton::clicked, this, &QWidget::hide);
  // A copy, because the action may show another message, which replaces action_.
  connect(button_, &QPushButton::clicked, this, [this] {
    if (const auto action = action_) action();
  });
  connect(secondButton_, &QPushButton::clicked, this, [this] {
    if (const auto action = secondAction_) action();
  });
  connect(&Theme::instance(), &Theme::changed, this, &MessageBar::applyTheme);
  hide();
}

void MessageBar::showMessage(Kind kind, const QString& text, const QString& hint, const QString& actionLabel,
                             std::function<void()> action) {
  // A note must not replace an error or a warning that may not have been read yet.
  if (!pinned_ && kind == Kind::Note && isVisible() && (kind_ == Kind::Error || kind_ == Kind::Warning))
    return;
  kind_ = kind;
  about_ = About::Project;
  run_ = 0;
  action_ = std::move(action);
  text_->setText(hint.isEmpty() ? text.toHtmlEscaped()
                                : QString("<b>%1</b> %2").arg(text.toHtmlEscaped(), hint.toHtmlEscaped()));
  button_->setText(actionLabel);
  button_->setVisible(!actionLabel.isEmpty());
  secondAction_ = {};
  secondButton_->hide();
  applyTheme();
  show();
  timer_.stop();
  if (kind == Kind::Note && !pinned_) timer_.start();  // other kinds stay until they are closed
}

void MessageBar::showError(const Error& error, const QString& actionLabel, std::function<void()> action,
                           Kind kind) {
  logError(error);
  QString text = toQString(error.message);
  if (!error.where.empty()) text = QString("%1: %2").arg(toQString(error.where), text);
  if (!text.endsWith('.')) text += '.';
  QString hint = toQString(error.hint);
  if (!hint.isEmpty() && !hint.endsWith('.')) hint += '.';
  showMessage(kind, text, hint, actionLabel, std::move(action));
  about_ = About::Problem;
}

void MessageBar::setSecondAction(const QString& label, std::function<void()> action) {
  secondAction_ = std::move(action);
  secondButton_->setText(label);
  secondButton_->show();
}

void MessageBar::leave(About about) {
  if (about_ >= about) hide();
}

void MessageBar::pin() {
  pinned_ = true;
  close_->hide();
}

QString MessageBar::text() const {
  return text_->text();
}

void MessageBar::applyTheme() {
  const ThemeColors& c = Theme::instance().colors();
  QPalette colors = Theme::instance().palette();
  QStyle::StandardPixmap icon = QStyle::SP_MessageBoxInformation;
  QColor back = c.infoBack;
  switch (kind_) {
    case Kind::Note:
      break;
    case Kind::Success:
      back = c.successBack;
      icon = QStyle::SP_DialogApplyButton;
      break;
    case Kind::Warning:
      back = c.warningBack;
      icon = QStyle::SP_MessageBoxWarning;
      break;
    case Kind::Error:
      back = c.errorBack;
      icon = QStyle::SP_MessageBoxCritical;
      break;
  }
  colors.setColor(QPalette::Window, back);
  setPalette(colors);
  const int size = fontMetrics().height();
  icon_->setPixmap(style()->standardIcon(icon).pixmap(size, size));
}

}  // namespace tandem::ui
