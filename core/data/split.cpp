// Seeded split, and normalization from the training set only.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>

#include "core/base/philox.h"
#include "core/data/reader.h"

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

void noteUntrainedClasses(Dataset& data, bool stratify) {
  if (data.info.classes == 0) return;
  std::vector<std::int64_t> samples(static_cast<std::size_t>(data.info.classes)), training(samples.size());
  for (const std::int32_t number : data.classOf) ++samples[static_cast<std::size_t>(number)];
  for (const std::int64_t i : data.part(SplitPart::Train))
    ++training[static_cast<std::size_t>(data.classOf[static_cast<std::size_t>(i)])];
  std::vector<std::string> absent, untrained;
  for (std::size_t c = 0; c < samples.size(); ++c)
    if (training[c] == 0) (samples[c] == 0 ? absent : untrained).push_back(data.info.classNames[c]);
  const auto note = [&](const std::vector<std::string>& classes, std::string_view what,
                        std::string_view remedy) {
    constexpr std::size_t kShown = 10;
    if (classes.empty()) return;
    const std::size_t shown = std::min(kShown, classes.size());
    data.info.notes.push_back(
        fmt::format("Warning: {} {} {}{} {}{}", classes.size() == 1 ? "class" : "classes",
                    fmt::join(classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                    shown < classes.size() ? fmt::format("and {} more ", classes.size() - shown) : "",
                    classes.size() == 1 ? "has" : "have", what, remedy));
  };
  note(absent, "no samples", "");
  note(untrained, "no training samples",
       stratify
           ? "; the network cannot learn what is only in the validation and test sets"
           : "; stratify the split (\"stratify\": true in the project's data) so that each class has some");
}

// Mean and variance of the training samples per channel, exact because they are computed from level counts.
void momentsOfBytes(const Dataset& data, std::vector<double>& mean, std::vector<double>& variance) {
  const std::int64_t width = data.info.sample.elements();
  const std::size_t channels = mean.size();
  std::vector<std::array<std::int64_t, 256>> counts(channels);
  for (auto& levels : counts) levels.fill(0);
  for (const std::int64_t i : data.part(SplitPart::Train)) {
    const std::uint8_t* x = data.bytes.data() + i * width;
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
void momentsOfFloats(const Dataset& data, std::vector<double>& mean, std::vector<double>& variance) {
  const std::int64_t width = data.info.sample.elements();
  double n = 0;
  for (const std::int64_t i : data.part(SplitPart::Train)) {
    const float* x = data.floats.data() + i * width;
    n += 1;
    for (std::size_t k = 0; k < mean.size(); ++k) {
      const double delta = static_cast<double>(x[k]) - mean[k];
      mean[k] += delta / n;
      variance[k] += delta * (static_cast<double>(x[k]) - mean[k]);
    }
  }
  for (double& v : variance) v /= n;
}

// Mean 0 and standard deviation 1 on the training set.
void standardize(Dataset& data, std::size_t channels, bool images) {
  std::vector<double> mean(channels, 0.0), variance(channels, 0.0);
  (images ? momentsOfBytes : momentsOfFloats)(data, mean, variance);
  for (std::size_t c = 0; c < channels; ++c) {
    data.mean[c] = static_cast<float>(mean[c]);
    // A constant feature is only shifted; so is one whose deviation is too small for a float reciprocal.
    const auto scale = static_cast<float>(1.0 / std::sqrt(variance[c]));
    data.scale[c] = std::isfinite(scale) ? scale : 1.0f;
  }
}

void standardizeTargets(Dataset& data) {
  double n = 0, mean = 0, variance = 0;
  for (const std::int64_t i : data.part(SplitPart::Train)) {
    for (std::int64_t k = 0; k < data.info.targets; ++k) {
      const double value = data.targetOf[static_cast<std::size_t>(i * data.info.targets + k)];
      const double delta = value - mean;
      mean += delta / ++n;
      variance += delta * (value - mean);
    }
  }
  const auto scale = static_cast<float>(1.0 / std::sqrt(variance / n));
  if (!std::isfinite(scale)) return;  // a constant target
  data.targetMean = static_cast<float>(mean);
  data.targetScale = scale;
  data.info.targetUnit = data.targetUnit();
  if (const double deviation = data.targetStorage.unit / static_cast<double>(scale);
      data.info.targetUnit != deviation)
    data.info.notes.push_back(fmt::format(
        "Errors such as MAE and RMSE are multiples of the target's standard deviation, {:.3g}, because "
        "float32 cannot hold them in its unit",
        deviation));
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

}  // namespace

Status splitDataset(RawData& raw, const DataSpec& spec) {
  TANDEM_TRY(checkFraction(spec.validationFraction, "validation"));
  TANDEM_TRY(checkFraction(spec.testFraction, "test"));
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
  const bool stratify = spec.stratify && raw.data.info.classes > 0;
  const auto draw = [&](double fraction) {
    const auto count = static_cast<std::size_t>(std::llround(static_cast<double>(order.size()) * fraction));
    if (stratify) return drawByClass(order, raw.data.classOf, raw.data.info.classes, fraction, count);
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
  noteUntrainedClasses(raw.data, spec.stratify);
  return success();
}

void normalizeDataset(Dataset& data, const DataSpec& spec) {
  const bool images = !data.bytes.empty();
  const auto channels = static_cast<std::size_t>(images ? data.info.sample[-1] : data.info.sample.elements());
  data.mean.assign(channels, 0.0f);
  data.scale.assign(channels, 1.0f);
  if (spec.normalize) standardize(data, channels, images);
  if (spec.standardizeTargets && data.info.classes == 0) standardizeTargets(data);
  if (images) data.info.bytes = ByteScale::of(data.mean, data.scale);
}

}  // namespace tandem
