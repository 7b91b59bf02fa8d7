// Images with a class for each pixel: folders of images and masks (mask_listing.h). Used only inside core/data.
#pragma once

#include "core/data/reader.h"

namespace tandem {

// For image folders that hasMasks(). Each grey level, index of a palette, or colour is a class; a file classes.txt beside
// the folders may name them. Images and masks are resized to the same size, masks to the nearest pixel.
Result<RawData> readMasks(const DataSpec& spec, const LoadProgress& progress);
// Without classes.txt only some of the masks are examined, so the classes may be incomplete; a note says so.
Result<DatasetInfo> probeMasks(const DataSpec& spec);

}  // namespace tandem
