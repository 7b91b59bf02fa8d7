#include "ui/inspector/network_summary.h"

#include <QFormLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QVBoxLayout>

#include "ui/inspector/forecast_box.h"
#include "ui/models/format.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
NetworkSummary::NetworkSummary(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document) {
  setObjectName("networkSummary");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 12, 12, 12);
  layout->setSpacing(8);
  title_ = sectionLabel({});
  title_->setObjectName("summaryTitle");
  title_->setContentsMargins(0, 0, 0, 0);
  title_->setWordWrap(true);
  layout->addWidget(title_);

  auto* facts = makeForm();
  layers_ = addFact(facts, "summaryLayers", tr("Layers"), tr("Layers on the canvas"));
  parameters_ = addFact(facts, "summaryParameters", tr("Parameters"), parametersTip());
  flops_ = addFact(facts, "summaryFlops", tr("Forward"),
                   tr("Floating-point operations of the forward pass for one sample"));
  weights_ =
      addFact(facts, "summaryWeights", tr("Weights"), tr("Size of all parameters in single precision"));
  layout->addLayout(facts);

  layout->addWidget(sectionLabel(tr("Forecast")));
  forecast_ = new ForecastBox(document);
  layout->addWidget(forecast_);

  layout->addWidget(sectionLabel(tr("Project")));
  auto* about = makeForm();
  name_ = new TextField([this](const QString& name) {
    document_.setName(name);
    return success();
  });
  addField(about, name_, "projectName", tr("Na&me"),
           tr("Name of the project, also shown in the list of runs"));
  layout->addLayout(about);
  auto* caption = new QLabel(tr("N&otes"));
  notes_ = new QPlainTextEdit;
  notes_->setTabChangesFocus(true);
  notes_->setPlaceholderText(tr("Your experiments and findings"));
  describe(notes_, "projectNotes", tr("Notes"), tr("Stored in the project file"));
  caption->setBuddy(notes_);
  layout->addWidget(caption);
  layout->addWidget(notes_, 1);
  alignCaptions(this);

  connect(&document_, &ProjectDocument::projectReplaced, this, [this] { CommittedText::restoreAll(this); });
  connect(notes_, &QPlainTextEdit::textChanged, this, [this] { document_.setNotes(notes_->toPlainText()); });
  connect(&document_, &ProjectDocument::analysisChanged, this, &NetworkSummary::refresh);
  connect(&document_, &ProjectDocument::aboutChanged, this, &NetworkSummary::refresh);
  connect(&document_, &ProjectDocument::fileChanged, this, &NetworkSummary::refresh);
  refresh();
}

void NetworkSummary::refresh() {
  const Analysis& analysis = document_.analysis();
  title_->setText(document_.title());
  const Network& network = document_.network();
  const std::size_t drawn = network.layers().size(), expanded = network.expandedLayers();
  layers_->setText(expanded == drawn ? QString::number(drawn)
                                     : tr("%1 (%2 with repetitions)").arg(drawn).arg(expanded));
  parameters_->setText(parametersText(analysis.parameters, analysis.untrained));
  flops_->setText(analysis.forwardFlops > 0 ? tr("%1 per sample").arg(flopsText(analysis.forwardFlops))
                                            : QStringLiteral("–"));
  const std::int64_t weights = analysis.parameters + analysis.untrained;
  weights_->setText(bytesText(static_cast<double>(weights) * sizeof(float)));
  name_->setStored(QString::fromStdString(document_.project().name));
  if (!name_->hasFocus()) name_->setCursorPosition(0);  // shows the beginning of a long name
  const QString notes = QString::fromStdString(document_.project().notes);
  if (notes_->toPlainText() != notes) {
    const QSignalBlocker blocker(notes_);
    notes_->setPlainText(notes);
  }
}

}  // namespace tandem::ui
