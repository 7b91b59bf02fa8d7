#include "ui/data/data_form.h"

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/network/setting_range.h"
#include "ui/data/augment_preview.h"
#include "ui/data/data_preview.h"
#include "ui/data/data_summary.h"
#include "ui/data/name_list.h"
#include "ui/data/rows_view.h"
#include "ui/data/series_form.h"
#include "ui/data/table_form.h"
#include "ui/data/text_form.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

struct Pattern {
  const char* generator;  // DataSpec::generator
  const char* label;
};
constexpr Pattern kPatterns[] = {
    {"spirals", QT_TR_NOOP("Spirals")},    {"moons", QT_TR_NOOP("Moons")},
    {"circles", QT_TR_NOOP("Circles")},    {"checkerboard", QT_TR_NOOP("Checkerboard")},
    {"shapes", QT_TR_NOOP("Shapes")},      {"waves", QT_TR_NOOP("Waves")},
    {"bursts", QT_TR_NOOP("Bursts")},      {"series", QT_TR_NOOP("Time series")},
    {"sentences", QT_TR_NOOP("Sentences")}};

// Without the rounding error of the product.
double percent(double fraction) {
  return std::round(fraction * 1e12) / 1e10;
}

}  // namespace

DataForm::DataForm(ProjectDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), form_(makeForm()) {
  setObjectName("dataForm");
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 8, 12, 12);
  column->setSpacing(6);
  column->addWidget(sectionLabel(tr("Samples")));
  column->addLayout(form_);
  addSourceFields();
  preview_ = new DataPreview;
  addResult();
  column->addWidget(result_);
  column->addWidget(preview_);
  tableRows_ = new RowsView(document);
  column->addWidget(tableRows_);
  column->addWidget(new AugmentPreview(document, this));
  series_ = new SeriesForm(document);
  column->addWidget(series_);
  table_ = new TableForm(document);
  column->addWidget(table_);
  text_ = new TextForm(document);
  column->addWidget(text_);
  column->addWidget(sectionLabel(tr("Split")));
  form_ = makeForm();
  column->addLayout(form_);
  addSplitFields();
  column->addStretch();
  alignCaptions(this);
  connect(&document_, &ProjectDocument::projectReplaced, this, [this] { CommittedText::restoreAll(this); });
  connect(&document_, &ProjectDocument::dataChanged, this, &DataForm::refresh);
  connect(&document_, &ProjectDocument::dataInfoChanged, this, &DataForm::refreshResult);
  connect(&Theme::instance(), &Theme::changed, this, &DataForm::refreshResult);
  refresh();
}

void DataForm::addRow(QWidget* field, const char* name, const QString& label, const QString& tooltip,
                      std::vector<Source> sources) {
  addField(form_, field, name, label, tooltip);
  inputs_.push_back(field);
  if (!sources.empty()) rows_.push_back({field, std::move(sources)});
}

// member: the number in a DataSpec; its range is that of the project file.
template <class Member>
NumberBox* DataForm::numberField(const QString& label, Member member) {
  using Number = std::remove_reference_t<decltype(member(std::declval<DataSpec&>()))>;
  auto* box = new NumberBox(std::is_integral_v<Number> ? NumberBox::Whole : NumberBox::Real);
  DataSpec spec;
  const ValueRange range = rangeOf(spec, &member(spec));
  box->setRange(range.minimum, range.maximum);
  connect(box, &NumberBox::valueChanged, this, [this, label, member](double value) {
    edit(label, [&](DataSpec& d) { member(d) = static_cast<Number>(value); });
  });
  return box;
}

TextField* DataForm::namesField(const QString& label, std::vector<std::string> DataSpec::*member) {
  return new TextField([this, label, member](const QString& text) -> Status {
    TANDEM_ASSIGN(const std::vector<std::string> names, namesIn(text));
    edit(label, [&](DataSpec& d) { d.*member = names; });
    return success();
  });
}

