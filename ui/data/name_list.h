// Lists of names as a field of text shows them: a, "height, cm".
#pragma once

#include <QString>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tandem::ui {

Result<std::vector<std::string>> namesIn(const QString& text);  // Errors: quotes that do not enclose a name
QString namesText(const std::vector<std::string>& names);

}  // namespace tandem::ui
