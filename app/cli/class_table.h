// Scores of classes and confusion matrices on the terminal and in JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "core/train/evaluation.h"

namespace tandem::cli {

// The name on one line: control characters as in C, and quotes around a name that is empty or begins or ends with a space,
// as tokens of a text do.
std::string shownName(std::string_view name);

void printClassTable(std::span<const ClassScore> classes);
// The matrix, or the most frequent confusions if it is too wide; hint: where to find the whole matrix then. Nothing if it
// is empty.
void printConfusion(std::span<const ClassScore> classes, const ClassCounts& confusion, std::string_view hint);
// Adds "classes", a list of scores, and "confusion", a list of rows, unless the matrix is empty.
void addClasses(nlohmann::json& object, std::span<const ClassScore> classes, const ClassCounts& confusion);

}  // namespace tandem::cli
