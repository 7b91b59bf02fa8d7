// NumPy arrays: .npz archives and .npy files. Inputs are vectors, sequences or images; targets are classes, also of pixels,
// or values.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "core/data/encode.h"
#include "core/data/npy.h"
#include "core/data/numpy_files.h"
#include "core/data/reader.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxClasses = 10'000;
constexpr std::int64_t kMaxValues = 1024;                  // targets of a sample
constexpr double kLargestInteger = 9'007'199'254'740'992;  // 2^53: larger ones are not exact as double

// An array with its name, for messages.
struct Named {
  std::string name;
  NpyHeader header;
};

std::int64_t widthOf(const NpyHeader& header) {
  return header.elements / header.shape[0];
}

std::string placeOf(const ArrayStore& store, const std::string& name) {
  return fmt::format("{}: {}", store.where, name);
}

Result<NpyArray> readArray(const ArrayStore& store, const std::string& name, const LoadProgress& progress) {
  TANDEM_ASSIGN(const auto source, store.open(name));
  TANDEM_ASSIGN(NpyArray array, readNpy(*source, placeOf(store, name), progress));
  if (array.header.shape.empty())
    return invalid("the array is a single value", placeOf(store, name),
                   "The first dimension is that of the samples");
  return array;
}

Result<NpyHeader> readHeader(const ArrayStore& store, const std::string& name) {
  TANDEM_ASSIGN(const auto source, store.open(name));
  TANDEM_ASSIGN(NpyHeader header, readNpyHeader(*source, placeOf(store, name)));
  if (header.shape.empty())
    return invalid("the array is a single value", placeOf(store, name),
                   "The first dimension is that of the samples");
  return header;
}

// The shape of a sample: (features), (steps, features), (height, width, channels).
Result<Shape> sampleOf(const NpyHeader& header, const std::string& where) {
  const std::span<const std::int64_t> shape(header.shape);
  if (shape.size() == 1) return Shape{1};
  if (shape.size() == 3 && header.isByte()) return Shape{shape[1], shape[2], 1};
  if (shape.size() > 4)
    return invalid(
        fmt::format("the inputs have {} dimensions", shape.size()), where,
        "Reshape them to (samples, features), (samples, steps, features) or (samples, height, width, channels)");
  return Shape(shape.subspan(1));
}

std::vector<Field> numberFields(std::int64_t count) {
  std::vector<Field> fields;
  for (std::int64_t i = 0; i < count; ++i)
    fields.push_back({.name = numberedColumn(static_cast<std::size_t>(i))});
  return fields;
}

// Bytes are images if they are of that shape; so are numbers that are exactly their levels, or these divided by 255.
struct Levels {
  bool whole = true, shares = true;

  void add(double value) {
    constexpr double kRounding = 1e-3;  // of float32
    whole = whole && value >= 0 && value <= 255 && value == std::floor(value);
    const double level = value * 255;
    shares = shares && level >= -kRounding && level <= 255 + kRounding &&
             std::abs(level - std::round(level)) <= kRounding;
  }
};

class NumpyReader {
 public:
  NumpyReader(const DataSpec& spec, bool probing, const LoadProgress& progress)
      : spec_(spec), probing_(probing), progress_(progress) {}

  Result<RawData> run() {
    if (spec_.path.empty()) return invalid("no file is chosen", "data");
    if (spec_.targets.size() > 1)
      return invalid(
          fmt::format("{} arrays of targets are named; only one is possible", spec_.targets.size()), "data",
          "Name one, or join them with numpy.stack");
    TANDEM_ASSIGN(store_, openArrays(spec_.path));
    TANDEM_ASSIGN(pairs_, findPairs(store_, spec_.array, spec_.targets.empty() ? "" : spec_.targets[0]));
    info().name = std::filesystem::path(spec_.path).stem().string();
    TANDEM_TRY(readInputs());
    TANDEM_TRY(readTargets());
    info().named = false;
    std::vector<std::string> names;
    for (const ArrayPair& pair : pairs_) names.push_back(fmt::format("{} and {}", pair.inputs, pair.targets));
    info().notes.insert(info().notes.begin(),
                        fmt::format("Arrays of inputs and targets: {}", fmt::join(names, "; ")));
    return std::move(raw_);
  }

