// Confusion matrices and scores of classes as HTML.
#pragma once

#include <string>

#include "core/runs/run_matrices.h"

namespace tandem {

// The matrix, if its classes fit on a page, otherwise the most frequent confusions; and the scores of the classes.
std::string classTables(const RunMatrix& matrix);

}  // namespace tandem
