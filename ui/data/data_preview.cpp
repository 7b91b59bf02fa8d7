#include "ui/data/data_preview.h"

#include <QVBoxLayout>

#include "ui/theme/theme.h"
#include "ui/widgets/qcustomplot.h"

namespace tandem::ui {
namespace {

constexpr std::int64_t kMaxPoints = 2000;  // more would blur at this size

// Samples are points of one of several classes.
bool isPlottable(const Dataset& set) {
  if (set.inputs.size() != 1 || set.targets.size() != 1) return false;
  const Shape& sample = set.info.inputs[0].sample;
  const DataTensor& target = set.info.targets[0];
  return sample.rank() == 1 && sample[0] >= 2 && !set.inputs[0].floats.empty() && target.classes > 0 &&
         target.sample.rank() == 0;
}

}  // namespace

DataPreview::DataPreview(QWidget* parent)
    : QWidget(parent), plot_(new QCustomPlot), request_(std::make_shared<std::atomic<std::uint64_t>>(0)) {
  setObjectName("dataPreview");
  setAccessibleName(tr("Preview of the generated samples"));
  pool_.setMaxThreadCount(1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  plot_->setMinimumHeight(200);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) axis->setTickLabels(false);
  plot_->axisRect()->setupFullAxesBox();
  connect(&Theme::instance(), &Theme::changed, this, &DataPreview::restyle);
  restyle();
}

DataPreview::~DataPreview() {
  ++*request_;
  pool_.clear();
  pool_.waitForDone();
}

void DataPreview::show2d(const DataSpec& spec) {
  const std::uint64_t request = ++*request_;
  DataSpec small = spec;
  small.count = std::min(small.count, kMaxPoints);
  pool_.clear();
  pool_.start([this, small, request, latest = request_] {
    const auto loaded = loadDataset(small, [&](double) { return latest->load() == request; });
    if (!loaded.ok()) return;  // the probe reports the error
    QMetaObject::invokeMethod(
        this,
        [this, request, set = *loaded] {
          if (request_->load() == request) draw(*set);
        },
        Qt::QueuedConnection);
  });
}

void DataPreview::draw(const Dataset& set) {
  plot_->clearGraphs();
  points_ = 0;
  plot_->setVisible(isPlottable(set));
  if (!isPlottable(set)) return;
  const auto width = static_cast<std::size_t>(set.info.inputs[0].sample[0]);
  const std::vector<float>& points = set.inputs[0].floats;
  const std::vector<std::int32_t>& classOf = set.targets[0].classOf;
  for (int label = 0; label < set.info.targets[0].classes; ++label) {
    QCPGraph* graph = plot_->addGraph();
    graph->setLineStyle(QCPGraph::lsNone);
    QVector<double> x, y;
    for (std::size_t i = 0; i < classOf.size(); ++i) {
      if (classOf[i] != label) continue;
      x.append(points[i * width]);
      y.append(points[i * width + 1]);
    }
    points_ += static_cast<int>(x.size());
    graph->setData(x, y);
  }
  restyle();
  plot_->rescaleAxes();
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) axis->scaleRange(1.1);
  // Makes the scales equal by widening the axis that has space to spare.
  const QCPRange needed = plot_->yAxis->range();
  plot_->yAxis->setScaleRatio(plot_->xAxis, 1.0);
  if (plot_->yAxis->range().size() < needed.size()) {
    plot_->yAxis->setRange(needed);
    plot_->xAxis->setScaleRatio(plot_->yAxis, 1.0);
  }
  plot_->replot();
  Q_EMIT drawn();
}

void DataPreview::restyle() {
  const ThemeColors& colors = Theme::instance().colors();
  plot_->setBackground(colors.surface);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis, plot_->xAxis2, plot_->yAxis2}) {
    axis->setBasePen(QPen(colors.border));
    axis->setTickPen(Qt::NoPen);
    axis->setSubTickPen(Qt::NoPen);
    axis->grid()->setPen(QPen(colors.canvasGrid));
    axis->grid()->setZeroLinePen(QPen(colors.canvasGrid));
  }
  for (int i = 0; i < plot_->graphCount(); ++i) {
    const QColor color = Theme::instance().curve(i);
    plot_->graph(i)->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, QPen(color), color, 3));
  }
  plot_->replot();
}

}  // namespace tandem::ui
