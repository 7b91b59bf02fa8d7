#include "ui/window/welcome_page.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/format.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/template_card.h"

namespace tandem::ui {
namespace {

QLabel* heading(const QString& text, double scale, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  QFont font = label->font();
  font.setPointSizeF(font.pointSizeF() * scale);
  font.setBold(true);
  label->setFont(font);
  return label;
}

QLabel* caption(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setForegroundRole(QPalette::PlaceholderText);
  label->setWordWrap(true);
  return label;
}

void clear(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    if (item->widget() != nullptr) item->widget()->deleteLater();
    delete item;
  }
}

}  // namespace

WelcomePage::WelcomePage(QWidget* parent) : QScrollArea(parent) {
  setObjectName("welcomePage");
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  const int em = fontMetrics().horizontalAdvance('m');
  auto* page = new QWidget(this);
  page->setMaximumWidth(em * 150);
  auto* outer = new QWidget(this);
  auto* centre = new QHBoxLayout(outer);
  centre->setContentsMargins(0, 0, 0, 0);
  centre->addStretch(1);
  centre->addWidget(page, 1000);
  centre->addStretch(1);
  auto* columns = new QHBoxLayout(page);
  columns->setContentsMargins(em * 3, em * 2, em * 3, em * 2);
  columns->setSpacing(em * 3);

  auto* side = new QVBoxLayout;
  side->setSpacing(8);
  side->addWidget(heading(tr("Tandem"), 2.2, page));
  side->addWidget(caption(tr("Draw a neural network, press Train, and watch it learn."), page));
  side->addSpacing(em);
  back_ = new QPushButton(page);
  back_->setObjectName("welcomeBack");
  back_->hide();
  auto* newButton = new QPushButton(tr("New empty network"), page);
  newButton->setObjectName("welcomeNew");
  auto* dataButton = new QPushButton(tr("New project from data…"), page);
  dataButton->setObjectName("welcomeData");
  dataButton->setToolTip(tr(
      "Propose a network for a table, a folder of images, IDX files or a built-in dataset; you can also drop files here"));
  auto* openButton = new QPushButton(tr("Open a project or model…"), page);
  openButton->setObjectName("welcomeOpen");
  for (QPushButton* button : {back_, newButton, dataButton, openButton})
    button->setMinimumHeight(fontMetrics().height() + 14);
  side->addWidget(back_);
  side->addWidget(newButton);
  side->addWidget(dataButton);
  side->addWidget(openButton);
  recovery_ = new QWidget(page);
  recovery_->setObjectName("recovery");
  recoveryRows_ = new QVBoxLayout(recovery_);
  recoveryRows_->setContentsMargins(0, em, 0, 0);
  recovery_->hide();
  side->addWidget(recovery_);
  side->addSpacing(em);
  side->addWidget(heading(tr("Recent"), 1.1, page));
  recentRows_ = new QVBoxLayout;
  recentRows_->setSpacing(2);
  side->addLayout(recentRows_);
  side->addStretch(1);
  auto* sideBox = new QWidget(page);
  sideBox->setLayout(side);
  sideBox->setFixedWidth(em * 26);
  columns->addWidget(sideBox);

  auto* main = new QVBoxLayout;
  main->setSpacing(10);
  main->addWidget(heading(tr("Start from a template"), 1.3, page));
  main->addWidget(caption(
      tr("Each template is ready to train: choose one, press Train (F5), then edit it as you like."), page));
  grid_ = new QGridLayout;
  grid_->setSpacing(em);
  for (const TemplateInfo& info : templates()) {
    auto* card = new TemplateCard(info, page);
    connect(card, &QAbstractButton::clicked, this,
            [this, name = toQString(info.name)] { Q_EMIT templateChosen(name); });
    cards_.push_back(card);
  }
  main->addLayout(grid_);
  main->addStretch(1);
  columns->addLayout(main, 1);
  setWidget(outer);

  const auto decorate = [this, newButton, dataButton, openButton] {
    back_->setIcon(icon(Icon::Back));
    newButton->setIcon(icon(Icon::New));
    dataButton->setIcon(icon(Icon::Data));
    openButton->setIcon(icon(Icon::Open));
  };
  decorate();
  connect(&Theme::instance(), &Theme::changed, this, decorate);
  connect(back_, &QPushButton::clicked, this, &WelcomePage::backRequested);
  connect(newButton, &QPushButton::clicked, this, &WelcomePage::newRequested);
  connect(dataButton, &QPushButton::clicked, this, &WelcomePage::dataRequested);
  connect(openButton, &QPushButton::clicked, this, &WelcomePage::openRequested);
  placeCards();
  setRecentFiles({});
}

