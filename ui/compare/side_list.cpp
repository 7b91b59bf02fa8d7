#include "ui/compare/side_list.h"

#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

namespace tandem::ui {

SideList::SideList(const ProjectDocument& document, std::vector<SideDevice> devices,
                   const QString& buttonName, QWidget* parent)
    : QWidget(parent), document_(document), devices_(std::move(devices)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  column_ = new QVBoxLayout;
  column_->setSpacing(4);
  layout->addLayout(column_);
  add_ = new QPushButton(tr("&Add side"), this);
  add_->setObjectName(buttonName);
  add_->setAutoDefault(false);
  layout->addWidget(add_, 0, Qt::AlignLeft);
  connect(add_, &QPushButton::clicked, this, [this] {
    DeviceOptions options = document_.training().device;
    const auto first =
        std::ranges::find_if(devices_, [](const SideDevice& each) { return each.info.usable; });
    if (first != devices_.end()) options.device = first->info.id;
    add(options);
  });
}

void SideList::add(const DeviceOptions& options) {
  auto* row = new SideRow(devices_, this);
  rows_.push_back(row);
  column_->addWidget(row);
  renumber();
  row->setDevice(options);
  row->setRace(race_);
  connect(row, &SideRow::changed, this, &SideList::changed);
  connect(row, &SideRow::removeRequested, this, [this, row] { remove(row); });
  Q_EMIT changed();
}

void SideList::add(const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    if (const auto side = parseSide(text); side.ok()) add(side->device);
}

void SideList::remove(SideRow* row) {
  std::erase(rows_, row);
  row->setParent(nullptr);
  row->deleteLater();
  renumber();
  Q_EMIT changed();
}

void SideList::renumber() {
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i]->setNumber(static_cast<int>(i), rows_.size() > 2);
  add_->setEnabled(rows_.size() < kMaxSides);
  add_->setToolTip(add_->isEnabled() ? QString() : tr("A comparison has at most %1 sides").arg(kMaxSides));
}

void SideList::setRace(bool race) {
  race_ = race;
  for (SideRow* row : rows_) row->setRace(race);
}

Result<std::vector<SideSpec>> SideList::sides() const {
  std::vector<std::string> texts;
  for (const SideRow* row : rows_) {
    if (const QString refusal = row->refusal(); !refusal.isEmpty())
      return Error{ErrorCode::Unsupported,
                   tr("A selected device is unavailable").toStdString(),
                   {},
                   refusal.toStdString()};
    texts.push_back(row->text());
  }
  return parseSides(texts);
}

}  // namespace tandem::ui
