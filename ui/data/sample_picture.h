// Small pictures of samples, for previews.
#pragma once

#include <QImage>
#include <QString>
#include <span>
#include <vector>

#include "core/data/dataset.h"

namespace tandem::ui {

// Rows of samples: images as pixels, sequences as lines. The range of values is that of levels, from 0 to 255, if the tensor
// has bytes, or else that of the first row, which must not be empty. ratio: pixels of the screen per unit.
QImage samplePictures(const DataTensor& tensor, const std::vector<std::vector<float>>& rows, double ratio);

// The first tokens of a text.
QString tokenLine(const DataTensor& tensor, std::span<const std::int32_t> tokens);

}  // namespace tandem::ui
