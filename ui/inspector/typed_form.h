// The choice of an optimizer, a schedule or a loss, and the fields of its schema. Every change is an undoable edit.
#pragma once

#include <QWidget>
#include <algorithm>
#include <functional>
#include <vector>

#include "core/settings/typed.h"
#include "ui/models/format.h"
#include "ui/models/project_document.h"

namespace tandem::ui {

class ChoiceBox;
class PropertyRows;

// What the form needs to know of one Typed<Def> of the training settings.
struct TypedAccess {
  struct Option {
    QString type, label, summary;
  };
  std::vector<Option> options;
  std::function<int(const TrainingConfig&)> chosen;
  std::function<void(TrainingConfig&, int)> choose;
  std::function<Properties(const TrainingConfig&)> schema;
  std::function<const Attrs&(const TrainingConfig&)> values;
  std::function<Status(TrainingConfig&, std::string_view, const AttrValue&)> set;
  std::function<void(TrainingConfig&)> adjust = {};  // other settings to another choice
  QString prefix = "training";                       // of the fields' object names, "training_KEY"
  std::function<QString()> owner = {};               // the head that it belongs to, for the texts of edits
  // What else the tooltip of a property says.
  std::function<QString(const TrainingConfig&, const Property&)> detail = {};
};

// member: the Typed<Def> in training settings, constant or not.
template <class Def, class Member>
TypedAccess accessTo(const Member& member) {
  std::vector<const Def*> defs(Catalog<Def>::all().begin(), Catalog<Def>::all().end());
  std::ranges::sort(defs, {}, &Def::label);
  TypedAccess access;
  for (const Def* def : defs)
    access.options.push_back(
        {toQString(def->type), toQString(def->label), summaryText(def->summary, def->names)});
  access.chosen = [=](const TrainingConfig& c) {
    return static_cast<int>(std::ranges::find(defs, &member(c).def()) - defs.begin());
  };
  access.choose = [=](TrainingConfig& c, int index) {
    member(c) = member(c).as(*defs[static_cast<std::size_t>(index)]);
  };
  access.schema = [=](const TrainingConfig& c) { return Properties(member(c).def().properties); };
  access.values = [=](const TrainingConfig& c) -> const Attrs& { return member(c).properties(); };
  access.set = [=](TrainingConfig& c, std::string_view key, const AttrValue& value) {
    return member(c).set(key, value);
  };
  return access;
}

class TypedForm : public QWidget {
  Q_OBJECT

 public:
  // name: of the choice.
  TypedForm(ProjectDocument& document, TypedAccess access, const QString& name, const QString& label,
            const QString& tooltip, QWidget* parent = nullptr);

  void refresh();  // the document changed

 private:
  void build();
  void edit(const TrainingConfig& config, const QString& label);

  ProjectDocument& document_;
  TypedAccess access_;
  QString tooltip_, label_;
  ChoiceBox* choice_;
  PropertyRows* rows_ = nullptr;
  int built_ = -1;
};

// "Change learning rate", "Change loss of species": the text of an edit, from a field's label.
QString changeOf(const QString& label, const QString& owner = {});

}  // namespace tandem::ui
