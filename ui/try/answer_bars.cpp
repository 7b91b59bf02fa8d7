#include "ui/try/answer_bars.h"

#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>
#include <functional>
#include <numeric>

#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/try/picture_editor.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kMostClasses = 10;  // that are shown
constexpr int kPictureSide = 168, kGap = 6;
constexpr double kLabelShare = 0.34;  // of the width

// The indices of the values that are shown, in their order.
std::vector<std::size_t> chosen(const TrialAnswer& answer, bool sorted) {
  std::vector<std::size_t> order(answer.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!answer.ofClasses) return order;
  const std::size_t count = std::min(order.size(), kMostClasses);
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count), std::greater{},
                            [&](std::size_t i) { return answer.values[i]; });
  order.resize(count);
  if (!sorted) std::ranges::sort(order);
  return order;
}

double shareOf(const TrialAnswer& answer, std::size_t index) {
  const double value = answer.values[index];
  if (answer.ofClasses) return std::clamp(value, 0.0, 1.0);
  if (index >= answer.ranges.size()) return -1;
  const TypicalRange& range = answer.ranges[index];
  return range.to > range.from ? std::clamp((value - range.from) / (range.to - range.from), 0.0, 1.0) : -1;
}

QString labelOf(const std::string& text) {
  QString label = toQString(text);
  return label == "\n" ? QString(QChar(0x21B5)) : label == " " ? QString(QChar(0x2423)) : label.simplified();
}

}  // namespace

AnswerBars::AnswerBars(QWidget* parent) : QWidget(parent) {
  setObjectName("tryBars");
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, QOverload<>::of(&QWidget::update));
}

void AnswerBars::setAnswer(const TrialAnswer& answer, bool sorted, bool title) {
  title_ = title ? toQString(answer.name.empty() ? answer.layer : answer.layer + ": " + answer.name)
                 : toQString(answer.name);
  if (!answer.caption.empty()) title_ += (title_.isEmpty() ? "" : ", ") + toQString(answer.caption);
  bars_.clear();
  const auto best = std::ranges::max_element(answer.values) - answer.values.begin();
  QStringList spoken;
  for (const std::size_t i : chosen(answer, sorted)) {
    Bar& bar = bars_.emplace_back();
    bar.label = labelOf(answer.labels[i]);
    bar.share = shareOf(answer, i);
    bar.best = answer.ofClasses && static_cast<std::ptrdiff_t>(i) == best;
    bar.text = answer.ofClasses ? QLocale().toString(100 * answer.values[i], 'f', 1) + '%'
                                : QLocale().toString(answer.values[i], 'g', answer.digits);
    spoken += bar.label + ' ' + bar.text;
  }
  picture_ = enlarged(answer.picture, kPictureSide, devicePixelRatioF());
  setAccessibleName(title_.isEmpty() ? tr("Prediction") : title_);
  setAccessibleDescription(spoken.join(", "));
  setToolTip(answer.ofClasses && answer.values.size() > kMostClasses
                 ? tr("The %1 most probable of %2 classes").arg(kMostClasses).arg(answer.values.size())
                 : QString());
  updateGeometry();
  update();
}

int AnswerBars::lineHeight() const {
  return fontMetrics().height() + kGap;
}

int AnswerBars::barsBottom() const {
  return lineHeight() * (static_cast<int>(bars_.size()) + (title_.isEmpty() ? 0 : 1));
}

QSize AnswerBars::sizeHint() const {
  const int picture = picture_.isNull() ? 0 : kPictureSide + kGap;
  return {fontMetrics().horizontalAdvance('m') * 24, barsBottom() + picture + kGap};
}

QSize AnswerBars::minimumSizeHint() const {
  return {fontMetrics().horizontalAdvance('m') * 14, sizeHint().height()};
}

void AnswerBars::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  update();
}

void AnswerBars::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const int line = lineHeight();
  int top = 0;
  if (!title_.isEmpty()) {
    painter.setPen(colors.mutedText);
    painter.drawText(QRect(0, top, width(), line), Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(title_, Qt::ElideRight, width()));
    top += line;
  }
  int numbers = 0;  // the width of the longest one
  for (const Bar& bar : bars_) numbers = std::max(numbers, fontMetrics().horizontalAdvance(bar.text));
  const int labels = static_cast<int>(width() * kLabelShare);
  const int room = std::max(0, width() - labels - numbers - 3 * kGap);
  for (const Bar& bar : bars_) {
    const QRect row(0, top, width(), line);
    painter.setPen(colors.text);
    painter.drawText(QRect(0, top, labels, line), Qt::AlignVCenter | Qt::AlignLeft,
                     fontMetrics().elidedText(bar.label, Qt::ElideRight, labels));
    painter.drawText(row, Qt::AlignVCenter | Qt::AlignRight, bar.text);
    if (bar.share >= 0) {
      const QRectF whole(labels + kGap, top + kGap / 2.0, room, line - kGap);
      painter.setPen(Qt::NoPen);
      painter.setBrush(colors.raised);
      painter.drawRoundedRect(whole, 3, 3);
      QColor fill = colors.accent;
      if (!bar.best) fill.setAlphaF(0.55F);
      painter.setBrush(fill);
      painter.drawRoundedRect(QRectF(whole.topLeft(), QSizeF(whole.width() * bar.share, whole.height())), 3,
                              3);
    }
    top += line;
  }
  if (!picture_.isNull()) painter.drawPixmap(0, top + kGap, picture_);
}

AnswerView::AnswerView(const QString& device, QWidget* parent)
    : QFrame(parent), device_(device), heading_(new QLabel(this)), page_(new QWidget) {
  setObjectName("tryAnswers");
  heading_->setObjectName("tryTime");
  heading_->setTextFormat(Qt::PlainText);
  heading_->setText(device);
  heading_->setToolTip(tr("The time of one prediction with batch size 1, after a first one"));
  column_ = new QVBoxLayout(page_);
  column_->setContentsMargins(0, 0, 0, 0);
  column_->addStretch(1);
  auto* area = new QScrollArea(this);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setWidget(page_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(heading_);
  layout->addWidget(area, 1);
}

void AnswerView::setPrediction(const TrialPrediction& prediction, bool sorted) {
  heading_->setText(tr("%1 · %2 ms").arg(device_, QLocale().toString(1e3 * prediction.seconds, 'g', 3)));
  while (answers_.size() > prediction.answers.size()) {
    delete answers_.back();
    answers_.pop_back();
  }
  while (answers_.size() < prediction.answers.size()) {
    answers_.push_back(new AnswerBars(page_));
    column_->insertWidget(static_cast<int>(answers_.size()) - 1, answers_.back());
  }
  for (std::size_t i = 0; i < answers_.size(); ++i)
    answers_[i]->setAnswer(prediction.answers[i], sorted, prediction.answers.size() > 1);
}

}  // namespace tandem::ui