 private:
  DatasetInfo& info() { return raw_.data.info; }

  Status readInputs() {
    const std::string where = placeOf(store_, pairs_[0].inputs);
    double total = 0;
    for (const ArrayPair& pair : pairs_) {
      TANDEM_ASSIGN(NpyHeader header, readHeader(store_, pair.inputs));
      if (!headers_.empty() && !std::ranges::equal(std::span(header.shape).subspan(1),
                                                   std::span(headers_[0].header.shape).subspan(1)))
        return invalid(fmt::format("the samples of \"{}\" have another shape than those of \"{}\"",
                                   pair.inputs, pairs_[0].inputs),
                       store_.where);
      TANDEM_ASSIGN(const NpyHeader targets, readHeader(store_, pair.targets));
      total += static_cast<double>(header.elements) * (header.bytes + 4.0) +
               static_cast<double>(targets.elements) * (targets.bytes + 4.0);
      headers_.push_back({pair.inputs, std::move(header)});
    }
    TANDEM_TRY(checkMemory(total, where));
    const bool bytes = std::ranges::all_of(headers_, [](const Named& each) { return each.header.isByte(); });
    TANDEM_ASSIGN(sample_, sampleOf(headers_[0].header, where));
    if (!bytes && headers_[0].header.shape.size() == 3)
      sample_ = Shape{headers_[0].header.shape[1], headers_[0].header.shape[2]};
    const bool image = sample_.rank() == 3;
    if (!image && hasTooManyFields(sample_)) return tooMany(where);
    noteShape();
    if (!probing_) {
      for (std::size_t p = 0; p < pairs_.size(); ++p) {
        TANDEM_ASSIGN(NpyArray array,
                      readArray(store_, pairs_[p].inputs, p == 0 ? progress_ : LoadProgress()));
        arrays_.push_back(std::move(array));
      }
    }
    if (image && (bytes || probing_)) {
      takeBytes(1);
    } else if (const double unit = image ? unitOfLevels() : 0; unit > 0) {
      takeBytes(unit);
    } else {
      if (sample_.elements() > kMaxFields) return tooMany(where);
      TANDEM_TRY(takeNumbers());
    }
    arrays_.clear();
    for (const Named& each : headers_) counts_.push_back(each.header.shape[0]);
    return success();
  }

  Error tooMany(const std::string& where) const {
    return invalid(
        fmt::format("a sample has {} numbers; at most {} are possible", sample_.elements(), kMaxFields),
        where, "Save images as unsigned bytes, or smaller samples");
  }

  void noteShape() {
    const auto dims = sample_.dims();
    if (sample_.rank() == 2)
      info().notes.push_back(fmt::format(
          "The inputs are sequences of {} steps with {} numbers. Grey images of numbers have a last dimension of 1",
          dims[0], dims[1]));
    if (sample_.rank() == 3 && (dims[0] == 1 || dims[0] == 3) && dims[2] > 4)
      info().notes.push_back(fmt::format(
          "Warning: the images are {} with {} channels. If the first dimension is that of the channels, "
          "move it to the end with numpy.moveaxis",
          sample_.text(), dims[2]));
  }

  // 1 if all inputs are levels from 0 to 255, 255 if they are levels divided by that, otherwise 0.
  double unitOfLevels() const {
    Levels levels;
    for (const NpyArray& array : arrays_)
      for (std::int64_t i = 0; i < array.header.elements && (levels.whole || levels.shares); ++i)
        levels.add(array.at(static_cast<std::size_t>(i)));
    return levels.whole && !levels.shares ? 1 : levels.shares ? 255 : 0;
  }

  void takeBytes(double unit) {
    info().inputs[0] = imageTensor(sample_);
    info().fields = {{.name = "image", .kind = FieldKind::Image, .image = sample_}};
    std::vector<std::uint8_t>& bytes = raw_.data.inputs[0].bytes;
    for (NpyArray& array : arrays_) {
      const bool unchanged = array.header.isByte() && unit == 1;
      if (unchanged && bytes.empty()) {
        bytes = std::move(array.bytes);
        continue;
      }
      const auto count = static_cast<std::size_t>(array.header.elements);
      bytes.reserve(bytes.size() + count);
      for (std::size_t i = 0; i < count; ++i)
        bytes.push_back(unchanged ? array.bytes[i]
                                  : static_cast<std::uint8_t>(std::lround(array.at(i) * unit)));
    }
  }

