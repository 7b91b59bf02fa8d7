// Seeded split, and normalization from the training set only.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <tuple>

#include "core/base/philox.h"
#include "core/data/reader.h"
#include "core/text/plural.h"

namespace tandem {
namespace {

Status checkFraction(double fraction, const char* name) {
  if (fraction >= 0 && fraction < 1) return success();
  return invalid(fmt::format("the {} fraction is {}; it must be at least 0 and below 1", name, fraction),
                 "data");
}

// Removes samples from the end of `order` and returns them: of each class its share of `count`, by the method of the
// largest remainder, but at least one sample of each class remains.
std::vector<std::int64_t> drawByClass(std::vector<std::int64_t>& order,
                                      const std::vector<std::int32_t>& classOf, int classes, double fraction,
                                      std::size_t count) {
  struct Share {
    std::size_t samples = 0, drawn = 0;
    double remainder = 0;
  };
  std::vector<Share> shares(static_cast<std::size_t>(classes));
  const auto shareOf = [&](std::int64_t sample) -> Share& {
    return shares[static_cast<std::size_t>(classOf[static_cast<std::size_t>(sample)])];
  };
  for (const std::int64_t sample : order) ++shareOf(sample).samples;
  std::size_t drawn = 0;
  std::vector<Share*> byRemainder;
  for (Share& share : shares) {
    const double exact = static_cast<double>(share.samples) * fraction;
    share.drawn = static_cast<std::size_t>(exact);  // fraction < 1: fewer than all
    share.remainder = exact - static_cast<double>(share.drawn);
    drawn += share.drawn;
    if (share.drawn + 1 < share.samples && share.remainder > 0) byRemainder.push_back(&share);
  }
  std::ranges::stable_sort(byRemainder, std::greater{}, &Share::remainder);
  for (Share* share : byRemainder) {
    if (drawn >= count) break;
    ++share->drawn;
    ++drawn;
  }
  std::vector<std::int64_t> part, rest;
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const std::int64_t sample = *at;
    Share& share = shareOf(sample);
    (share.drawn > 0 ? part : rest).push_back(sample);
    if (share.drawn > 0) --share.drawn;
  }
  order.assign(rest.rbegin(), rest.rend());
  return part;
}

// Of one target. Classes without any sample, and without training samples.
void noteUntrainedClasses(Dataset& data, std::size_t target, bool stratify) {
  const DataTensor& info = data.info.targets[target];
  const std::vector<std::int32_t>& classOf = data.targets[target].classOf;
  if (info.classes == 0) return;
  std::vector<std::int64_t> samples(static_cast<std::size_t>(info.classes)), training(samples.size());
  const auto count = [&](std::int64_t sample, std::vector<std::int64_t>& counts) {
    for (const std::int32_t number :
         std::span(classOf).subspan(data.placeOfTarget(target, sample), data.valuesOfTarget(target, sample)))
      ++counts[static_cast<std::size_t>(number)];
  };
  for (std::int64_t i = 0, all = data.size(); i < all; ++i) count(i, samples);
  for (const std::int64_t i : data.part(SplitPart::Train)) count(i, training);
  std::vector<std::string> absent, untrained;
  for (std::size_t c = 0; c < samples.size(); ++c)
    if (training[c] == 0) (samples[c] == 0 ? absent : untrained).push_back(info.classNames[c]);
  const auto note = [&](const std::vector<std::string>& classes, std::string_view what,
                        std::string_view remedy) {
    constexpr std::size_t kShown = 10;
    if (classes.empty()) return;
    const std::size_t shown = std::min(kShown, classes.size());
    data.info.notes.push_back(
        fmt::format("Warning: {}{} {} {}{} {}{}",
                    data.info.targets.size() == 1 ? "" : fmt::format("of target \"{}\", ", info.name),
                    classes.size() == 1 ? "class" : "classes",
                    fmt::join(classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                    shown < classes.size() ? fmt::format("and {} more ", classes.size() - shown) : "",
                    classes.size() == 1 ? "has" : "have", what, remedy));
  };
  note(absent, "no samples", "");
  note(untrained, "no training samples",
       stratify || data.info.series.isWindows()
           ? "; the network cannot learn what is only in the validation and test sets"
           : "; stratify the split (\"stratify\": true in the project's data) so that each class has some");
}

// Mean and variance of the training samples per channel, exact because they are computed from level counts.
void momentsOfBytes(const TensorValues& values, std::int64_t width, std::span<const std::int64_t> samples,
                    std::vector<double>& mean, std::vector<double>& variance) {
  const std::size_t channels = mean.size();
  std::vector<std::array<std::int64_t, 256>> counts(channels);
  for (auto& levels : counts) levels.fill(0);
  for (const std::int64_t i : samples) {
    const std::uint8_t* x = values.bytes.data() + i * width;
    for (std::int64_t k = 0; k < width; k += static_cast<std::int64_t>(channels)) {
      for (std::size_t c = 0; c < channels; ++c) ++counts[c][x[k + static_cast<std::int64_t>(c)]];
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    double n = 0, sum = 0, squares = 0;
    for (int level = 0; level < 256; ++level) {
      const auto count = static_cast<double>(counts[c][static_cast<std::size_t>(level)]);
      n += count;
      sum += count * level;
      squares += count * level * level;
    }
    mean[c] = sum / n / 255.0;
    variance[c] = std::max(0.0, squares / n - (sum / n) * (sum / n)) / (255.0 * 255.0);
  }
}

// Welford's method: stable for large values with a small spread.
void momentsOfFloats(const TensorValues& values, std::int64_t width, std::span<const std::int64_t> samples,
                     std::vector<double>& mean, std::vector<double>& variance) {
  double n = 0;
  for (const std::int64_t i : samples) {
    const float* x = values.floats.data() + i * width;
    n += 1;
    for (std::size_t k = 0; k < mean.size(); ++k) {
      const double delta = static_cast<double>(x[k]) - mean[k];
      mean[k] += delta / n;
      variance[k] += delta * (static_cast<double>(x[k]) - mean[k]);
    }
  }
  for (double& v : variance) v /= n;
}

// The same of the rows of a series that training samples contain, each of them once.
void momentsOfRows(const TensorValues& values, std::int64_t width, std::span<const std::int64_t> samples,
                   std::vector<double>& mean, std::vector<double>& variance) {
  const std::size_t features = mean.size();
  std::vector<std::int64_t> rows;
  std::vector<std::uint8_t> used(values.floats.size() / features, 0);
  for (const std::int64_t i : samples) {
    const auto sample = static_cast<std::size_t>(i);
    const std::int64_t count =
        values.counts.empty() ? width / static_cast<std::int64_t>(features) : values.counts[sample];
    std::fill_n(used.begin() + values.starts[sample], count, std::uint8_t{1});
  }
  for (std::size_t r = 0; r < used.size(); ++r)
    if (used[r] != 0) rows.push_back(static_cast<std::int64_t>(r));
  momentsOfFloats(values, static_cast<std::int64_t>(features), rows, mean, variance);
}

// Mean 0 and standard deviation 1 on the training set. Returns the channels that are constant.
std::vector<std::size_t> standardize(TensorValues& values, std::int64_t width,
                                     std::span<const std::int64_t> samples) {
  std::vector<double> mean(values.mean.size(), 0.0), variance(mean);
  const auto moments = !values.starts.empty()  ? momentsOfRows
                       : !values.bytes.empty() ? momentsOfBytes
                                               : momentsOfFloats;
  moments(values, width, samples, mean, variance);
  std::vector<std::size_t> constant;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    values.mean[c] = static_cast<float>(mean[c]);
    // A constant feature is only shifted; so is one whose deviation is too small for a float reciprocal.
    const auto scale = static_cast<float>(1.0 / std::sqrt(variance[c]));
    values.scale[c] = std::isfinite(scale) ? scale : 1.0f;
    if (!std::isfinite(scale)) constant.push_back(c);
  }
  return constant;
}

// Without normalization.
void setFactors(const DataTensor& info, TensorValues& values) {
  if (info.classes > 0) return;
  const bool repeated = !values.bytes.empty() || !values.starts.empty();
  const auto channels = static_cast<std::size_t>(repeated ? info.sample[-1] : info.sample.elements());
  values.mean.assign(channels, 0.0f);
  values.scale.assign(channels, 1.0f);
}

void standardizeTarget(Dataset& data, std::size_t target) {
  DataTensor& info = data.info.targets[target];
  TensorValues& values = data.targets[target];
  if (info.classes > 0) return;
  for (const std::size_t k : standardize(values, info.sample.elements(), data.part(SplitPart::Train)))
    values.mean[k] = 0;  // a constant target remains as it is
  info.unit = targetUnit(values);
  const double deviation = values.storageOf(0).unit / static_cast<double>(values.scale[0]);
  if (values.scale.size() == 1 && info.unit != deviation)
    data.info.notes.push_back(fmt::format(
        "Errors such as MAE and RMSE are multiples of the target's standard deviation, {:.3g}, because "
        "float32 cannot hold them in its unit",
        deviation));
}

// The rows ahead of one column share a scale, so that their errors have a common unit.
bool continuesBefore(const DatasetInfo& info, std::size_t target) {
  if (target == 0 || !info.series.isWindows()) return false;
  std::vector<std::string_view> columns;
  for (const Field& field : info.fields)
    if (field.role == FieldRole::Target) columns.push_back(field.columnName());
  return columns[target] == columns[target - 1];
}

// Only the proportions of the weights matter, so they may be of any size, but not all 0.
Status checkWeights(const Dataset& data) {
  const auto counts = [&](std::int64_t i) { return data.weights.floats[static_cast<std::size_t>(i)] > 0; };
  if (!data.info.weights || std::ranges::any_of(data.part(SplitPart::Train), counts)) return success();
  return invalid(
      fmt::format("no training sample has a weight above 0 in column \"{}\"", data.info.weights->name),
      "data", "Correct the weights, or choose another column or none for them");
}

// What the loss averages over: the samples, or the steps of samples that have a target for each.
double termsOf(const Dataset& data, std::int64_t sample) {
  if (data.info.targets.empty() || !data.info.targets[0].varies) return 1;
  return data.values(data.info.lengthsOfTargets()).classOf[static_cast<std::size_t>(sample)];
}

// The mean 1 in the training set, so that the loss and the learning rate mean the same as without weights.
void normalizeWeights(Dataset& data) {
  if (!data.info.weights) return;
  setFactors(*data.info.weights, data.weights);
  double sum = 0, terms = 0;
  for (const std::int64_t i : data.part(SplitPart::Train)) {
    const double own = termsOf(data, i);
    sum += own * static_cast<double>(data.weights.floats[static_cast<std::size_t>(i)]);
    terms += own;
  }
  const double mean = sum / terms;
  for (float& weight : data.weights.floats) weight = static_cast<float>(static_cast<double>(weight) / mean);
}

// Reading in order is cache-friendly.
void sortParts(std::span<std::vector<std::int64_t>> parts, std::int64_t size) {
  constexpr std::uint8_t kNone = 255;
  std::vector<std::uint8_t> partOf(static_cast<std::size_t>(size), kNone);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (const std::int64_t sample : parts[p])
      partOf[static_cast<std::size_t>(sample)] = static_cast<std::uint8_t>(p);
    parts[p].clear();
  }
  for (std::int64_t sample = 0; sample < size; ++sample)
    if (const std::uint8_t p = partOf[static_cast<std::size_t>(sample)]; p != kNone)
      parts[p].push_back(sample);
}

// Of windows: in each series, first the training, then the validation and then the test rows. A window that reaches from
// one part into another is left out, so that no part sees targets of another one.
Status splitByTime(RawData& raw, const DataSpec& spec) {
  auto& [train, validation, test] = raw.data.parts;
  struct Borders {
    std::int64_t validation, test;
  };
  std::vector<Borders> borders;
  std::int64_t trainRows = 0, validationRows = 0, testRows = 0;  // the most of a series
  for (const std::int64_t rows : raw.seriesRows) {
    const auto share = [](std::int64_t of, double fraction) {
      return static_cast<std::int64_t>(std::llround(static_cast<double>(of) * fraction));
    };
    const std::int64_t testBegin = rows - share(rows, spec.testFraction);
    const std::int64_t validationBegin = testBegin - share(testBegin, spec.validationFraction);
    borders.push_back({validationBegin, testBegin});
    trainRows = std::max(trainRows, validationBegin);
    validationRows = std::max(validationRows, testBegin - validationBegin);
    testRows = std::max(testRows, rows - testBegin);
  }
  std::int64_t between = 0;
  for (std::size_t i = 0; i < raw.spans.size(); ++i) {
    const SeriesSpan& span = raw.spans[i];
    const Borders& at = borders[static_cast<std::size_t>(span.series)];
    const auto sample = static_cast<std::int64_t>(i);
    if (span.end <= at.validation)
      train.push_back(sample);
    else if (span.begin >= at.validation && span.end <= at.test)
      validation.push_back(sample);
    else if (span.begin >= at.test)
      test.push_back(sample);
    else
      ++between;
  }
  const std::int64_t reach = raw.spans[0].end - raw.spans[0].begin;
  const auto tooShort = [&](std::string_view part, std::int64_t rows) {
    return fmt::format("no window fits into the {} part, which has {}{}: a window and its targets need {}",
                       part, counted(rows, "row"), raw.seriesRows.size() > 1 ? " of a series at most" : "",
                       reach);
  };
  if (train.empty())
    return invalid(tooShort("training", trainRows), "data",
                   "Shorten the window or the horizon, reduce the fractions or use more data");
  std::vector<std::string>& notes = raw.data.info.notes;
  notes.push_back(fmt::format(
      "The split is by time{}: the first rows are for training, the next for validation, the "
      "last for the test ({}, {} and {}){}; the seed and the stratification are not used",
      raw.seriesRows.size() > 1 ? " in each series" : "", counted(train.size(), "window"), validation.size(),
      test.size(),
      between == 0 ? "" : fmt::format(", without {} across a border", counted(between, "window"))));
  for (const auto& [part, fraction, samples, rows] :
       {std::tuple("validation", spec.validationFraction, validation.size(), validationRows),
        std::tuple("test", spec.testFraction, test.size(), testRows)})
    if (fraction > 0 && samples == 0)
      notes.push_back(
          fmt::format("Warning: {}. Shorten the window, or increase the fraction", tooShort(part, rows)));
  return success();
}

// Samples that are independent of each other: at random, from the seed.
Status splitAtRandom(RawData& raw, const DataSpec& spec) {
  const std::int64_t size = raw.data.size();
  std::vector<std::int64_t> order(static_cast<std::size_t>(size - raw.ownValidation - raw.ownTest));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  PhiloxSequence random(spec.splitSeed, stream(RandomStream::Split));
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);