void DataForm::addSourceFields() {
  source_ = new ChoiceBox;
  source_->addItems({tr("Built-in dataset"), tr("IDX files (MNIST format)"), tr("Table (CSV or ARFF)"),
                     tr("Folder of images"), tr("Generated data"), tr("Arrays (NumPy or HDF5)"),
                     tr("Folder of texts"), tr("Text file (next tokens)"), tr("CIFAR-10 or CIFAR-100")});
  addRow(source_, "data_source", tr("So&urce"), tr("Where the samples come from"), {});
  connect(source_, &QComboBox::activated, this, &DataForm::chooseSource);
  addBuiltin();

  pathRow_ = new QWidget;
  auto* pathLayout = new QHBoxLayout(pathRow_);
  pathLayout->setContentsMargins(0, 0, 0, 0);
  path_ = new TextField([this](const QString& text) {
    edit(tr("Change data path"), [&](DataSpec& d) { d.path = text.toStdString(); });
    return success();
  });
  browse_ = new QPushButton(tr("Browse…"));
  pathLayout->addWidget(path_, 1);
  pathLayout->addWidget(browse_);
  const QString pathTip = tr(
      "IDX: the folder with the four files, named as in MNIST, plain or .gz. CIFAR: the folder with data_batch_1.bin or "
      "train.bin. Tables and texts: the file. Arrays: the .npz or HDF5 "
      "file, or the .npy file of the inputs with that of the targets beside it. Images and texts: the folder with one "
      "subfolder per class, or with train, validation and test folders that have them; or the folder of images that "
      "have masks, or the one around both");
  addRow(pathRow_, "data_path_row", tr("&Path"), pathTip,
         {Source::Idx, Source::Csv, Source::ImageFolder, Source::Numpy, Source::TextFolder, Source::TextFile,
          Source::Cifar});
  describe(path_, "data_path", tr("Path"), pathTip);
  describe(browse_, "data_browse", tr("Browse for data"), tr("Open a file dialog"));
  pathRow_->setFocusProxy(path_);
  connect(browse_, &QPushButton::clicked, this, &DataForm::browse);
  addMasks();

  generator_ = new ChoiceBox;
  for (const Pattern& pattern : kPatterns) generator_->addItem(tr(pattern.label), QString(pattern.generator));
  addRow(
      generator_, "data_generator", tr("P&attern"),
      tr("Points of two classes in the plane, images of shapes, waves or sentences to classify, or a time series to "
         "continue"),
      {Source::Generated});
  connect(generator_, &QComboBox::currentIndexChanged, this, [this](int index) {
    edit(tr("Change pattern"),
         [&](DataSpec& d) { d.generator = generator_->itemData(index).toString().toStdString(); });
  });
  count_ = numberField(
      tr("Change number of samples"), [](DataSpec & d) -> auto& { return d.count; });
  addRow(count_, "data_count", tr("Sa&mples"),
         tr("Number of points, images, waves, sentences, or rows of the time series"), {Source::Generated});
  noise_ = numberField(
      tr("Change noise"), [](DataSpec & d) -> auto& { return d.noise; });
  addRow(
      noise_, "data_noise", tr("&Noise"),
      tr("Standard deviation of the noise on each point, pixel or row, or the share of sentences with a random "
         "class"),
      {Source::Generated});

  array_ = new TextField([this](const QString& text) {
    edit(tr("Change array of inputs"), [&](DataSpec& d) { d.array = text.trimmed().toStdString(); });
    return success();
  });
  array_->setPlaceholderText(tr("by its name, such as x_train"));
  addRow(array_, "data_array", tr("Inputs"),
         tr("The array of inputs: (samples, features), (samples, steps, features) "
            "or (samples, height, width, channels)"),
         {Source::Numpy});
  target_ = namesField(tr("Change target columns"), &DataSpec::targets);
  addRow(
      target_, "data_target", tr("Tar&gets"),
      tr("Columns to predict, separated by commas; of arrays the one of targets; of CIFAR-100 fine, coarse or "
         "both"),
      {Source::Builtin, Source::Csv, Source::Numpy, Source::Cifar});
  classification_ = new QCheckBox(tr("is a class"));
  addRow(classification_, "data_classification", tr("Target"),
         tr("On: each distinct value is a class. Off: the values are numbers to predict"),
         {Source::Builtin, Source::Csv, Source::Numpy});
  connect(classification_, &QCheckBox::toggled, this,
          [this](bool on) { edit(tr("Change target type"), [&](DataSpec& d) { d.classification = on; }); });
  ignore_ = namesField(tr("Change ignored columns"), &DataSpec::ignore);
  ignore_->setPlaceholderText(tr("none"));
  addRow(ignore_, "data_ignore", tr("&Ignore"), tr("Columns to ignore, separated by commas"),
         {Source::Builtin, Source::Csv});

  sampleWeights_ = new TextField([this](const QString& text) {
    edit(tr("Change sample weights"), [&](DataSpec& d) { d.sampleWeights = text.trimmed().toStdString(); });
    return success();
  });
  sampleWeights_->setPlaceholderText(tr("none"));
  addRow(
      sampleWeights_, "data_sample_weights", tr("Sample weights"),
      tr("The column that says how much each row counts in the training loss. The weights are divided by their mean "
         "in the training set, so that only their proportions matter. The losses of the validation and test sets "
         "are not weighted"),
      {Source::Csv});

  const auto side = [this](NumberBox*& box, const char* name, const QString& label,
                           std::int64_t DataSpec::*member) {
    box = numberField(
        tr("Change image size"), [member](DataSpec & d) -> auto& { return d.*member; });
    box->setSuffix(tr(" px"));
    addRow(box, name, label, tr("All images are resized to this size"),
           {Source::ImageFolder, Source::Csv, Source::Generated});
    imageRows_.push_back(box);
  };
  side(height_, "data_image_height", tr("Height"), &DataSpec::imageHeight);
  side(width_, "data_image_width", tr("Width"), &DataSpec::imageWidth);
  channels_ = new ChoiceBox;
  channels_->addItems({tr("Greyscale"), tr("Colour")});
  addRow(channels_, "data_image_channels", tr("Channels"),
         tr("One grey value per pixel, or red, green and blue"), {Source::ImageFolder, Source::Csv});
  connect(channels_, &QComboBox::currentIndexChanged, this, [this](int index) {
    edit(tr("Change channels"), [&](DataSpec& d) { d.imageChannels = index == 0 ? 1 : 3; });
  });
  skipDamaged_ = new QCheckBox(tr("leave files out"));
  addRow(
      skipDamaged_, "data_skip_damaged", tr("Damaged"),
      tr("On: images and texts that cannot be read are left out, and listed when the data is loaded. Off: they are an "
         "error"),
      {Source::ImageFolder, Source::Csv, Source::TextFolder});
  imageRows_.insert(imageRows_.end(), {channels_, skipDamaged_});
  connect(skipDamaged_, &QCheckBox::toggled, this,
          [this](bool on) { edit(tr("Change damaged images"), [&](DataSpec& d) { d.skipDamaged = on; }); });
}

