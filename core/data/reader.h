// What a data format must offer. A new format is one .cpp with a DataReader, declared here and listed
// in load.cpp. Inside core/data only.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/dataset.h"

namespace tandem {

// Data as read, before the split.
struct RawData {
  Dataset data;              // info, bytes or floats, classOf or targetOf, notes
  std::int64_t ownTest = 0;  // the last so many samples are the set's own test part
};

struct DataReader {
  DataKind kind;
  Result<RawData> (*read)(const DataSpec&, const LoadProgress&);
  Result<DatasetInfo> (*probe)(const DataSpec&);
};

extern const DataReader idxReader, csvReader, imageFolderReader, generatedReader;

// An Error if `bytes` is more than a dataset may take: 16 GiB, or the memory of this machine.
Status checkMemory(double bytes, const std::string& where);

// Calls `progress`, if there is one; ErrorCode::Cancelled when it says so.
Status report(const LoadProgress& progress, double done);

// Fills data.parts from the fractions and the seed; then data.mean and data.scale from the training part,
// and info.bytes from these.
Status splitDataset(RawData& raw, const DataSpec& spec);
void normalizeDataset(Dataset& data, bool normalize);

}  // namespace tandem
