// The part of the data form that chooses where the samples come from.
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>

#include "core/data/builtin.h"
#include "ui/data/data_form.h"
#include "ui/models/format.h"
#include "ui/widgets/committed_text.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

// The same split and normalization for other data.
DataSpec withSplit(DataSpec data, const DataSpec& split) {
  data.validationFraction = split.validationFraction;
  data.testFraction = split.testFraction;
  data.splitSeed = split.splitSeed;
  data.stratify = split.stratify;
  data.normalize = split.normalize;
  return data;
}

}  // namespace

DataForm::Source DataForm::sourceOf(const DataSpec& spec) {
  if (isBuiltin(spec.path)) return Source::Builtin;
  switch (spec.kind) {
    case DataKind::Idx:
      return Source::Idx;
    case DataKind::Csv:
      return Source::Csv;
    case DataKind::ImageFolder:
      return Source::ImageFolder;
    case DataKind::Generated:
      return Source::Generated;
    case DataKind::Numpy:
      return Source::Numpy;
    case DataKind::TextFolder:
      return Source::TextFolder;
    case DataKind::TextFile:
      return Source::TextFile;
    case DataKind::Cifar:
      return Source::Cifar;
  }
  return Source::Generated;
}

void DataForm::addBuiltin() {
  builtin_ = new ChoiceBox;
  for (const BuiltinSet& set : builtinSets()) {
    const bool installed = builtinFolder(set).ok();
    builtin_->addItem(installed ? toQString(set.name) : tr("%1 (not installed)").arg(toQString(set.name)),
                      toQString(set.path()));
    QString about = toQString(set.about);
    if (!installed) about += tr("\nTo install it: sudo apt install %1").arg(toQString(set.package));
    builtin_->setItemData(builtin_->count() - 1, about, Qt::ToolTipRole);
  }
  addRow(builtin_, "data_builtin", tr("Dataset"), tr("A dataset that a Debian package installs"),
         {Source::Builtin});
  connect(builtin_, &QComboBox::activated, this, [this](int index) {
    const BuiltinSet& set = builtinSets()[static_cast<std::size_t>(index)];
    if (document_.data().path == set.path()) return;
    edit(tr("Change dataset"), [&](DataSpec& d) { d = withSplit(set.spec, d); });
  });
}

void DataForm::addMasks() {
  auto* row = new QWidget;
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  const auto change = [this](const QString& text) {
    edit(tr("Change folder of masks"), [&](DataSpec& d) { d.masks = text.trimmed().toStdString(); });
  };
  masks_ = new TextField([change](const QString& text) {
    change(text);
    return success();
  });
  masks_->setPlaceholderText(tr("none, or beside the images"));
  auto* browse = new QPushButton(tr("Browse…"));
  layout->addWidget(masks_, 1);
  layout->addWidget(browse);
  const QString tip = tr(
      "The folder of masks, PNG files with the names of the images, in which each level or color is a class of pixels. "
      "Empty: a folder \"masks\" beside \"images\", if there is one");
  addRow(row, "data_masks_row", tr("Masks"), tip, {Source::ImageFolder});
  describe(masks_, "data_masks", tr("Masks"), tip);
  describe(browse, "data_masks_browse", tr("Browse for masks"), tr("Open a file dialog"));
  row->setFocusProxy(masks_);
  connect(browse, &QPushButton::clicked, this, [this, change] {
    const QString given = masks_->text();
    const QString start = given.isEmpty() ? path_->text() : given;
    const QString chosen = QFileDialog::getExistingDirectory(this, tr("Choose a folder"),
                                                             start.isEmpty() ? QDir::homePath() : start);
    if (!chosen.isEmpty()) change(chosen);
  });
}

void DataForm::chooseSource(int index) {
  const auto source = static_cast<Source>(index);
  if (source == sourceOf(document_.data())) return;
  edit(tr("Change data source"), [&](DataSpec& d) {
    if (isBuiltin(d.path)) d = withSplit({}, d);  // its other settings are those of the set
    switch (source) {
      case Source::Builtin:
        d = withSplit(builtinSets()[0].spec, d);
        return;
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
      case Source::Numpy:
        d.kind = DataKind::Numpy;
        break;
      case Source::TextFolder:
        d.kind = DataKind::TextFolder;
        break;
      case Source::TextFile:
        d.kind = DataKind::TextFile;
        d.text.unit = TextUnit::Characters;  // as for a file that is chosen for a new project
        d.text.lowerCase = false;
        break;
      case Source::Cifar:
        d.kind = DataKind::Cifar;
        break;
    }
    // A path for one kind of data is meaningless for another, as is a column of weights.
    d.path.clear();
    if (d.kind != DataKind::Csv) d.sampleWeights.clear();
    d.masks.clear();
    d.array.clear();
    d.targets.clear();
  });
}

void DataForm::browse() {
  const QString start = path_->text().isEmpty() ? QDir::homePath() : path_->text();
  const QString chosen = [&] {
    switch (document_.data().kind) {
      case DataKind::Csv:
        return QFileDialog::getOpenFileName(
            this, tr("Choose a table"), start,
            tr("Tables (*.csv *.tsv *.txt *.csv.gz *.arff *.arff.gz);;All files (*)"));
      case DataKind::Numpy:
        return QFileDialog::getOpenFileName(this, tr("Choose arrays"), start,
                                            tr("Arrays (*.npz *.npy *.h5 *.hdf5);;All files (*)"));
      case DataKind::TextFile:
        return QFileDialog::getOpenFileName(this, tr("Choose a text"), start,
                                            tr("Texts (*.txt *.txt.gz);;All files (*)"));
      default:
        return QFileDialog::getExistingDirectory(this, tr("Choose a folder"), start);
    }
  }();
  if (!chosen.isEmpty()) edit(tr("Change data path"), [&](DataSpec& d) { d.path = chosen.toStdString(); });
}

}  // namespace tandem::ui
