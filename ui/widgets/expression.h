// What users type into number fields: "64", ".05", "1e-3/4", "64*2", "2*(3+4)^2"; in lists also "64*2, 64, 3".
// Errors say in words what is wrong with the text, without the name of the field.
#pragma once

#include <QString>
#include <vector>

#include "core/base/result.h"

namespace tandem::ui {

// A comma is accepted as decimal sign ("0,5"). Text that can be read as two different numbers, such as "1,000",
// is an Error; in a field for whole numbers also "1.000".
Result<double> evaluate(const QString& text, bool whole);

// Numbers separated by commas, semicolons, spaces or "x", with or without brackets. Empty text: none.
Result<std::vector<double>> evaluateList(const QString& text);

// The shortest text that stands for exactly this number: "0.001", "1e-10", "128".
QString numberText(double value);

}  // namespace tandem::ui