void DataForm::addSplitFields() {
  const auto share = [this](NumberBox*& box, const char* name, const QString& label, const QString& tooltip,
                            double DataSpec::*member) {
    box = new NumberBox(NumberBox::Real);
    const DataSpec spec;
    const ValueRange range = rangeOf(spec, &(spec.*member));
    box->setRange(percent(range.minimum), percent(range.maximum));
    box->setSuffix(tr("%"));
    addRow(box, name, label, tooltip, {});
    connect(box, &NumberBox::valueChanged, this, [this, member](double value) {
      edit(tr("Change split"), [&](DataSpec& d) { d.*member = value / 100.0; });
    });
  };
  share(validation_, "data_validation", tr("Va&lidation"),
        tr("Share of the non-test samples used for validation after each epoch"),
        &DataSpec::validationFraction);
  share(test_, "data_test", tr("Te&st"), tr("Share held out for the final test, if the data has no test set"),
        &DataSpec::testFraction);
  splitSeed_ = numberField(
      tr("Change split seed"), [](DataSpec & d) -> auto& { return d.splitSeed; });
  addRow(splitSeed_, "data_split_seed", tr("Seed"), tr("The same seed gives the same split"), {});
  stratify_ = new QCheckBox(tr("same share of each class"));
  addRow(stratify_, "data_stratify", tr("Stratify"),
         tr("Each class has the same share of every part of the split, and at least one training sample"),
         {});
  connect(stratify_, &QCheckBox::toggled, this,
          [this](bool on) { edit(tr("Change stratification"), [&](DataSpec& d) { d.stratify = on; }); });
  normalize_ = new QCheckBox(tr("zero mean, unit variance"));
  addRow(normalize_, "data_normalize", tr("Normalize"),
         tr("Mean and variance are computed from the training set only"), {});
  connect(normalize_, &QCheckBox::toggled, this,
          [this](bool on) { edit(tr("Change normalization"), [&](DataSpec& d) { d.normalize = on; }); });
}

void DataForm::addResult() {
  result_ = new QLabel;
  result_->setObjectName("dataResult");
  result_->setAccessibleName(tr("Dataset summary"));
  result_->setWordWrap(true);
  result_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  result_->setMargin(8);
}

void DataForm::edit(const QString& label, const std::function<void(DataSpec&)>& change) {
  DataSpec spec = document_.data();
  change(spec);
  document_.setData(spec, label);
}

