#include "ui/inspector/augment_form.h"

#include <QCheckBox>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/inspector/property_rows.h"
#include "ui/inspector/typed_form.h"
#include "ui/models/format.h"
#include "ui/widgets/fields.h"

namespace tandem::ui {
namespace {

template <class List>
auto findIn(List& list, const AugmentDef& def) {
  return std::ranges::find_if(list, [&](const AugmentConfig& each) { return &each.def() == &def; });
}

}  // namespace

AugmentForm::AugmentForm(ProjectDocument& document, QWidget* parent) : QWidget(parent), document_(document) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  std::vector<const AugmentDef*> defs(Catalog<AugmentDef>::all().begin(), Catalog<AugmentDef>::all().end());
  std::ranges::sort(defs, {}, &AugmentDef::id);
  for (const AugmentDef* def : defs) add(*def);
  refresh();
}

void AugmentForm::add(const AugmentDef& def) {
  const QString name = "training_augment_" + toQString(def.type);
  auto* box = new QCheckBox(toQString(def.label));
  describe(box, name, toQString(def.label), summaryText(def.summary, def.names));
  layout()->addWidget(box);
  auto* rows = new PropertyRows(def.properties, name);
  layout()->addWidget(rows);
  connect(box, &QCheckBox::toggled, this, [this, &def](bool on) { toggle(def, on); });
  connect(rows, &PropertyRows::edited, this, [this, &def](const Property& property, const AttrValue& value) {
    TrainingConfig config = document_.training();
    const auto chosen = findIn(config.augment, def);
    if (chosen != config.augment.end() && chosen->set(property.key, value).ok())  // the field has checked it
      document_.setTraining(config, changeOf(toQString(property.label), toQString(def.label).toLower()));
  });
  rows_.push_back({&def, box, rows});
}

bool AugmentForm::isShown(const AugmentDef& def) const {
  const auto& list = document_.training().augment;
  const auto& info = document_.dataInfo();
  return findIn(list, def) != list.end() || (info && checkAugmentation(def, *info).ok());
}

bool AugmentForm::isNeeded() const {
  return std::ranges::any_of(rows_, [this](const Row& row) { return isShown(*row.def); });
}

void AugmentForm::toggle(const AugmentDef& def, bool on) {
  TrainingConfig config = document_.training();
  const auto chosen = findIn(config.augment, def);
  if (on == (chosen != config.augment.end())) return;
  if (on) {
    const auto after = std::ranges::find_if(
        config.augment, [&](const AugmentConfig& each) { return each.def().id > def.id; });
    config.augment.insert(after, AugmentConfig(def));
  } else {
    config.augment.erase(chosen);
  }
  document_.setTraining(config, changeOf(tr("Augmentation: %1").arg(toQString(def.label))), {});
}

void AugmentForm::refresh() {
  const auto& list = document_.training().augment;
  for (const Row& row : rows_) {
    const auto chosen = findIn(list, *row.def);
    const bool on = chosen != list.end();
    const QSignalBlocker blocker(row.box);
    row.box->setChecked(on);
    row.box->setVisible(isShown(*row.def));
    row.rows->setVisible(on);
    if (on) row.rows->setValues(chosen->properties());
  }
}

}  // namespace tandem::ui
