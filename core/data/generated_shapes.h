// Generated images of one shape each: a set for every kind of input and target, with nothing to download.
#pragma once

#include "core/data/reader.h"

namespace tandem {

// Inputs: "image", grey, spec.imageHeight x imageWidth, and the table with the column "distance". Targets: "shape" (circle,
// square, triangle), "size" (the real one: what the image shows times the distance), "x" and "y" (of the centre, from 0 to
// 1), "filled" and "bright" (no, yes) and "mask" (for each pixel: background or shape).
DatasetInfo describeShapes(const DataSpec& spec);
// spec.noise: standard deviation of the grey levels, where 1 is the whole range.
Result<RawData> generateShapes(const DataSpec& spec, const LoadProgress& progress);

}  // namespace tandem
