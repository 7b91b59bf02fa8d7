// Datasets in memory, their split, and the loader that prefetches batches.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/preprocessing.h"
#include "core/data/spec.h"
#include "core/tensor/tensor.h"

namespace tandem {

// Converts bytes to values per channel: x * scale + shift in f32, each operation rounded.
struct ByteScale {
  std::vector<float> scale, shift;
  // (x / 255 - mean) * scale
  static ByteScale of(std::span<const float> mean, std::span<const float> scale);
};

struct TablePreview;

// How float32 holds the numbers of a column of a table: as (value - offset) / unit, computed in double precision. The
// offset keeps the differences of large values such as time stamps; the unit, a power of two, brings values of any size
// into the range of float32.
struct FloatStorage {
  double offset = 0, unit = 1;

  float stored(double value) const { return static_cast<float>((value - offset) / unit); }
  double valueOf(float number) const { return static_cast<double>(number) * unit + offset; }
  bool operator==(const FloatStorage&) const = default;
};

struct DatasetInfo {
  std::string name;
  Shape sample;                           // of one sample: (28, 28, 1) or (features)
  int classes = 0;                        // 0: regression
  std::int64_t targets = 1;               // columns of the target when classes == 0
  double targetUnit = 1;                  // the size of 1 in a target as the network predicts it, for metrics
  std::vector<std::string> classNames;    // size == classes
  std::vector<std::string> featureNames;  // of flat data; may be empty
  std::vector<Field> fields;              // without normalization; empty: as unnamedFields() gives them
  bool named = false;                     // the fields have names by which new data can be matched
  TableFormat table;                      // of a table: how it was read, with nothing left to decide
  std::optional<ByteScale> bytes;         // if samples are bytes; from a probe: without normalization
  // For the user: decisions of the reader and warnings, such as "Skipped 12 rows with missing values: lines 14, 90".
  // A probe notes what it can find out without reading everything.
  std::vector<std::string> notes;
  TensorType labelType(std::int64_t batch) const;  // I32 (batch) for classes, F32 (batch, targets) otherwise
  TensorType featureType(std::int64_t batch) const;  // F32 (batch, sample...), normalized
  TensorType byteType(std::int64_t batch) const;     // U8 (batch, sample...), as read
};

enum class SplitPart : std::uint8_t { Train, Validation, Test };

// Immutable once loaded; shared between loaders and threads.
class Dataset {
 public:
  DatasetInfo info;
  std::vector<std::uint8_t> bytes;    // images as read (size * sample.elements()), or
  std::vector<float> floats;          // numbers as `storage` holds them
  std::vector<std::int32_t> classOf;  // labels, when info.classes > 0
  std::vector<float> targetOf;        // targets, otherwise: as targetStorage holds them
  std::vector<FloatStorage> storage;  // of each feature; empty: all as read
  FloatStorage targetStorage;
  float targetMean = 0, targetScale = 1;  // t' = (t - mean) * scale, like `mean` and `scale` below
  std::vector<std::int64_t> parts[3];     // sample indices by SplitPart
  // x' = (x - mean) * scale per channel (bytes, with x in [0, 1]) or per feature (floats). Never empty:
  // without normalization the mean is 0 and the scale 1.
  std::vector<float> mean, scale;

  std::int64_t size() const;
  const std::vector<std::int64_t>& part(SplitPart p) const { return parts[static_cast<int>(p)]; }
  // Writes the normalized features and the labels of the samples, in the order of `indices`. `labels` has the
  // type info.labelType: int32 classes or float targets.
  void gather(std::span<const std::int64_t> indices, float* features, void* labels) const;
  // The same for bytes, as read.
  void gather(std::span<const std::int64_t> indices, std::uint8_t* features, void* labels) const;
  // info.targetUnit: the unit of the data, or 1 where float32 cannot hold metrics in it.
  double targetUnit() const;
  FloatStorage storageOf(std::size_t feature) const {
    return storage.empty() ? FloatStorage{} : storage[feature];
  }

 private:
  void gatherLabels(std::span<const std::int64_t> indices, void* labels) const;
};

// Reports progress in [0, 1]; returns false to cancel.
using LoadProgress = std::function<bool(double)>;

// Reads, splits and normalizes. All files are treated as untrusted.
Result<std::shared_ptr<const Dataset>> loadDataset(const DataSpec& spec, const LoadProgress& progress = {});

// Returns only the structure (shape, classes) and reads as little as possible: for the editor and `tandem
// check`. Only the start of a long CSV file is read, so values that first appear later are not counted. `preview`
// receives the first rows of a table, also of most tables that are refused.
Result<DatasetInfo> probeDataset(const DataSpec& spec, TablePreview* preview = nullptr);

struct Batch {
  const void* features = nullptr;  // (batch, sample...), f32 or bytes; rows >= validRows are zero
  const void* labels = nullptr;
  std::int64_t validRows = 0;
  std::int64_t index = 0;  // in the epoch
};

// Prefetches batches on a separate thread. With `shuffle` the order depends on (seed, epoch), otherwise
// samples are in storage order. With `dropLast` an incomplete last batch is dropped unless it is the only
// one. One thread at a time may call it.
class BatchLoader {
 public:
  struct Options {
    SplitPart part = SplitPart::Train;
    std::int64_t batch = 128;
    std::uint64_t seed = 1;
    bool shuffle = true;
    bool dropLast = true;
    bool bytes = false;  // features as bytes, not normalized; the data must be bytes
    int depth = 4;       // minimum number of prefetched batches; more if they are small
  };
  BatchLoader(std::shared_ptr<const Dataset> data, Options options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  std::int64_t batchesPerEpoch() const;
  // Restarts at a position (both from 0): a resumed run sees the same batches as an uninterrupted one. All
  // batches must have been released.
  void seek(std::int64_t epoch, std::int64_t batchIndex);
  // The next batch of the current epoch, or nullptr at its end (the next call starts the next epoch; always
  // nullptr for an empty part). Valid until release(): at most `depth` batches may be held at once and must
  // be released in order.
  const Batch* next();
  void release(const Batch* batch);
  // Seconds that next() has waited for data since the previous call of this function.
  double takeWaitSeconds();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem
