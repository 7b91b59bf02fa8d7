// The interface of a data format. A new format is one .cpp file with a DataReader, declared here and listed
// in load.cpp. Used only inside core/data.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/dataset.h"
#include "core/data/table_preview.h"

namespace tandem {

// Texts as read: the vocabulary is learned from the training set, so that they become tokens only after the split.
struct RawTexts {
  std::string input;                // the name of the tensor, and of its field
  std::vector<std::string> values;  // of each sample, in UTF-8
};

// Data as read, before the split.
struct RawData {
  Dataset data;                 // info, bytes or floats, classOf or targetOf
  std::vector<RawTexts> texts;  // in the order of their inputs
  // Sizes of the dataset's own validation and test sets: its last samples, the test set at the end. 0: drawn from
  // the others.
  std::int64_t ownValidation = 0, ownTest = 0;
  // Of windows of series, which are split by time: of each sample, and the rows of each series. Empty: samples are
  // independent of each other.
  std::vector<SeriesSpan> spans;
  std::vector<std::int64_t> seriesRows;
};

struct DataReader {
  DataKind kind;
  Result<RawData> (*read)(const DataSpec&, const LoadProgress&);
  // `preview` may be null; see probeDataset().
  Result<DatasetInfo> (*probe)(const DataSpec&, TablePreview* preview);
};

extern const DataReader idxReader, csvReader, imageFolderReader, generatedReader, numpyReader,
    textFolderReader, textFileReader, cifarReader;

// An input "image" of bytes, for the info of a probe: without normalization.
DataTensor imageTensor(Shape sample);

// An Error if `bytes` exceeds the limit of a dataset: 16 GiB or the memory of this machine.
Status checkMemory(double bytes, const std::string& where);

// Calls `progress` if set; ErrorCode::Cancelled if it returns false.
Status report(const LoadProgress& progress, double done);

// splitDataset fills data.parts from the fractions and the seed, and notes classes without training samples.
// normalizeDataset then computes data.mean and data.scale from the training set, and info.bytes from them, and the
// factors of the target likewise, and divides the weights by their mean there.
Status splitDataset(RawData& raw, const DataSpec& spec);
// After the split: turns the texts into the tokens of their inputs, by a vocabulary of the training set, with their
// lengths. Errors: nothing to learn from.
Status encodeTexts(RawData& raw, const DataSpec& spec, const LoadProgress& progress = {});
// For a probe: as if all samples were the training set, because there may be more that were not read.
Status encodeTextsAsRead(RawData& raw, const DataSpec& spec);
void normalizeDataset(Dataset& data, const DataSpec& spec);

}  // namespace tandem
