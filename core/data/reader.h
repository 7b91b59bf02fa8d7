// The interface of a data format. A new format is one .cpp file with a DataReader, declared here and listed
// in load.cpp. Used only inside core/data.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/dataset.h"

namespace tandem {

// Data as read, before the split.
struct RawData {
  Dataset data;              // info, bytes or floats, classOf or targetOf, notes
  std::int64_t ownTest = 0;  // size of the dataset's own test set: its last samples
};

struct DataReader {
  DataKind kind;
  Result<RawData> (*read)(const DataSpec&, const LoadProgress&);
  Result<DatasetInfo> (*probe)(const DataSpec&);
};

extern const DataReader idxReader, csvReader, imageFolderReader, generatedReader;

// An Error if `bytes` exceeds the limit of a dataset: 16 GiB or the memory of this machine.
Status checkMemory(double bytes, const std::string& where);

// Calls `progress` if set; ErrorCode::Cancelled if it returns false.
Status report(const LoadProgress& progress, double done);

// splitDataset fills data.parts from the fractions and the seed. normalizeDataset then computes data.mean and
// data.scale from the training set, and info.bytes from them.
Status splitDataset(RawData& raw, const DataSpec& spec);
void normalizeDataset(Dataset& data, bool normalize);

}  // namespace tandem
