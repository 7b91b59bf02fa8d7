// Project files of earlier versions.
#pragma once

#include "core/json/parse.h"

namespace tandem {

// Turns a project of version 1 into one of version 2 with the same meaning; others are left as they are. What it does
// not know stays in place, so that the reader refuses it by name. Errors: a setting that has another form today and is
// not valid.
//   1: settings of all losses, optimizers and schedules side by side, with a "kind"
//   2: "loss", "optimizer" and "schedule" have a "type" and its own settings, "metrics" is a list of such types
Status upgradeProject(Json& project);

}  // namespace tandem