  Status takeNumbers() {
    info().inputs[0] = {.name = "table", .sample = sample_};
    info().fields = numberFields(sample_.elements());
    std::vector<float>& floats = raw_.data.inputs[0].floats;
    for (std::size_t p = 0; p < arrays_.size(); ++p) {
      const NpyArray& array = arrays_[p];
      floats.reserve(floats.size() + static_cast<std::size_t>(array.header.elements));
      for (std::int64_t i = 0; i < array.header.elements; ++i) {
        const auto value = static_cast<float>(array.at(static_cast<std::size_t>(i)));
        if (!std::isfinite(value)) return notFinite(pairs_[p].inputs, array, i);
        floats.push_back(value);
      }
    }
    return success();
  }

  Error notFinite(const std::string& name, const NpyArray& array, std::int64_t i) const {
    const double value = array.at(static_cast<std::size_t>(i));
    return Error{
        ErrorCode::Numeric,
        fmt::format("value {} of sample {} is {}", i % widthOf(array.header), i / widthOf(array.header),
                    std::isfinite(value) ? "too large for float32" : "not a finite number"),
        placeOf(store_, name), "Replace it, or leave out the sample"};
  }

  Status readTargets() {
    std::vector<NpyArray> targets;
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      TANDEM_ASSIGN(NpyArray array, readArray(store_, pairs_[p].targets, {}));
      if (array.header.shape[0] != counts_[p])
        return invalid(fmt::format("\"{}\" has {} samples, but \"{}\" has {}", pairs_[p].inputs, counts_[p],
                                   pairs_[p].targets, array.header.shape[0]),
                       store_.where, "Each sample needs its target");
      if (!targets.empty() && widthOf(array.header) != widthOf(targets[0].header))
        return invalid(fmt::format("the targets of \"{}\" have another shape than those of \"{}\"",
                                   pairs_[p].targets, pairs_[0].targets),
                       store_.where);
      if (pairs_[p].part == SplitPart::Validation) raw_.ownValidation = counts_[p];
      if (pairs_[p].part == SplitPart::Test) raw_.ownTest = counts_[p];
      targets.push_back(std::move(array));
    }
    const std::vector<std::int64_t>& shape = targets[0].header.shape;
    const bool integers =
        std::ranges::none_of(targets, [](const NpyArray& each) { return each.header.isFloat(); });
    const bool listed = std::ranges::find(spec_.numbers, pairs_[0].targets) != spec_.numbers.end();
    const bool classes = spec_.classification && !listed;
    const std::int64_t width = widthOf(targets[0].header);
    const bool pixels = shape.size() == 3 || (shape.size() == 4 && shape[3] == 1);
    if (pixels) {
      if (!classes || !integers || sample_.rank() != 3 || sample_[0] != shape[1] || sample_[1] != shape[2])
        return invalid(
            fmt::format("the targets are {} per sample", fmt::join(shape.begin() + 1, shape.end(), " x ")),
            placeOf(store_, pairs_[0].targets),
            "Targets with a height and a width must be integers, the classes of the pixels of images of this size");
      return takeClasses(targets, Shape{shape[1], shape[2]});
    }
    if (shape.size() > 2)
      return invalid(
          fmt::format("the targets have {} dimensions", shape.size()), placeOf(store_, pairs_[0].targets),
          "Targets are (samples), (samples, values), or the classes of pixels (samples, height, width)");
    if (width > 1 && classes && isOneHot(targets)) return takeOneHot(targets);
    if (width == 1 && classes && integers) return takeClasses(targets, Shape());
    if (width == 1 && classes)
      info().notes.emplace_back(
          "The targets are floating-point numbers and therefore values, not classes. Classes are integers");
    return takeValues(targets);
  }

  // Distinct numbers are classes, in their order.
  Status takeClasses(const std::vector<NpyArray>& targets, const Shape& sample) {
    std::map<double, std::int32_t> classOf;
    double last = std::numeric_limits<double>::quiet_NaN();
    for (const NpyArray& array : targets)
      for (std::int64_t i = 0; i < array.header.elements; ++i) {
        const double value = array.at(static_cast<std::size_t>(i));
        if (value == last) continue;
        last = value;
        classOf.emplace(value, 0);
        if (classOf.size() > kMaxClasses || std::abs(value) > kLargestInteger)
          return invalid(
              classOf.size() > kMaxClasses
                  ? fmt::format("the targets have more than {} different values", kMaxClasses)
                  : std::string("the targets are too large to be classes"),
              placeOf(store_, pairs_[0].targets),
              "If they are values to predict, turn off \"classification\", or name the array with --numbers");
      }
    if (classOf.size() < 2)
      return invalid(fmt::format("all targets are {:.0f}; at least two classes are needed", last),
                     placeOf(store_, pairs_[0].targets));
    std::vector<std::string> names;
    for (auto& [value, number] : classOf) {
      number = static_cast<std::int32_t>(names.size());
      names.push_back(fmt::format("{:.0f}", value));
    }
    std::vector<std::int32_t>& out = raw_.data.targets[0].classOf;
    std::int32_t number = 0;
    last = std::numeric_limits<double>::quiet_NaN();
    for (const NpyArray& array : targets)
      for (std::int64_t i = 0; i < array.header.elements; ++i) {
        const double value = array.at(static_cast<std::size_t>(i));
        if (value != last) number = classOf.at(value);
        last = value;
        out.push_back(number);
      }
    describeClasses(std::move(names), sample);
    return success();
  }

  static bool isOneHot(const std::vector<NpyArray>& targets) {
    for (const NpyArray& array : targets) {
      const std::int64_t width = widthOf(array.header);
      for (std::int64_t r = 0; r < array.header.shape[0]; ++r) {
        int ones = 0;
        for (std::int64_t k = 0; k < width; ++k) {
          const double value = array.at(static_cast<std::size_t>(r * width + k));
          if (value != 0 && value != 1) return false;
          ones += value == 1 ? 1 : 0;
        }
        if (ones != 1) return false;
      }
    }
    return true;
  }

  Status takeOneHot(const std::vector<NpyArray>& targets) {
    const std::int64_t width = widthOf(targets[0].header);
    std::vector<std::string> names;
    for (std::int64_t k = 0; k < width; ++k) names.push_back(std::to_string(k));
    std::vector<std::int32_t>& out = raw_.data.targets[0].classOf;
    for (const NpyArray& array : targets)
      for (std::int64_t i = 0; i < array.header.elements; ++i)
        if (array.at(static_cast<std::size_t>(i)) == 1) out.push_back(static_cast<std::int32_t>(i % width));
    info().notes.push_back(fmt::format("The targets are one-hot encoded: {} classes", width));
    describeClasses(std::move(names), Shape());
    return success();
  }

  void describeClasses(std::vector<std::string> names, const Shape& sample) {
    Field& field = info().fields.emplace_back(
        Field{.name = "target", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = names});
    if (sample.rank() == 2) field.image = Shape{sample[0], sample[1], 1};
    info().targets[0] = {.name = "target",
                         .sample = sample,
                         .classes = static_cast<int>(names.size()),
                         .classNames = std::move(names)};
  }

  // Each number of a sample is a target.
  Status takeValues(const std::vector<NpyArray>& targets) {
    const std::int64_t width = widthOf(targets[0].header);
    if (width > kMaxValues)
      return invalid(fmt::format("a sample has {} targets; at most {} are possible", width, kMaxValues),
                     placeOf(store_, pairs_[0].targets));
    info().targets.clear();
    raw_.data.targets.assign(static_cast<std::size_t>(width), {});
    for (std::int64_t k = 0; k < width; ++k) {
      const std::string name = width == 1 ? "target" : fmt::format("target {}", k + 1);
      info().targets.push_back({.name = name, .sample = Shape{1}});
      info().fields.push_back({.name = name, .role = FieldRole::Target});
    }
    for (std::size_t p = 0; p < targets.size(); ++p)
      for (std::int64_t i = 0; i < targets[p].header.elements; ++i) {
        const auto value = static_cast<float>(targets[p].at(static_cast<std::size_t>(i)));
        if (!std::isfinite(value)) return notFinite(pairs_[p].targets, targets[p], i);
        raw_.data.targets[static_cast<std::size_t>(i % width)].floats.push_back(value);
      }
    return success();
  }

  const DataSpec& spec_;
  bool probing_;
  const LoadProgress& progress_;
  ArrayStore store_;
  std::vector<ArrayPair> pairs_;
  std::vector<Named> headers_;        // of the inputs of each pair
  std::vector<NpyArray> arrays_;      // likewise, while they are read
  std::vector<std::int64_t> counts_;  // samples of each pair
  Shape sample_;
  RawData raw_;
};

