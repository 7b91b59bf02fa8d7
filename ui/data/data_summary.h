// What a dataset consists of, as rich text.
#pragma once

#include <QString>

#include "core/data/dataset.h"
#include "core/data/spec.h"

namespace tandem::ui {

QString dataSummary(const DatasetInfo& info, DataKind kind);

}  // namespace tandem::ui
