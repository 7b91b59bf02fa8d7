#include "ui/editor/node_item.h"

#include <algorithm>

#include "ui/editor/layer_glyph.h"
#include "ui/models/format.h"

namespace tandem::ui {

NodeItem::NodeItem(ProjectDocument& document, LayerId id) : CardItem(document), id_(id) {
  refresh();
}

bool NodeItem::exists() const {
  return document_.network().find(id_) != nullptr;
}

bool NodeItem::isUsed(int input) const {
  const std::vector<Source>& inputs = document_.network().find(id_)->inputs;
  const auto port = static_cast<std::size_t>(input);
  return port < inputs.size() && inputs[port] != Source();
}

int NodeItem::inputPorts() const {
  const Layer* layer = document_.network().find(id_);
  const LayerDef* def = layer == nullptr ? nullptr : findLayer(layer->type);
  if (def == nullptr) return 1;
  const int used = static_cast<int>(layer->inputs.size());
  if (def->inputCount) return std::max(def->inputCount(layer->properties), used);
  if (!def->inputNames.empty()) return def->maxInputs;
  return std::min(def->maxInputs, std::max(def->minInputs, def->maxInputs > 1 ? used + 1 : 1));
}

int NodeItem::nextInput() const {
  const Layer* layer = document_.network().find(id_);
  const std::optional<int> next = layer == nullptr ? std::nullopt : freeInput(*layer);
  return next ? std::min(*next, inputPorts() - 1) : CardItem::nextInput();
}

QString NodeItem::inputName(int input) const {
  const Layer* layer = document_.network().find(id_);
  const LayerDef* def = layer == nullptr ? nullptr : findLayer(layer->type);
  if (def == nullptr || (def->inputCount && inputPorts() == 1)) return {};
  return toQString(tandem::inputName(*def, static_cast<std::size_t>(input)));
}

int NodeItem::outputPorts() const {
  const Layer* layer = document_.network().find(id_);
  return layer == nullptr ? 1 : static_cast<int>(tandem::outputPorts(*layer).size());
}

QString NodeItem::title() const {
  const Layer* layer = document_.network().find(id_);
  const LayerDef* def = findLayer(layer->type);
  return def == nullptr ? QString::fromStdString(layer->type) : toQString(def->label);
}

void NodeItem::refresh() {
  const Layer* layer = document_.network().find(id_);
  if (layer == nullptr) return;
  const LayerDef* def = findLayer(layer->type);
  QString tip = QStringLiteral("<b>%1</b> (%2)")
                    .arg(QString::fromStdString(layer->name).toHtmlEscaped(),
                         def == nullptr ? QString() : toQString(def->label));
  for (const Problem& problem : document_.analysis().problems) {
    if (problem.layer == id_) tip += "<br>" + errorText(problem.error).toHtmlEscaped();
  }
  if (problem() == nullptr && def != nullptr) tip += "<br>" + toQString(def->summary).toHtmlEscaped();
  if (const auto facts = document_.analysis().layers.find(id_); facts != document_.analysis().layers.end()) {
    if (facts->second.activationBytes > 0)
      tip +=
          "<br>" +
          tr("Activations: %1 per sample").arg(bytesText(static_cast<double>(facts->second.activationBytes)));
  }
  for (int input = 0; input < inputPorts() && !inputName(input).isEmpty(); ++input) {
    const Source source = isUsed(input) ? layer->inputs[static_cast<std::size_t>(input)] : Source();
    const std::optional<Shape> shape = document_.analysis().shapeOf(source);
    const QString from = toQString(document_.network().nameOf(source)).toHtmlEscaped();
    tip += "<br>" + tr("Input %1: %2")
                        .arg(inputName(input), source == Source() ? tr("not connected")
                                               : shape ? QStringLiteral("%1, %2").arg(from, shapeText(*shape))
                                                       : from);
  }
  if (outputPorts() > 1)
    for (const Source& output : outputsOf(*layer)) {
      const std::optional<Shape> shape = document_.analysis().shapeOf(output);
      const QString name = toQString(document_.network().nameOf(output)).toHtmlEscaped();
      tip += "<br>" + (shape ? QStringLiteral("%1: %2").arg(name, shapeText(*shape)) : name);
    }
  if (document_.trained({id_}) == ProjectDocument::Trained::None)
    tip += "<br>" + tr("Frozen: training does not change its weights");
  if (const int times = document_.network().occurrences(id_); times > 1)
    tip += "<br>" + tr("Totals over %1 repetitions").arg(times);
  setToolTip(tip);
  update();
}

const Problem* NodeItem::problem() const {
  for (const Problem& problem : document_.analysis().problems) {
    if (problem.layer == id_) return &problem;
  }
  return nullptr;
}

QColor NodeItem::stripe() const {
  return categoryColor(document_.network().find(id_)->type);
}

void NodeItem::paintNear(QPainter& painter) const {
  const Layer& layer = *document_.network().find(id_);
  paintHeader(painter, layer.type, title(), QString::fromStdString(layer.name));
  const auto found = document_.analysis().layers.find(id_);
  paintFacts(painter, found == document_.analysis().layers.end() ? LayerFacts() : found->second);
}

void NodeItem::paintFar(QPainter& painter) const {
  paintFarHeader(painter, document_.network().find(id_)->type, title());
}

}  // namespace tandem::ui
