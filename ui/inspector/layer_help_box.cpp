#include "ui/inspector/layer_help_box.h"

#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/layers/layer.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

QString section(const QString& title, const QString& html) {
  return QStringLiteral("<p><b>%1</b><br>%2</p>").arg(title.toHtmlEscaped(), html);
}

QString linesOf(std::string_view text) {
  return toQString(text).toHtmlEscaped().replace('\n', "<br>");
}

QString pageOf(const LayerDef& def) {
  QString page = section(LayerHelpBox::tr("Formula"), linesOf(def.help.formula)) +
                 section(LayerHelpBox::tr("Shapes of a sample"), linesOf(def.help.shapes));
  QStringList lines;
  for (const auto& [name, values] : exampleLines(def))
    lines += QStringLiteral("%1: %2").arg(toQString(name).toHtmlEscaped(), toQString(values).toHtmlEscaped());
  if (!lines.isEmpty()) page += section(LayerHelpBox::tr("Example"), lines.join("<br>"));
  const std::string names = libraryNamesText(def.names);
  if (!names.empty()) page += section(LayerHelpBox::tr("Other libraries"), linesOf(names));
  return page;
}

}  // namespace

LayerHelpBox::LayerHelpBox(QWidget* parent) : QWidget(parent), button_(new QToolButton), text_(new QLabel) {
  setObjectName("layerHelp");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(4);
  button_->setText(tr("Formula and example"));
  button_->setCheckable(true);
  button_->setAutoRaise(true);
  button_->setArrowType(Qt::RightArrow);
  button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  describe(button_, "layerHelpButton", tr("Formula and example"),
           tr("What this type of layer computes, with an example (F1)"));
  text_->setObjectName("layerHelpText");
  text_->setAccessibleName(tr("Help on this type of layer"));
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::RichText);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  text_->hide();
  layout->addWidget(button_, 0, Qt::AlignLeft);
  layout->addWidget(text_);
  connect(button_, &QToolButton::toggled, this, [this](bool shown) {
    button_->setArrowType(shown ? Qt::DownArrow : Qt::RightArrow);
    text_->setVisible(shown);
  });
}

void LayerHelpBox::setLayer(const LayerDef& def) {
  text_->setText(pageOf(def));
}

void LayerHelpBox::open() {
  button_->setChecked(true);
}

}  // namespace tandem::ui
