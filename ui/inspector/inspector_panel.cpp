#include "ui/inspector/inspector_panel.h"

#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include "ui/data/data_form.h"
#include "ui/inspector/forecast_box.h"
#include "ui/inspector/group_form.h"
#include "ui/inspector/kernel_box.h"
#include "ui/inspector/layer_form.h"
#include "ui/inspector/network_summary.h"
#include "ui/inspector/training_form.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

QScrollArea* scrolled(QWidget* content, const QString& name) {
  auto* area = new QScrollArea;
  area->setObjectName(name);
  area->setWidget(content);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setFocusPolicy(Qt::NoFocus);
  return area;
}

}  // namespace

InspectorPanel::InspectorPanel(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document) {
  setObjectName("inspectorPanel");
  summary_ = new NetworkSummary(document);
  layer_ = new LayerForm(document);
  kernels_ = new KernelBox(document, summary_->forecast()->model());
  group_ = new GroupForm(document);
  auto* selected = new QWidget;  // a layer, a group, or a group of a single layer
  auto* column = new QVBoxLayout(selected);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(layer_);
  column->addWidget(kernels_);
  column->addWidget(group_);
  column->addStretch();
  several_ = new QLabel;
  several_->setObjectName("severalSelected");
  several_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  several_->setWordWrap(true);
  several_->setMargin(12);
  properties_ = new QStackedWidget;
  properties_->setObjectName("propertiesPage");
  properties_->addWidget(scrolled(summary_, "summaryScroll"));
  properties_->addWidget(scrolled(selected, "layerScroll"));
  properties_->addWidget(several_);
  data_ = new DataForm(document);
  training_ = new TrainingForm(document);
  tabs_ = new QTabWidget;
  tabs_->setObjectName("inspectorTabs");
  tabs_->setDocumentMode(true);
  tabs_->addTab(properties_, tr("Properties"));
  tabs_->addTab(scrolled(data_, "dataScroll"), tr("Data"));
  tabs_->addTab(scrolled(training_, "trainingScroll"), tr("Training"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(tabs_);
  setMinimumWidth(290);
  connect(&document_, &ProjectDocument::selectionChanged, this, &InspectorPanel::refreshSelection);
  connect(&document_, &ProjectDocument::networkChanged, this, &InspectorPanel::refreshProperties);
  connect(&document_, &ProjectDocument::analysisChanged, this, &InspectorPanel::refreshProperties);
  refreshProperties();
}

void InspectorPanel::showPage(Page page) {
  tabs_->setCurrentIndex(page);
}

void InspectorPanel::showHelp() {
  showPage(Properties);
  layer_->showHelp();
  findChild<QScrollArea*>("layerScroll")->verticalScrollBar()->setValue(0);
}

ForecastBox* InspectorPanel::forecast() const {
  return summary_->forecast();
}

void InspectorPanel::setLocked(bool locked) {
  // Otherwise the focus would move from field to field as they are disabled, and the page would scroll.
  QWidget* focused = focusWidget();
  if (locked && focused != nullptr && (data_->isAncestorOf(focused) || training_->isAncestorOf(focused))) {
    focused->clearFocus();
  }
  data_->setLocked(locked);
  training_->setLocked(locked);
}

void InspectorPanel::refreshSelection() {
  if (!document_.selectedLayers().empty()) showPage(Properties);
  refreshProperties();
}

void InspectorPanel::refreshProperties() {
  const auto& selected = document_.selectedLayers();
  if (selected.empty()) {
    properties_->setCurrentIndex(0);
    return;
  }
  if (document_.network().find(*selected.begin()) == nullptr) return;  // selectionChanged() follows
  const Group* group = document_.groupOfExactly(selected);
  if (group != nullptr) group_->setGroup(group->id);
  if (selected.size() == 1) {
    layer_->setLayer(*selected.begin());
    kernels_->setLayer(*selected.begin());
  }
  group_->setVisible(group != nullptr);
  layer_->setVisible(selected.size() == 1);
  kernels_->setVisible(selected.size() == 1);
  if (selected.size() == 1 || group != nullptr) {
    properties_->setCurrentIndex(1);
    return;
  }
  std::int64_t parameters = 0, untrained = 0;
  double flops = 0;
  for (const LayerId id : selected) {
    const auto found = document_.analysis().layers.find(id);
    if (found == document_.analysis().layers.end()) continue;
    parameters += found->second.parameters;
    untrained += found->second.untrained;
    flops += found->second.forwardFlops;
  }
  several_->setText(tr("<b>%n layers selected</b><br><br>Parameters: %1<br>Forward: %2 per sample", nullptr,
                       static_cast<int>(selected.size()))
                        .arg(parametersText(parameters, untrained), flopsText(flops)));
  properties_->setCurrentIndex(2);
}

}  // namespace tandem::ui
