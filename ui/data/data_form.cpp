#include "ui/data/data_form.h"

#include <QCheckBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/data/data_preview.h"
#include "ui/models/format.h"
#include "ui/theme/theme.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

constexpr auto kFashionMnist = "builtin:fashion-mnist";
const QStringList kGenerators = {"spirals", "moons", "circles", "checkerboard"};

int percent(double fraction) {
  return static_cast<int>(std::lround(fraction * 100));
}

QString classList(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 12;
  QStringList list;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) list << QString::fromStdString(names[i]);
  if (names.size() > kShown) list << QStringLiteral("…");
  return list.join(", ");
}

}  // namespace

DataForm::Source DataForm::sourceOf(const DataSpec& spec) {
  switch (spec.kind) {
    case DataKind::Idx:
      return spec.path == kFashionMnist ? Source::FashionMnist : Source::Idx;
    case DataKind::Csv:
      return Source::Csv;
    case DataKind::ImageFolder:
      return Source::ImageFolder;
    case DataKind::Generated:
      return Source::Generated;
  }
  return Source::Generated;
}

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
  column->addWidget(sectionLabel(tr("Split")));
  form_ = makeForm();
  column->addLayout(form_);
  addSplitFields();
  column->addStretch();
  alignCaptions(this);
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

void DataForm::addSourceFields() {
  source_ = new ChoiceBox;
  source_->addItems({tr("Fashion-MNIST (installed)"), tr("IDX files (MNIST format)"), tr("CSV table"),
                     tr("Folder of images"), tr("Generated 2-D data")});
  addRow(source_, "data_source", tr("&Source"), tr("Where the samples come from"), {});
  connect(source_, &QComboBox::activated, this, &DataForm::chooseSource);

  pathRow_ = new QWidget;
  auto* pathLayout = new QHBoxLayout(pathRow_);
  pathLayout->setContentsMargins(0, 0, 0, 0);
  path_ = new QLineEdit;
  browse_ = new QPushButton(tr("Browse…"));
  pathLayout->addWidget(path_, 1);
  pathLayout->addWidget(browse_);
  const QString pathTip =
      tr("IDX: the folder with the four files, named as in MNIST, plain or .gz. CSV: the file. Images: the "
         "folder with one subfolder per class");
  addRow(pathRow_, "data_path_row", tr("&Path"), pathTip, {Source::Idx, Source::Csv, Source::ImageFolder});
  describe(path_, "data_path", tr("Path"), pathTip);
  describe(browse_, "data_browse", tr("Browse for data"), tr("Opens a file dialog"));
  pathRow_->setFocusProxy(path_);
  connect(path_, &QLineEdit::textEdited, this, [this](const QString& text) {
    edit(tr("Change data path"), [&](DataSpec& d) { d.path = text.toStdString(); });
  });
  connect(browse_, &QPushButton::clicked, this, &DataForm::browse);

  generator_ = new ChoiceBox;
  generator_->addItems({tr("Spirals"), tr("Moons"), tr("Circles"), tr("Checkerboard")});
  addRow(generator_, "data_generator", tr("Patte&rn"), tr("Two classes of points in the plane"),
         {Source::Generated});
  connect(generator_, &QComboBox::currentIndexChanged, this, [this](int index) {
    edit(tr("Change pattern"), [&](DataSpec& d) { d.generator = kGenerators[index].toStdString(); });
  });
  count_ = new IntegerBox;
  count_->setRange(10, 10'000'000);
  addRow(count_, "data_count", tr("Sa&mples"), tr("Number of points"), {Source::Generated});
  connect(count_, &QSpinBox::valueChanged, this,
          [this](int value) { edit(tr("Change number of samples"), [&](DataSpec& d) { d.count = value; }); });
  noise_ = new NumberBox;
  noise_->setRange(0, 10);
  addRow(noise_, "data_noise", tr("&Noise"), tr("Standard deviation of the noise on each point"),
         {Source::Generated});
  connect(noise_, &QDoubleSpinBox::valueChanged, this,
          [this](double value) { edit(tr("Change noise"), [&](DataSpec& d) { d.noise = value; }); });

  target_ = new QLineEdit;
  target_->setPlaceholderText(tr("Last column"));
  addRow(target_, "data_target", tr("&Target"), tr("Name of the column to predict"), {Source::Csv});
  connect(target_, &QLineEdit::textEdited, this, [this](const QString& text) {
    edit(tr("Change target column"), [&](DataSpec& d) { d.target = text.toStdString(); });
  });
  classification_ = new QCheckBox(tr("contains classes, not numbers"));
  addRow(classification_, "data_classification", tr("Target"),
         tr("On: each distinct text is a class. Off: the numbers are predicted"), {Source::Csv});
  connect(classification_, &QCheckBox::toggled, this,
          [this](bool on) { edit(tr("Change target type"), [&](DataSpec& d) { d.classification = on; }); });
  ignore_ = new QLineEdit;
  ignore_->setPlaceholderText(tr("none"));
  addRow(ignore_, "data_ignore", tr("&Ignore"), tr("Columns to ignore, separated by commas"), {Source::Csv});
  connect(ignore_, &QLineEdit::textEdited, this, [this](const QString& text) {
    edit(tr("Change ignored columns"), [&](DataSpec& d) {
      d.ignore.clear();
      for (const QString& name : text.split(',', Qt::SkipEmptyParts))
        d.ignore.push_back(name.trimmed().toStdString());
    });
  });

  const auto side = [this](IntegerBox*& box, const char* name, const QString& label,
                           std::int64_t DataSpec::*member) {
    box = new IntegerBox;
    box->setRange(1, 4096);
    box->setSuffix(tr(" px"));
    addRow(box, name, label, tr("All images are resized to this size"), {Source::ImageFolder});
    connect(box, &QSpinBox::valueChanged, this, [this, member](int value) {
      edit(tr("Change image size"), [&](DataSpec& d) { d.*member = value; });
    });
  };
  side(height_, "data_image_height", tr("Height"), &DataSpec::imageHeight);
  side(width_, "data_image_width", tr("Width"), &DataSpec::imageWidth);
  channels_ = new ChoiceBox;
  channels_->addItems({tr("Grey"), tr("Colour")});
  addRow(channels_, "data_image_channels", tr("Channels"),
         tr("One grey value per pixel, or red, green and blue"), {Source::ImageFolder});
  connect(channels_, &QComboBox::currentIndexChanged, this, [this](int index) {
    edit(tr("Change channels"), [&](DataSpec& d) { d.imageChannels = index == 0 ? 1 : 3; });
  });
}