  auto& [train, validation, test] = raw.data.parts;
  const auto own = [](std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> part(static_cast<std::size_t>(count));
    std::iota(part.begin(), part.end(), first);
    return part;
  };
  // By the first target with one class per sample.
  const auto byClass = std::ranges::find_if(raw.data.info.targets, [](const DataTensor& target) {
    return target.classes > 0 && target.sample.elements() == 1;
  });
  const bool stratify = spec.stratify && byClass != raw.data.info.targets.end();
  const auto draw = [&](double fraction) {
    const auto count = static_cast<std::size_t>(std::llround(static_cast<double>(order.size()) * fraction));
    if (stratify) {
      const auto target = static_cast<std::size_t>(byClass - raw.data.info.targets.begin());
      return drawByClass(order, raw.data.targets[target].classOf, byClass->classes, fraction, count);
    }
    std::vector<std::int64_t> part(order.end() - static_cast<std::ptrdiff_t>(count), order.end());
    order.resize(order.size() - count);
    return part;
  };
  test = raw.ownTest > 0 ? own(size - raw.ownTest, raw.ownTest) : draw(spec.testFraction);
  validation = raw.ownValidation > 0 ? own(size - raw.ownTest - raw.ownValidation, raw.ownValidation)
                                     : draw(spec.validationFraction);
  train = std::move(order);
  if (train.empty()) {
    return invalid(
        fmt::format("no samples are left for training: {} in total, {} for validation, {} for testing", size,
                    validation.size(), test.size()),
        "data", "Reduce the fractions or use more data");
  }
  sortParts(raw.data.parts, size);
  return success();
}

}  // namespace

