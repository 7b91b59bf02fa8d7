// Datasets in memory, their split, and the loader that prefetches batches.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

// One tensor of a dataset: an input of the network, or a target.
struct DataTensor {
  std::string name;  // unique in the dataset: "image", "table", the name of a target's column
  // Of one sample: (28, 28, 1), (features), (values). Of classes: () for one per sample, (height, width) for one per pixel.
  Shape sample;
  int classes = 0;           // > 0: the values are indices of classes, i32
  bool moreClasses = false;  // of a target, from a probe of a part of the data: all of it may have more
  std::vector<std::string> classNames;    // size == classes
  std::vector<std::int64_t> classCounts;  // of the training set; empty: not known
  double unit = 1;                 // of a target: the size of 1 as the network predicts it, for metrics
  std::optional<ByteScale> bytes;  // if the samples are bytes; from a probe: without normalization
  // A sample has up to sample[0] steps. The steps after its end are 0, and DatasetInfo::lengths has their number: that of
  // the input, or of a target that of the first input that varies. An input of classes, (steps), contains tokens such as
  // words; 0 is the padding.
  bool varies = false;

  TensorType type(
      std::int64_t batch) const;  // (batch, sample...): I32 for classes, F32 otherwise, normalized
  TensorType byteType(std::int64_t batch) const;  // U8 (batch, sample...), as read
};

// An input as far as its fields describe it: without the levels of bytes.
DataTensor inputTensor(const InputFields& fields);

struct DatasetInfo {
  std::string name;
  std::vector<DataTensor> inputs{1}, targets{1};
  // Of the samples in the training loss: (), with the mean 1 in the training set.
  std::optional<DataTensor> weights;
  // Of each input that varies, in their order: the numbers of steps, () from 1, as classes (i32).
  std::vector<DataTensor> lengths;
  std::vector<Field> fields;  // without normalization; empty: as unnamedFields() gives them
  bool named = false;         // the fields have names by which new data can be matched
  TableFormat table;          // of a table: how it was read, with nothing left to decide
  SeriesSpec series;          // of a table whose rows form series: with the steps of the input
  // For the user: decisions of the reader and warnings, such as "Skipped 12 rows with missing values: lines 14, 90".
  // A probe notes what it can find out without reading everything.
  std::vector<std::string> notes;

  // All tensors by one index: the inputs, the targets, the weights if there are any, and the lengths.
  std::size_t tensors() const { return inputs.size() + targets.size() + (weights ? 1 : 0) + lengths.size(); }
  const DataTensor& tensor(std::size_t index) const;
  // The index of the lengths of an input; nullopt if it does not vary.
  std::optional<std::size_t> lengthsOf(std::size_t input) const;
  // The index of the lengths of targets that vary; an input must.
  std::size_t lengthsOfTargets() const { return tensors() - lengths.size(); }
  bool isLengths(std::size_t index) const { return index >= tensors() - lengths.size(); }
  // An input or a target of this name; first among the targets.
  std::optional<std::size_t> find(std::string_view name) const;
  // The names of the numbers of a table, one for each input; empty for other data.
  std::vector<std::string> featureNames() const;
  // Describes the lengths of the inputs that vary.
  void addLengths();
};

enum class SplitPart : std::uint8_t { Train, Validation, Test };

// The values of a DataTensor for all samples.
struct TensorValues {
  std::vector<std::uint8_t> bytes;    // levels as read, or
  std::vector<float> floats;          // numbers as `storage` holds them, or
  std::vector<std::int32_t> classOf;  // indices of classes
  std::vector<FloatStorage> storage;  // of each number of a sample; empty: all as read
  // Of the input of a series, (steps, features), and of numbers that are the target of each step: `floats` has the rows
  // once, and a sample is consecutive rows from its start on. `storage`, `mean` and `scale` are those of a row. Empty: each sample has separate values.
  std::vector<std::int64_t> starts;
  std::vector<std::int32_t>
      counts;  // rows of each sample, which is continued with 0; empty: as many as steps
  // x' = (x - mean) * scale per channel (bytes, with x in [0, 1]) or per number (floats). Without normalization the mean
  // is 0 and the scale 1; both are empty for classes.
  std::vector<float> mean, scale;

  FloatStorage storageOf(std::size_t number) const {
    return storage.empty() ? FloatStorage{} : storage[number];
  }
};

// DataTensor::unit of a target, or of an input that an auto-encoder predicts: that of its values, which are levels from 0
// to 255 in images, if they share one and float32 can hold metrics in it, else 1.
double targetUnit(const TensorValues& values);

// Immutable once loaded; shared between loaders and threads.
class Dataset {
 public:
  DatasetInfo info;
  std::vector<TensorValues> inputs{1}, targets{1};  // as in info
  TensorValues weights;                             // empty if info has none
  std::vector<TensorValues> lengths;                // as in info
  std::vector<std::int64_t> parts[3];               // sample indices by SplitPart

  std::int64_t size() const;
  const std::vector<std::int64_t>& part(SplitPart p) const { return parts[static_cast<int>(p)]; }
  const TensorValues& values(std::size_t index) const;  // of info.tensor(index)
  // How many values of a target belong to a sample: if it varies in length, without those after the end.
  std::size_t valuesOfTarget(std::size_t target, std::int64_t sample) const;
  // Where they begin in TensorValues::floats or classOf.
  std::size_t placeOfTarget(std::size_t target, std::int64_t sample) const;
  // Writes the samples of a tensor in the order of `indices`: normalized f32 or classes, as info.tensor(index).type().
  void gather(std::size_t index, std::span<const std::int64_t> indices, void* out) const;
  // The same as bytes, as read.
  void gatherBytes(std::size_t index, std::span<const std::int64_t> indices, std::uint8_t* out) const;
  // Bytes of a tensor's samples as gather() returns them.
  void normalizeBytes(std::size_t index, std::span<const std::uint8_t> bytes, float* out) const;
};

// Reports progress in [0, 1]; returns false to cancel.
using LoadProgress = std::function<bool(double)>;

// Reads, splits and normalizes. All files are treated as untrusted.
Result<std::shared_ptr<const Dataset>> loadDataset(const DataSpec& spec, const LoadProgress& progress = {});

// Returns only the structure (shape, classes) and reads as little as possible: for the editor and `tandem
// check`. Only the start of a long CSV file is read, so values that first appear later are not counted. `preview`
// receives the first rows of a table, also of most tables that are refused.
Result<DatasetInfo> probeDataset(const DataSpec& spec, TablePreview* preview = nullptr);

// A tensor of the dataset as a batch contains it.
struct BatchTensor {
  std::size_t index = 0;  // DatasetInfo::tensor()
  bool bytes = false;     // as bytes, not normalized; the data must be bytes
  bool operator==(const BatchTensor&) const = default;
};

struct Batch {
  // (batch, sample...) each, in the order of the loader's options. Rows from validRows on are 0; their lengths are 1.
  std::vector<const void*> tensors;
  std::int64_t validRows = 0;
  std::int64_t index = 0;  // in the epoch
};

// Changes samples at random before they are trained on (core/augment/augmenter.h). Used by one loader, on its thread.
class SampleTransform {
 public:
  SampleTransform() = default;
  virtual ~SampleTransform() = default;
  SampleTransform(const SampleTransform&) = delete;
  SampleTransform& operator=(const SampleTransform&) = delete;

  virtual bool changes(std::size_t tensor) const = 0;
  // As Dataset::gather() or gatherBytes(), of a tensor that it changes.
  virtual void gather(const BatchTensor& tensor, std::span<const std::int64_t> samples, std::int64_t epoch,
                      void* out) = 0;
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
    int depth = 4;                       // minimum number of prefetched batches; more if they are small
    std::vector<BatchTensor> tensors{};  // empty: all of the data
    std::shared_ptr<SampleTransform> transform{};  // of the training set only
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