Result<RawData> read(const DataSpec& spec, const LoadProgress& progress) {
  return NumpyReader(spec, false, progress).run();
}

// Reads the targets, which are small, so that the notes name classes without training samples.
Result<DatasetInfo> probe(const DataSpec& spec, TablePreview* /*preview*/) {
  TANDEM_ASSIGN(RawData raw, NumpyReader(spec, true, {}).run());
  TANDEM_TRY(splitDataset(raw, spec));
  return std::move(raw.data.info);
}

// Samples to predict.
struct NumpyInputs {
  std::string name;  // of the array
  NpyArray array;    // (samples, ...)
};

Result<NumpyInputs> readNumpyInputs(const std::filesystem::path& file) {
  TANDEM_ASSIGN(const ArrayStore store, openArrays(file));
  NumpyInputs inputs;
  TANDEM_ASSIGN(inputs.name, findInputs(store));
  TANDEM_ASSIGN(inputs.array, readArray(store, inputs.name, {}));
  return inputs;
}

}  // namespace

Result<EncodedSamples> encodeArray(const std::filesystem::path& file, const Preprocessing& preprocessing) {
  TANDEM_ASSIGN(const NumpyInputs given, readNumpyInputs(file));
  const std::string where = fmt::format("{}: {}", file.string(), given.name);
  const std::vector<InputFields> inputs = preprocessing.inputs();
  if (inputs.size() != 1)
    return invalid("the file has one array of inputs, but the network needs further inputs", where,
                   "Provide a CSV file");
  const InputFields& input = inputs[0];
  if (std::ranges::any_of(input.fields, [](const Field* f) { return f->kind == FieldKind::Category; }))
    return invalid("the network needs columns of categories, which an array does not have", where,
                   "Provide a CSV file");
  if (input.isText())
    return invalid("the network needs texts, which an array does not contain", where, "Provide texts");
  const Shape sample = input.sample();
  const std::vector<std::int64_t>& shape = given.array.header.shape;
  const std::int64_t width = widthOf(given.array.header);
  const bool image = input.isImage();
  const bool fits = width == sample.elements() &&
                    (!image || (shape.size() > 2 && shape[1] == sample[0] && shape[2] == sample[1]));
  if (!fits)
    return invalid(
        fmt::format("the samples are {}, but the network needs {}",
                    shape.size() > 1 ? fmt::format("{}", fmt::join(shape.begin() + 1, shape.end(), " x "))
                                     : std::string("single numbers"),
                    image ? sample.text() : fmt::format("{} numbers", sample.elements())),
        where, "Provide samples like those of the training data");
  TANDEM_TRY(checkMemory(4.0 * static_cast<double>(given.array.header.elements), where));
  const auto count = static_cast<std::size_t>(given.array.header.elements);
  double largest = 255;
  if (image && !given.array.header.isByte()) {
    largest = 0;
    for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, given.array.at(i));
  }
  const double unit = image && largest > 1 ? 255 : 1;
  const std::vector<double> mean = input.mean(), scale = input.scale();  // of each number, or of each channel
  EncodedSamples result;
  result.rows = given.array.header.shape[0];
  std::vector<float>& out = result.inputs.emplace_back();
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t k = i % mean.size();
    const auto value = static_cast<float>((given.array.at(i) / unit - mean[k]) * scale[k]);
    if (!std::isfinite(value))
      return Error{ErrorCode::Numeric,
                   fmt::format("value {} of sample {} is not a finite number or too large",
                               static_cast<std::int64_t>(i) % width, static_cast<std::int64_t>(i) / width),
                   where, "Replace it, or leave out the sample"};
    out.push_back(value);
  }
  for (std::int64_t row = 0; row < result.rows; ++row) result.lines.push_back(row);
  result.notes.push_back(fmt::format("The samples are those of the array \"{}\"", given.name));
  return result;
}

const DataReader numpyReader = {DataKind::Numpy, read, probe};

}  // namespace tandem
