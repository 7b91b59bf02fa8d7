#include "core/data/generated_series.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/base/philox.h"
#include "core/data/series.h"

namespace tandem {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;
constexpr std::int64_t kMinSteps = 12, kMaxSteps = 32;

constexpr const char* kShapes[] = {"sine", "square", "sawtooth"};

// u: periods since the beginning.
double wave(int shape, double u) {
  const double part = u - std::floor(u);
  if (shape == 0) return std::sin(kTurn * part);
  return shape == 1 ? (part < 0.5 ? 1 : -1) : 2 * part - 1;
}

SeriesSpec sequences() {
  return {.steps = kMaxSteps, .whole = true, .group = "sequence"};
}

SeriesSpec windowsOf(const DataSpec& spec) {
  if (!spec.series.isWindows()) return {.steps = 24};
  SeriesSpec windows = spec.series;
  windows.pastTargets = true;  // there are no other features
  windows.group.clear();
  windows.order.clear();
  return windows;
}

// Of one column of numbers, before the rows become samples.
DatasetInfo describeRows(const DataSpec& spec, std::vector<Field> fields, DataTensor target) {
  DatasetInfo info;
  info.name = spec.generator;
  info.inputs[0] = {.name = std::string(tensorOf(Field{})), .sample = Shape{1}};
  info.targets[0] = std::move(target);
  info.fields = std::move(fields);
  info.named = true;
  return info;
}

Status step(const LoadProgress& progress, std::int64_t done, std::int64_t count) {
  if (done % 65536 != 0) return success();
  return report(progress, static_cast<double>(done) / static_cast<double>(count));
}

// What a few samples show.
Result<DatasetInfo> describe(Result<RawData> few) {
  TANDEM_ASSIGN(RawData raw, std::move(few));
  raw.data.info.notes.clear();  // they count the samples
  return std::move(raw.data.info);
}

}  // namespace

Result<RawData> generateWaves(const DataSpec& spec, const LoadProgress& progress) {
  constexpr int kClasses = static_cast<int>(std::size(kShapes));
  TANDEM_TRY(checkMemory(static_cast<double>(spec.count * kMaxSteps) * 3 * sizeof(double), spec.generator));
  RawData raw;
  const std::vector<std::string> names(std::begin(kShapes), std::end(kShapes));
  raw.data.info = describeRows(
      spec,
      {{.name = "sequence", .role = FieldRole::Group},
       {.name = "value"},
       {.name = "shape", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = names}},
      {.name = "shape", .sample = {}, .classes = kClasses, .classNames = names});
  SeriesRows rows;
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Generate));
  for (std::int64_t i = 0; i < spec.count; ++i) {
    TANDEM_TRY(step(progress, i, spec.count));
    const int shape = static_cast<int>(i % kClasses);
    const auto length = kMinSteps + static_cast<std::int64_t>(random.below(kMaxSteps - kMinSteps + 1));
    const double period = 6 + 6 * random.uniform(), phase = random.uniform();
    for (std::int64_t t = 0; t < length; ++t) {
      const double value =
          wave(shape, phase + static_cast<double>(t) / period) + spec.noise * random.normal();
      rows.row.push_back(std::ssize(rows.row));
      rows.group.push_back(static_cast<std::int32_t>(i));
      raw.data.inputs[0].floats.push_back(static_cast<float>(value));
      raw.data.targets[0].classOf.push_back(shape);
    }
    rows.groups.push_back(std::to_string(i + 1));
  }
  TANDEM_TRY(makeSeries(rows, sequences(), spec.generator, raw));
  return raw;
}

Result<DatasetInfo> describeWaves(const DataSpec& spec) {
  DataSpec few = spec;
  few.count = 2;
  return describe(generateWaves(few, {}));
}

Result<RawData> generateBursts(const DataSpec& spec, const LoadProgress& progress) {
  constexpr std::int64_t kShortest = 24, kLongest = 40, kShortestBurst = 4, kLongestBurst = 12;
  TANDEM_TRY(checkMemory(static_cast<double>(spec.count * kLongest) * 3 * sizeof(double), spec.generator));
  RawData raw;
  const std::vector<std::string> names{"quiet", "burst"};
  raw.data.info = describeRows(
      spec,
      {{.name = "sequence", .role = FieldRole::Group},
       {.name = "value"},
       {.name = "state", .role = FieldRole::Target, .kind = FieldKind::Category, .categories = names}},
      {.name = "state", .sample = {}, .classes = 2, .classNames = names});
  SeriesRows rows;
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Generate));
  const auto between = [&](std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most - least + 1)));
  };
  for (std::int64_t i = 0; i < spec.count; ++i) {
    TANDEM_TRY(step(progress, i, spec.count));
    const std::int64_t length = between(kShortest, kLongest), burst = between(kShortestBurst, kLongestBurst);
    const std::int64_t begin = between(0, length - burst);
    const double period = 3 + 2 * random.uniform(), phase = random.uniform();
    for (std::int64_t t = 0; t < length; ++t) {
      const bool inside = t >= begin && t < begin + burst;
      const double value = inside ? wave(0, phase + static_cast<double>(t) / period) : 0;
      rows.row.push_back(std::ssize(rows.row));
      rows.group.push_back(static_cast<std::int32_t>(i));
      raw.data.inputs[0].floats.push_back(static_cast<float>(value + spec.noise * random.normal()));
      raw.data.targets[0].classOf.push_back(inside ? 1 : 0);
    }
    rows.groups.push_back(std::to_string(i + 1));
  }
  SeriesSpec series = sequences();
  series.steps = kLongest;
  series.eachStep = true;
  TANDEM_TRY(makeSeries(rows, series, spec.generator, raw));
  return raw;
}

Result<DatasetInfo> describeBursts(const DataSpec& spec) {
  DataSpec few = spec;
  few.count = 2;
  return describe(generateBursts(few, {}));
}

Result<RawData> generateSeries(const DataSpec& spec, const LoadProgress& progress) {
  const SeriesSpec windows = windowsOf(spec);
  RawData raw;
  raw.data.info = describeRows(spec, seriesFields({{.name = "value", .role = FieldRole::Target}}, windows),
                               {.name = "value", .sample = Shape{1}});
  SeriesRows rows;
  rows.row.resize(static_cast<std::size_t>(spec.count));
  std::iota(rows.row.begin(), rows.row.end(), std::int64_t{0});
  std::vector<float>& values = raw.data.targets[0].floats;
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Generate));
  for (std::int64_t i = 0; i < spec.count; ++i) {
    TANDEM_TRY(step(progress, i, spec.count));
    const auto hour = static_cast<double>(i);
    const double season = 2 * std::sin(kTurn * hour / 24) + std::sin(kTurn * hour / 168);
    values.push_back(static_cast<float>(10 + 0.0005 * hour + season + spec.noise * random.normal()));
  }
  raw.data.inputs[0].floats = values;
  TANDEM_TRY(makeSeries(rows, windows, spec.generator, raw));
  return raw;
}

Result<DatasetInfo> describeSeries(const DataSpec& spec) {
  DataSpec few = spec;
  few.count = std::min(spec.count, windowsOf(spec).reach());
  return describe(generateSeries(few, {}));
}

}  // namespace tandem