void WelcomePage::placeCards() {
  const int em = fontMetrics().horizontalAdvance('m');
  const int available = std::min(viewport()->width(), em * 150) - em * 35;
  const int columns = std::clamp(available / (em * 21), 1, 4);
  if (columns == columns_) return;
  columns_ = columns;
  for (TemplateCard* card : cards_) grid_->removeWidget(card);
  for (int column = 0; column < 4; ++column) grid_->setColumnStretch(column, column < columns ? 1 : 0);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    const int at = static_cast<int>(i);
    grid_->addWidget(cards_[i], at / columns, at % columns);
  }
}

void WelcomePage::resizeEvent(QResizeEvent* event) {
  QScrollArea::resizeEvent(event);
  placeCards();
}

// Enter presses the button or card that has the focus, as in dialogs.
void WelcomePage::keyPressEvent(QKeyEvent* event) {
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (auto* button = qobject_cast<QAbstractButton*>(focusWidget()); enter && button != nullptr)
    button->click();
  else if (event->key() == Qt::Key_Escape && !back_->isHidden())
    Q_EMIT backRequested();
  else
    QScrollArea::keyPressEvent(event);
}

void WelcomePage::setOpenProject(const QString& title) {
  back_->setVisible(!title.isEmpty());
  const QString shown =
      fontMetrics().elidedText(title, Qt::ElideMiddle, fontMetrics().horizontalAdvance('m') * 16);
  back_->setText(tr("Back to %1").arg(QString(shown).replace('&', "&&")));
  back_->setToolTip(tr("Return to the open project %1 (Esc)").arg(title));
}

void WelcomePage::setRecentFiles(const QStringList& files) {
  clear(recentRows_);
  if (files.isEmpty()) {
    recentRows_->addWidget(caption(tr("Projects you open or save appear here."), this));
    return;
  }
  for (const QString& path : files) {
    const QFileInfo file(path);
    auto* button = new QPushButton(this);
    button->setObjectName("recent:" + path);
    button->setFlat(true);
    button->setCursor(Qt::PointingHandCursor);
    button->setText(fontMetrics().elidedText(file.completeBaseName(), Qt::ElideMiddle,
                                             fontMetrics().horizontalAdvance('m') * 22));
    button->setToolTip(
        tr("%1\nlast modified %2").arg(path, QLocale().toString(file.lastModified(), QLocale::ShortFormat)));
    button->setStyleSheet("text-align: left; padding: 4px;");
    connect(button, &QPushButton::clicked, this, [this, path] { Q_EMIT fileChosen(path); });
    recentRows_->addWidget(button);
  }
}

void WelcomePage::setRecoverable(const std::vector<ProjectDocument::Recovery>& found) {
  clear(recoveryRows_);
  recovery_->setVisible(!found.empty());
  if (found.empty()) return;
  recoveryRows_->addWidget(heading(tr("Unsaved work found"), 1.1, this));
  for (const ProjectDocument::Recovery& item : found) {
    auto* text = new QLabel(
        tr("%1, %2").arg(item.title.toHtmlEscaped(), QLocale().toString(item.when, QLocale::ShortFormat)),
        this);
    text->setWordWrap(true);
    auto* recover = new QPushButton(tr("Recover"), this);
    recover->setObjectName("recover:" + item.file);
    auto* discard = new QPushButton(tr("Discard"), this);
    discard->setObjectName("discard:" + item.file);
    connect(recover, &QPushButton::clicked, this, [this, file = item.file] { Q_EMIT recoverChosen(file); });
    connect(discard, &QPushButton::clicked, this, [this, file = item.file] { Q_EMIT discardChosen(file); });
    auto* row = new QWidget(this);
    auto* buttons = new QHBoxLayout(row);
    buttons->setContentsMargins(0, 0, 0, 0);
    buttons->addWidget(recover);
    buttons->addWidget(discard);
    recoveryRows_->addWidget(text);
    recoveryRows_->addWidget(row);
  }
}

}  // namespace tandem::ui