Status splitDataset(RawData& raw, const DataSpec& spec) {
  TANDEM_TRY(checkFraction(spec.validationFraction, "validation"));
  TANDEM_TRY(checkFraction(spec.testFraction, "test"));
  TANDEM_TRY(raw.spans.empty() ? splitAtRandom(raw, spec) : splitByTime(raw, spec));
  // The next token of a text is one of a vocabulary that has more than occurs.
  for (std::size_t t = 0; t < raw.data.targets.size() && spec.kind != DataKind::TextFile; ++t)
    noteUntrainedClasses(raw.data, t, spec.stratify);
  return checkWeights(raw.data);
}

void normalizeDataset(Dataset& data, const DataSpec& spec) {
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    DataTensor& info = data.info.inputs[i];
    TensorValues& values = data.inputs[i];
    setFactors(info, values);
    if (spec.normalize && info.classes == 0)
      standardize(values, info.sample.elements(), data.part(SplitPart::Train));
    if (!values.bytes.empty()) info.bytes = ByteScale::of(values.mean, values.scale);
    info.unit = targetUnit(values);
  }
  for (std::size_t t = 0; t < data.targets.size(); ++t) {
    setFactors(data.info.targets[t], data.targets[t]);
    const bool unscaled = std::ranges::find(spec.unscaled, data.info.targets[t].name) != spec.unscaled.end();
    if (!spec.standardizeTargets || unscaled) continue;
    if (!continuesBefore(data.info, t)) {
      standardizeTarget(data, t);
      continue;
    }
    data.targets[t].mean = data.targets[t - 1].mean;
    data.targets[t].scale = data.targets[t - 1].scale;
    data.info.targets[t].unit = data.info.targets[t - 1].unit;
  }
  normalizeWeights(data);
}

}  // namespace tandem
