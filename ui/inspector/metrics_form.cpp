#include "ui/inspector/metrics_form.h"

#include <QCheckBox>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "core/compile/compile.h"
#include "ui/inspector/property_editor.h"
#include "ui/inspector/property_rows.h"
#include "ui/inspector/typed_form.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

// The position of a metric in the list; its end if it is not reported.
template <class List>
auto findMetric(List& list, const MetricDef* def, int ordinal) {
  return std::ranges::find_if(list, [&, seen = 0](const MetricConfig& each) mutable {
    return &each.def() == def && seen++ == ordinal;
  });
}

QWidget* tabStopBefore(QWidget* widget) {
  QWidget* before = widget->previousInFocusChain();
  while (before != widget && (before->focusPolicy() & Qt::TabFocus) == 0)
    before = before->previousInFocusChain();
  return before == widget ? nullptr : before;
}

}  // namespace

MetricsForm::MetricsForm(ProjectDocument& document, HeadAccess head, QWidget* parent)
    : QWidget(parent), document_(document), head_(std::move(head)), column_(new QVBoxLayout(this)) {
  column_->setContentsMargins(0, 0, 0, 0);
  refresh();
}

std::vector<MetricConfig> MetricsForm::reported() const {
  const auto& probed = document_.dataInfo();
  if (!probed) return head().reportedMetrics();
  const auto targets = targetsOf(head(), *probed);
  return targets.ok() ? head().reportedMetrics(classesOf(head(), *targets, *probed))
                      : head().reportedMetrics();
}

std::vector<MetricsForm::Row> MetricsForm::wantedRows() const {
  const std::vector<MetricConfig> metrics = reported();
  std::vector<const MetricDef*> defs(Catalog<MetricDef>::all().begin(), Catalog<MetricDef>::all().end());
  std::ranges::sort(defs, {}, &MetricDef::label);
  std::vector<Row> rows;
  for (const MetricDef* def : defs) {
    const auto count = std::ranges::count(metrics, def, [](const MetricConfig& each) { return &each.def(); });
    if (count == 0 && !def->formFor(head().loss.def().target)) continue;
    for (int i = 0; i < std::max<int>(1, static_cast<int>(count)); ++i) rows.push_back({def, i});
  }
  return rows;
}

void MetricsForm::build(std::vector<Row> rows) {
  QWidget* before = rows_.empty() ? nullptr : tabStopBefore(rows_.front().box);
  if (content_ != nullptr) {  // one of its fields may be what led here
    content_->hide();
    content_->setParent(nullptr);
    content_->deleteLater();
  }
  rows_ = std::move(rows);
  content_ = new QWidget;
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  for (Row& row : rows_) {
    const MetricDef& def = *row.def;
    const QString name = head_.prefix + "_metric_" + toQString(def.type) +
                         (row.ordinal > 0 ? QString("_%1").arg(row.ordinal + 1) : QString());
    row.box = new QCheckBox(toQString(def.label));
    describe(row.box, name, toQString(def.label), summaryText(def.summary, def.names));
    connect(row.box, &QCheckBox::toggled, this, [this, row](bool on) { toggle(row, on); });
    column->addWidget(row.box);
    if (def.properties.empty()) continue;
    row.rows = new PropertyRows(def.properties, name);
    connect(
        row.rows, &PropertyRows::edited, this, [this, row](const Property& property, const AttrValue& value) {
          std::vector<MetricConfig> metrics = reported();
          const auto metric = findMetric(metrics, row.def, row.ordinal);
          if (metric != metrics.end() && metric->set(property.key, value).ok())  // the field has checked it
            edit(std::move(metrics));
        });
    column->addWidget(row.rows);
  }
  column_->addWidget(content_);
  content_->show();  // a layout shows it only when events are processed
  if (before != nullptr) chainTabs(before);
  if (parentWidget() != nullptr) alignCaptions(parentWidget());
}

// New widgets come last in the tab order of their window.
void MetricsForm::chainTabs(QWidget* before) {
  const auto chain = [&](QWidget* widget) {
    setTabOrder(before, widget);
    before = widget;
  };
  for (const Row& row : rows_) {
    chain(row.box);
    if (row.rows == nullptr) continue;
    for (PropertyEditor* editor : row.rows->editors()) chain(editor);
  }
}

void MetricsForm::toggle(const Row& row, bool on) {
  std::vector<MetricConfig> metrics = reported();
  if (on)
    metrics.emplace_back(*row.def);
  else if (const auto metric = findMetric(metrics, row.def, row.ordinal); metric != metrics.end())
    metrics.erase(metric);
  edit(std::move(metrics));
}

void MetricsForm::edit(std::vector<MetricConfig> metrics) {
  TrainingConfig config = document_.training();
  // What chooses the best epoch follows a change of its settings.
  Head& edited = head_.in(config);
  const std::vector<MetricConfig> before = reported();
  const auto nameIn = [&](const MetricConfig& metric) { return reportName(config, edited, nameOf(metric)); };
  if (before.size() == metrics.size())
    for (std::size_t i = 0; i < before.size(); ++i)
      if (nameIn(before[i]) == config.monitor) config.monitor = nameIn(metrics[i]);
  edited.metrics = std::move(metrics);
  fitMetrics(config);
  document_.setTraining(config, changeOf(tr("Metrics"), head_.name()));
}

void MetricsForm::refresh() {
  std::vector<Row> wanted = wantedRows();
  const auto same = [](const Row& a, const Row& b) { return a.def == b.def && a.ordinal == b.ordinal; };
  if (content_ == nullptr || !std::ranges::equal(wanted, rows_, same)) build(std::move(wanted));
  const std::vector<MetricConfig> metrics = reported();
  for (const Row& row : rows_) {
    const auto metric = findMetric(metrics, row.def, row.ordinal);
    const QSignalBlocker blocker(row.box);
    row.box->setChecked(metric != metrics.end());
    if (row.rows == nullptr) continue;
    row.rows->setVisible(metric != metrics.end());
    if (metric != metrics.end()) row.rows->setValues(metric->properties());
  }
}

}  // namespace tandem::ui
