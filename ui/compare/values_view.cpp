#include "ui/compare/values_view.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>

#include "ui/compare/histogram_plot.h"
#include "ui/compare/parity_model.h"
#include "ui/compare/tiles_view.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr int kReferenceColor = 0, kSideColor = 1, kDifferenceColor = 3;  // of Theme::curve

}  // namespace

ValuesView::ValuesView(QWidget* parent) : QWidget(parent) {
  setObjectName("valuesView");
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 2, 6, 2);
  layout->setSpacing(2);
  auto* row = new QHBoxLayout;
  heading_ = new QLabel(this);
  heading_->setObjectName("valuesHeading");
  heading_->setWordWrap(true);
  sliceLabel_ = new QLabel(this);
  slice_ = new NumberBox(NumberBox::Whole, this);
  slice_->setObjectName("valuesSlice");
  sliceLabel_->setBuddy(slice_);
  row->addWidget(heading_, 1);
  row->addWidget(sliceLabel_);
  row->addWidget(slice_);
  layout->addLayout(row);
  auto* grid = new QGridLayout;
  grid->setSpacing(4);
  const char* names[] = {"valuesReference", "valuesSide", "valuesDifference"};
  for (int i = 0; i < 3; ++i) {
    tiles_[i] = new TilesView(this);
    tiles_[i]->setObjectName(names[i]);
    tiles_[i]->setDescription(
        [this](const TilesView::Element& e) { return describe(e.tile, e.row, e.column); });
    grid->addWidget(tiles_[i], 0, i, 2, 1);
    grid->setColumnStretch(i, 1);
  }
  both_ = new HistogramPlot(tr("values"), this);
  both_->setObjectName("valuesHistogram");
  difference_ = new HistogramPlot(tr("difference"), this);
  difference_->setObjectName("differenceHistogram");
  grid->addWidget(both_, 0, 3);
  grid->addWidget(difference_, 1, 3);
  grid->setColumnStretch(3, 1);
  layout->addLayout(grid, 1);
  connect(slice_, &NumberBox::valueChanged, this, &ValuesView::draw);
  connect(&Theme::instance(), &Theme::changed, this, &ValuesView::draw);
}

void ValuesView::setSubject(const TensorParity& tensor, const QString& reference, const QString& side) {
  weights_ = tensor.kind == TensorKind::WeightGradient || tensor.kind == TensorKind::Update;
  title_ = QString("<b>%1, %2</b> · %3")
               .arg(toQString(tensor.layer).toHtmlEscaped(), tensorName(tensor).toHtmlEscaped(),
                    shapeText(tensor.shape));
  reference_ = reference;
  side_ = side;
}

void ValuesView::show(std::shared_ptr<TensorView> view, const QString& note) {
  view_ = std::move(view);
  if (view_ == nullptr) {
    for (TilesView* tiles : tiles_) tiles->clear();
    both_->setEntries({});
    difference_->setEntries({});
    return;
  }
  layout_ = tileLayout(view_->pair.shape, weights_);
  heading_->setText(note.isEmpty() ? title_ : QString("%1<br>%2").arg(title_, note.toHtmlEscaped()));
  const bool many = layout_.slices > 1;
  sliceLabel_->setText(toQString(layout_.sliceName));
  sliceLabel_->setVisible(many);
  slice_->setVisible(many);
  const QSignalBlocker quiet(slice_);
  slice_->setRange(1, static_cast<double>(layout_.slices));
  slice_->setValue(1);
  slice_->setSuffix(tr(" of %1").arg(layout_.slices));
  both_->setEntries({{kReferenceColor, view_->summary.reference}, {kSideColor, view_->summary.side}});
  difference_->setEntries({{kDifferenceColor, view_->summary.differences}});
  draw();
}

void ValuesView::draw() {
  if (view_ == nullptr) return;
  const PairSummary& summary = view_->summary;
  const ColorScale common{summary.low, summary.high}, symmetric{-summary.largest, summary.largest};
  const std::int64_t slice = layout_.slices > 1 ? slice_->whole() - 1 : 0;
  // The squares in the titles are a legend for the colours of the histograms.
  tiles_[0]->setTitle(reference_, Theme::instance().curve(kReferenceColor));
  tiles_[1]->setTitle(side_, Theme::instance().curve(kSideColor));
  tiles_[2]->setTitle(tr("difference"), Theme::instance().curve(kDifferenceColor));
  tiles_[0]->show(view_->pair.reference, layout_, slice, common);
  tiles_[1]->show(view_->pair.side, layout_, slice, common);
  tiles_[2]->show(summary.difference, layout_, slice, symmetric);
}

QString ValuesView::describe(std::int64_t tile, std::int64_t row, std::int64_t column) const {
  if (view_ == nullptr) return {};
  const std::int64_t slice = layout_.slices > 1 ? slice_->whole() - 1 : 0;
  const auto at = static_cast<std::size_t>(layout_.index(slice, tile, row, column));
  QStringList place;
  if (!layout_.tileName.empty()) place << QString("%1 %2").arg(toQString(layout_.tileName)).arg(tile + 1);
  if (layout_.rows > 1) place << tr("row %1").arg(row + 1);
  place << tr("column %1").arg(column + 1);
  const auto number = [](float value) { return QString::number(static_cast<double>(value), 'g', 9); };
  return tr("%1\n%2: %3\n%4: %5\ndifference: %6")
      .arg(place.join(", "), reference_, number(view_->pair.reference[at]), side_,
           number(view_->pair.side[at]),
           QString::number(static_cast<double>(view_->summary.difference[at]), 'g', 3));
}

}  // namespace tandem::ui