void DataForm::refresh() {
  const DataSpec& spec = document_.data();
  const Source source = sourceOf(spec);
  std::vector<std::unique_ptr<QSignalBlocker>> quiet;
  for (QWidget* widget : inputs_) quiet.push_back(std::make_unique<QSignalBlocker>(widget));
  source_->setCurrentIndex(static_cast<int>(source));
  builtin_->setCurrentIndex(builtin_->findData(toQString(spec.path)));
  path_->setStored(QString::fromStdString(spec.path));
  path_->setPlaceholderText(source == Source::Csv        ? tr("CSV file")
                            : source == Source::Numpy    ? tr(".npz, .npy or HDF5 file")
                            : source == Source::TextFile ? tr("Text file")
                                                         : tr("Folder"));
  array_->setStored(toQString(spec.array));
  target_->setPlaceholderText(source == Source::Numpy   ? tr("by its name, such as y_train")
                              : source == Source::Cifar ? tr("fine, of CIFAR-100")
                                                        : tr("last column"));
  masks_->setStored(toQString(spec.masks));
  generator_->setCurrentIndex(generator_->findData(QString::fromStdString(spec.generator)));
  count_->setValue(static_cast<double>(spec.count));
  noise_->setValue(spec.noise);
  target_->setStored(namesText(spec.targets));
  classification_->setChecked(spec.classification);
  ignore_->setStored(namesText(spec.ignore));
  sampleWeights_->setStored(toQString(spec.sampleWeights));
  height_->setValue(static_cast<double>(spec.imageHeight));
  width_->setValue(static_cast<double>(spec.imageWidth));
  channels_->setCurrentIndex(spec.imageChannels == 1 ? 0 : 1);
  validation_->setValue(percent(spec.validationFraction));
  test_->setValue(percent(spec.testFraction));
  splitSeed_->setValue(static_cast<double>(spec.splitSeed));
  skipDamaged_->setChecked(spec.skipDamaged);
  stratify_->setChecked(spec.stratify);
  normalize_->setChecked(spec.normalize);
  const bool table = spec.kind == DataKind::Csv;
  series_->setVisible(table);
  series_->refresh();
  table_->setVisible(table && source == Source::Csv);
  table_->refresh();
  text_->refresh();
  preview_->setVisible(source == Source::Generated);
  if (source == Source::Generated) preview_->show2d(spec);
  refreshResult();
}

// Settings of images are shown where the data has any, also if they cannot be read.
bool DataForm::hasImages() const {
  const DataSpec& spec = document_.data();
  if (spec.kind == DataKind::ImageFolder) return true;
  if (spec.kind == DataKind::TextFolder && spec.skipDamaged) return true;  // the only such setting of texts
  if (const auto& error = document_.dataError()) return error->hint.find("skip_damaged") != std::string::npos;
  const auto& info = document_.dataInfo();
  return info &&
         std::ranges::any_of(info->inputs, [](const DataTensor& input) { return input.sample.rank() == 3; });
}

void DataForm::showRows() {
  const Source source = sourceOf(document_.data());
  const bool images = hasImages(), isTable = document_.data().kind == DataKind::Csv;
  auto* form = qobject_cast<QFormLayout*>(layout()->itemAt(1)->layout());  // of the settings of the source
  for (const Row& row : rows_) {
    // Of built-in datasets, tables have the settings of tables.
    const bool applies = std::ranges::find(row.sources, source) != row.sources.end() &&
                         (source != Source::Builtin || row.field == builtin_ || isTable);
    const bool image = std::ranges::find(imageRows_, row.field) != imageRows_.end();
    form->setRowVisible(row.field, applies && (images || !image));
  }
}

void DataForm::refreshResult() {
  showRows();
  const ThemeColors& colors = Theme::instance().colors();
  QString text;
  QColor back = colors.raised;
  Qt::TextFormat format = Qt::RichText;
  if (document_.probing()) {
    text = tr("Loading data…");
  } else if (const auto& error = document_.dataError()) {
    text = QString::fromStdString(error->text());
    format = Qt::PlainText;
    back = colors.errorBack;
  } else if (const auto& info = document_.dataInfo()) {
    text = dataSummary(*info, document_.data().kind);
    back = colors.successBack;
  }
  result_->setVisible(!text.isEmpty());
  result_->setTextFormat(format);
  result_->setText(text);
  result_->setStyleSheet(
      QStringLiteral("background: %1; color: %2; border-radius: 6px;").arg(back.name(), colors.text.name()));
}

void DataForm::setLocked(bool locked) {
  for (QWidget* widget : inputs_) widget->setEnabled(!locked);
  table_->setLocked(locked);
  series_->setLocked(locked);
  text_->setLocked(locked);
  tableRows_->setLocked(locked);
}

}  // namespace tandem::ui
