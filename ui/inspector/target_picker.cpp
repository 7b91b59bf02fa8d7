#include "ui/inspector/target_picker.h"

#include <QMenu>
#include <algorithm>

#include "ui/inspector/typed_form.h"
#include "ui/models/format.h"

namespace tandem::ui {
namespace {

constexpr int kMostChars = 18;  // a longer name would widen the form

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

QString targetTip() {
  return TargetPicker::tr(
      "What the loss compares the output with: targets of the data or, for an auto-encoder, an input");
}

TargetPicker::TargetPicker(ProjectDocument& document, HeadAccess head, QWidget* parent)
    : QPushButton(parent), document_(document), head_(std::move(head)), menu_(new QMenu(this)) {
  menu_->setObjectName("targetMenu");
  setMenu(menu_);
  connect(menu_, &QMenu::aboutToShow, this, &TargetPicker::fill);
  refresh();
}

void TargetPicker::refresh() {
  const std::vector<std::string>& targets = chosen();
  const auto& info = document_.dataInfo();
  QString text = tr("%n targets", nullptr, static_cast<int>(targets.size()));
  if (targets.empty()) text = info && info->targets.size() > 1 ? tr("All targets") : tr("As in the data");
  if (targets.size() == 1) text = toQString(targets[0]);
  setAccessibleName(tr("Target: %1").arg(text));
  if (text.size() > kMostChars) text = text.left(kMostChars - 1) + u'…';
  setText(text.replace('&', "&&"));
}

void TargetPicker::fill() {
  menu_->clear();
  const auto& info = document_.dataInfo();
  addEntry(info && info->targets.size() > 1 ? tr("All targets") : tr("As in the data"), "target_all",
           chosen().empty(), {});
  if (info) {
    if (!info->targets.empty()) menu_->addSection(tr("Targets of the data"));
    addTensors(info->targets, info->inputs);
    menu_->addSection(tr("Inputs, for an auto-encoder"));
    addTensors(info->inputs, info->targets);
  }
  for (const std::string& name : chosen()) {
    if (info && info->find(name)) continue;
    std::vector<std::string> without = chosen();
    std::erase(without, name);
    const QString text = info ? tr("%1 (not in the data)").arg(toQString(name)) : toQString(name);
    addEntry(text, "target_" + toQString(name), true, std::move(without));
  }
}

// Targets and inputs exclude each other.
void TargetPicker::addTensors(const std::vector<DataTensor>& tensors, const std::vector<DataTensor>& others) {
  for (const DataTensor& tensor : tensors) {
    const bool on = contains(chosen(), tensor.name);
    std::vector<std::string> targets = chosen();
    std::erase_if(targets, [&](const std::string& name) {
      return name == tensor.name ||
             std::ranges::any_of(others, [&](const DataTensor& other) { return other.name == name; });
    });
    if (!on) targets.push_back(tensor.name);
    addEntry(tr("%1: %2").arg(toQString(tensor.name), tensorText(tensor)), "target_" + toQString(tensor.name),
             on, std::move(targets));
  }
}

void TargetPicker::addEntry(const QString& text, const QString& name, bool on,
                            std::vector<std::string> targets) {
  QAction* action = menu_->addAction(QString(text).replace('&', "&&"));
  action->setObjectName(name);
  action->setCheckable(true);
  action->setChecked(on);
  connect(action, &QAction::triggered, this, [this, targets = std::move(targets)] {
    TrainingConfig config = document_.training();
    head_.in(config).targets = targets;
    document_.setTraining(config, changeOf(tr("Target"), head_.name()));
  });
}

}  // namespace tandem::ui