void DataForm::addSplitFields() {
  const auto share = [this](IntegerBox*& box, const char* name, const QString& label, const QString& tooltip,
                            double DataSpec::*member) {
    box = new IntegerBox;
    box->setRange(0, 90);
    box->setSuffix(tr("%"));
    addRow(box, name, label, tooltip, {});
    connect(box, &QSpinBox::valueChanged, this, [this, member](int value) {
      edit(tr("Change split"), [&](DataSpec& d) { d.*member = value / 100.0; });
    });
  };
  share(validation_, "data_validation", tr("&Validation"),
        tr("Share of the non-test samples used for validation after each epoch"),
        &DataSpec::validationFraction);
  share(test_, "data_test", tr("T&est"), tr("Share held out for the final test, if the data has no test set"),
        &DataSpec::testFraction);
  splitSeed_ = new IntegerBox;
  splitSeed_->setRange(0, std::numeric_limits<int>::max());
  addRow(splitSeed_, "data_split_seed", tr("Seed"), tr("The same seed gives the same split"), {});
  connect(splitSeed_, &QSpinBox::valueChanged, this, [this](int value) {
    edit(tr("Change split seed"), [&](DataSpec& d) { d.splitSeed = static_cast<std::uint64_t>(value); });
  });
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

void DataForm::chooseSource(int index) {
  const auto source = static_cast<Source>(index);
  if (source == sourceOf(document_.data())) return;
  edit(tr("Change data source"), [&](DataSpec& d) {
    switch (source) {
      case Source::FashionMnist:
      case Source::Idx:
        d.kind = DataKind::Idx;
        break;
      case Source::Csv:
        d.kind = DataKind::Csv;
        break;
      case Source::ImageFolder:
        d.kind = DataKind::ImageFolder;
        break;
      case Source::Generated:
        d.kind = DataKind::Generated;
        break;
    }
    // A path for one kind of data is meaningless for another.
    d.path = source == Source::FashionMnist ? kFashionMnist : "";
  });
}

void DataForm::browse() {
  const QString start = path_->text().isEmpty() ? QDir::homePath() : path_->text();
  const QString chosen = document_.data().kind == DataKind::Csv
                             ? QFileDialog::getOpenFileName(this, tr("Choose a table"), start,
                                                            tr("Tables (*.csv *.tsv *.txt);;All files (*)"))
                             : QFileDialog::getExistingDirectory(this, tr("Choose a folder"), start);
  if (!chosen.isEmpty()) edit(tr("Change data path"), [&](DataSpec& d) { d.path = chosen.toStdString(); });
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
  for (const Row& row : rows_) {
    auto* form = qobject_cast<QFormLayout*>(layout()->itemAt(1)->layout());
    form->setRowVisible(row.field,
                        std::find(row.sources.begin(), row.sources.end(), source) != row.sources.end());
  }
  const auto setText = [](QLineEdit* line, const QString& text) {
    if (line->text() != text) line->setText(text);
  };
  setText(path_, QString::fromStdString(spec.path));
  path_->setPlaceholderText(source == Source::Csv ? tr("CSV file") : tr("Folder"));
  generator_->setCurrentIndex(static_cast<int>(kGenerators.indexOf(QString::fromStdString(spec.generator))));
  count_->setValue(static_cast<int>(spec.count));
  noise_->setValue(spec.noise);
  setText(target_, QString::fromStdString(spec.target));
  classification_->setChecked(spec.classification);
  QStringList ignored;
  for (const std::string& name : spec.ignore) ignored << QString::fromStdString(name);
  if (!ignore_->hasFocus())
    setText(ignore_, ignored.join(", "));  // do not reformat "a," while it is being typed
  height_->setValue(static_cast<int>(spec.imageHeight));
  width_->setValue(static_cast<int>(spec.imageWidth));
  channels_->setCurrentIndex(spec.imageChannels == 1 ? 0 : 1);
  validation_->setValue(percent(spec.validationFraction));
  test_->setValue(percent(spec.testFraction));
  splitSeed_->setValue(static_cast<int>(spec.splitSeed));
  normalize_->setChecked(spec.normalize);
  preview_->setVisible(source == Source::Generated);
  if (source == Source::Generated) preview_->show2d(spec);
  refreshResult();
}

void DataForm::refreshResult() {
  const ThemeColors& colors = Theme::instance().colors();
  QString text;
  QColor back = colors.raised;
  if (document_.probing()) {
    text = tr("Reading the data…");
  } else if (const auto& error = document_.dataError()) {
    text = QString::fromStdString(error->text()).toHtmlEscaped();
    back = colors.errorBack;
  } else if (const auto& info = document_.dataInfo()) {
    text = tr("<b>%1</b><br>Sample: %2")
               .arg(QString::fromStdString(info->name).toHtmlEscaped(), shapeText(info->sample));
    if (info->classes > 0) {
      text += tr("<br>%n classes: ", nullptr, info->classes) + classList(info->classNames).toHtmlEscaped();
    } else {
      text += tr("<br>Targets: %1").arg(info->targets);
    }
    if (!info->featureNames.empty())
      text += tr("<br>Columns: ") + classList(info->featureNames).toHtmlEscaped();
    back = colors.successBack;
  }
  result_->setVisible(!text.isEmpty());
  result_->setText(text);
  result_->setStyleSheet(
      QStringLiteral("background: %1; color: %2; border-radius: 6px;").arg(back.name(), colors.text.name()));
}

void DataForm::setLocked(bool locked) {
  for (QWidget* widget : inputs_) widget->setEnabled(!locked);
}

}  // namespace tandem::ui
