#include "ui/data/augment_preview.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <type_traits>

#include "core/augment/augmenter.h"
#include "ui/data/sample_picture.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kSamples = 5;  // as many as fit in the panel
constexpr std::size_t kTexts = 3;
constexpr std::size_t kMostValues = 4'000'000;  // of all samples, unless a single one has more

// Of a tensor of these samples, as they are stored and as `augmenter` changes them.
template <class T>
std::vector<std::vector<T>> beforeAndAfter(const Dataset& data, Augmenter& augmenter, std::size_t tensor,
                                           std::span<const std::int64_t> samples, std::int64_t epoch) {
  const std::size_t size =
      samples.size() * static_cast<std::size_t>(data.info.tensor(tensor).sample.elements());
  std::vector<std::vector<T>> rows(2, std::vector<T>(size));
  if constexpr (std::is_same_v<T, std::uint8_t>)
    data.gatherBytes(tensor, samples, rows[0].data());
  else
    data.gather(tensor, samples, rows[0].data());
  augmenter.gather({tensor, std::is_same_v<T, std::uint8_t>}, samples, epoch, rows[1].data());
  return rows;
}

}  // namespace

AugmentPreview::AugmentPreview(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      shown_(new QCheckBox(tr("Show augmented samples"))),
      next_(new QPushButton(tr("Another draw"))),
      samples_(new QLabel),
      text_(new QLabel),
      request_(std::make_shared<std::atomic<std::uint64_t>>(0)) {
  setObjectName("augmentPreview");
  pool_.setMaxThreadCount(1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addWidget(sectionLabel(tr("Augmentation")));
  auto* row = new QHBoxLayout;
  row->addWidget(shown_, 1);
  row->addWidget(next_);
  column->addLayout(row);
  column->addWidget(samples_);
  column->addWidget(text_);
  describe(
      shown_, "data_augmented", tr("Show augmented samples"),
      tr("Load the data, and show the first training samples as they are stored and as training sees them"));
  describe(next_, "data_augmented_next", tr("Another draw"),
           tr("Show the same samples as the next epoch sees them"));
  samples_->setObjectName("augmentedSamples");
  samples_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);  // pictures must not widen the panel
  samples_->setAccessibleName(tr("Samples, as they are stored and augmented"));
  text_->setObjectName("augmentedText");
  text_->setWordWrap(true);
  text_->setTextFormat(Qt::PlainText);
  text_->setForegroundRole(QPalette::PlaceholderText);
  connect(shown_, &QCheckBox::toggled, this, &AugmentPreview::refresh);
  connect(next_, &QPushButton::clicked, this, [this] {
    ++epoch_;
    draw();
  });
  connect(&document_, &ProjectDocument::trainingChanged, this, &AugmentPreview::refresh);
  connect(&document_, &ProjectDocument::dataChanged, this, &AugmentPreview::refresh);
  connect(&Theme::instance(), &Theme::changed, this, &AugmentPreview::refresh);
  refresh();
}

AugmentPreview::~AugmentPreview() {
  ++*request_;
  pool_.clear();
  pool_.waitForDone();
}

void AugmentPreview::refresh() {
  const bool any = !document_.training().augment.empty();
  setVisible(any);
  if (!any || !shown_->isChecked()) {
    ++*request_;
    spec_.reset();
    data_.reset();
    say({});
  } else if (spec_ != document_.data()) {
    load();
  } else if (data_) {
    draw();
  }
}

void AugmentPreview::load() {
  spec_ = document_.data();
  data_.reset();
  epoch_ = 0;
  say(tr("Loading data…"));
  const std::uint64_t request = ++*request_;
  pool_.clear();
  pool_.start([this, spec = *spec_, request, latest = request_] {
    const auto loaded = loadDataset(spec, [&](double) { return latest->load() == request; });
    QMetaObject::invokeMethod(
        this,
        [this, request, loaded] {
          if (request_->load() != request) return;
          if (!loaded.ok()) return say(errorText(loaded.error()));
          data_ = *loaded;
          draw();
        },
        Qt::QueuedConnection);
  });
}

// Shows a text instead of samples.
void AugmentPreview::say(const QString& text) {
  samples_->clear();
  samples_->hide();
  next_->setEnabled(false);
  text_->setText(text);
  text_->setVisible(!text.isEmpty());
}

void AugmentPreview::draw() {
  const TrainingConfig& training = document_.training();
  const DatasetInfo& info = data_->info;
  if (const Status fits = checkAugmentations(training.augment, info); !fits.ok())
    return say(errorText(fits.error()));
  Augmenter augmenter(data_, training.augment, training.seed);
  std::size_t tensor = 0;
  while (tensor < info.inputs.size() && !augmenter.changes(tensor)) ++tensor;
  const DataTensor& input = info.tensor(tensor);
  const bool texts = input.classes > 0;
  std::span<const std::int64_t> samples = data_->part(SplitPart::Train);
  const auto size = static_cast<std::size_t>(input.sample.elements());
  const std::size_t most = std::clamp<std::size_t>(kMostValues / size, 1, texts ? kTexts : kSamples);
  samples = samples.first(std::min(samples.size(), most));
  if (samples.empty()) return say(tr("There are no training samples."));
  QString lines;
  if (texts) {
    const auto rows = beforeAndAfter<std::int32_t>(*data_, augmenter, tensor, samples, epoch_);
    for (std::size_t i = 0; i < samples.size(); ++i)
      lines += tr("Stored: %1\nAugmented: %2\n\n")
                   .arg(tokenLine(input, std::span(rows[0]).subspan(i * size, size)),
                        tokenLine(input, std::span(rows[1]).subspan(i * size, size)));
    samples_->hide();
  } else {
    std::vector<std::vector<float>> rows;
    if (data_->values(tensor).bytes.empty())
      rows = beforeAndAfter<float>(*data_, augmenter, tensor, samples, epoch_);
    else
      for (const auto& levels : beforeAndAfter<std::uint8_t>(*data_, augmenter, tensor, samples, epoch_))
        rows.emplace_back(levels.begin(), levels.end());
    samples_->setPixmap(QPixmap::fromImage(samplePictures(input, rows, devicePixelRatioF())));
    samples_->show();
  }
  next_->setEnabled(true);
  text_->setText(
      lines + tr("The first training samples as they are stored, and as epoch %1 sees them").arg(epoch_ + 1));
  text_->show();
}

}  // namespace tandem::ui
