// Data in memory, its split, and the loader that keeps batches ready.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/spec.h"
#include "core/tensor/tensor.h"

namespace tandem {

// What makes numbers of bytes: x * scale + shift in f32, each step rounded, by channel.
struct ByteScale {
  std::vector<float> scale, shift;
  // (x / 255 - mean) * scale
  static ByteScale of(std::span<const float> mean, std::span<const float> scale);
};

struct DatasetInfo {
  std::string name;
  Shape sample;                           // of one sample: (28, 28, 1) or (features)
  int classes = 0;                        // 0: regression
  std::int64_t targets = 1;               // columns of the target when classes == 0
  std::vector<std::string> classNames;    // size == classes
  std::vector<std::string> featureNames;  // of flat data; may be empty
  std::optional<ByteScale> bytes;         // of samples that are bytes; as probed: without normalization
  TensorType labelType(std::int64_t batch) const;  // I32 (batch) for classes, F32 (batch, targets) otherwise
  TensorType featureType(std::int64_t batch) const;  // F32 (batch, sample...), normalized
  TensorType byteType(std::int64_t batch) const;     // U8 (batch, sample...), as read
};

enum class SplitPart : std::uint8_t { Train, Validation, Test };

// Immutable once loaded; shared between loaders and threads.
class Dataset {
 public:
  DatasetInfo info;
  std::vector<std::uint8_t> bytes;     // images as read (size * sample.elements()), or
  std::vector<float> floats;           // numbers as read
  std::vector<std::int32_t> classOf;   // labels, when info.classes > 0
  std::vector<float> targetOf;         // targets, otherwise
  std::vector<std::int64_t> parts[3];  // sample indices by SplitPart
  // x' = (x - mean) * scale by channel (bytes, with x in [0, 1]) or by feature (floats). Never empty:
  // without normalization the mean is 0 and the scale 1.
  std::vector<float> mean, scale;
  std::vector<std::string>
      notes;  // what a person should know: "12 rows with missing values left out: 14, 90, ..."

  std::int64_t size() const;
  const std::vector<std::int64_t>& part(SplitPart p) const { return parts[static_cast<int>(p)]; }
  // Normalized features and labels of the samples, rows in the order of `indices`. `labels` are of
  // info.labelType: int32 classes or float targets.
  void gather(std::span<const std::int64_t> indices, float* features, void* labels) const;
  // Of bytes, as read.
  void gather(std::span<const std::int64_t> indices, std::uint8_t* features, void* labels) const;

 private:
  void gatherLabels(std::span<const std::int64_t> indices, void* labels) const;
};

// Reports progress in [0, 1]; returns false to cancel.
using LoadProgress = std::function<bool(double)>;

// Reads, splits and normalizes. All files are treated as hostile.
Result<std::shared_ptr<const Dataset>> loadDataset(const DataSpec& spec, const LoadProgress& progress = {});

// Only the form (shape, classes), reading as little as possible: for the editor and `tandem check`.
// Of a long CSV only the start is read, so values that first appear later are not yet counted.
Result<DatasetInfo> probeDataset(const DataSpec& spec);

struct Batch {
  const void* features = nullptr;  // (batch, sample...), f32 or bytes; rows from validRows on are zero
  const void* labels = nullptr;
  std::int64_t validRows = 0;
  std::int64_t index = 0;  // in the epoch
};

// Makes batches ahead of the reader on a thread of its own. Order: shuffled by (seed, epoch) for
// training; as stored otherwise. The training part drops the last incomplete batch unless it is the only one.
// One thread at a time may call it.
class BatchLoader {
 public:
  struct Options {
    SplitPart part = SplitPart::Train;
    std::int64_t batch = 128;
    std::uint64_t seed = 1;
    bool shuffle = true;
    bool dropLast = true;
    bool bytes = false;  // features as bytes, not normalized; the data must be such
    int depth = 4;       // batches kept ready, at least: more of them when they are small
  };
  BatchLoader(std::shared_ptr<const Dataset> data, Options options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  std::int64_t batchesPerEpoch() const;
  // Restarts at a position (both from 0): resuming gives the very batches an uninterrupted run would
  // have seen. All batches must have been released.
  void seek(std::int64_t epoch, std::int64_t batchIndex);
  // The next batch of the current epoch, or nullptr at its end (the next call starts the next epoch;
  // of an empty part, always). Valid until release(): at most `depth` batches may be held at once,
  // released in order.
  const Batch* next();
  void release(const Batch* batch);
  // Seconds that next() waited for data since the last call of this.
  double takeWaitSeconds();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem
