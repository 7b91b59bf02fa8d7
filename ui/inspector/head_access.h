// Which head of the training settings a form edits.
#pragma once

#include <QString>
#include <functional>

#include "core/network/project.h"

namespace tandem::ui {

struct HeadAccess {
  std::function<std::size_t()> index;   // below TrainingConfig::heads.size()
  QString prefix;                       // of the fields' object names, "training_loss"
  std::function<QString()> owner = {};  // the head's name in texts of edits; absent for the only head

  template <class Config>
  auto& in(Config& training) const {
    return training.heads[index()];
  }
  QString name() const { return owner ? owner() : QString(); }
};

}  // namespace tandem::ui
