#include "core/twin/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/units.h"
#include "core/twin/target.h"

namespace tandem {
namespace {

std::string speedSentence(const TwinRecord& record, std::size_t index) {
  const TwinSideRecord &reference = record.sides[0], &side = record.sides[index];
  const SpeedUp s = speedUp(record, index);
  if (s.ratio <= 0) return {};
  const bool faster = s.ratio >= 1;
  const double ratio = faster ? s.ratio : 1 / s.ratio;
  const double low = faster ? s.low : 1 / s.high, high = faster ? s.high : 1 / s.low;
  if (low <= 1)
    return fmt::format(
        "{} and {} are equally fast within the spread of their steps ({:.2f}x, {:.2f} to {:.2f}).",
        side.label, reference.label, s.ratio, s.low, s.high);
  const char* form =
      reference.batch == side.batch
          ? "{} is {:.2f}x as fast as {} ({:.2f} to {:.2f}): {:.3f} ms vs. {:.3f} ms per step."
          : "{} is {:.2f}x as fast as {} per sample ({:.2f} to {:.2f}); its steps take {:.3f} ms "
            "vs. {:.3f} ms, with different batch sizes.";
  return fmt::format(fmt::runtime(form), faster ? side.label : reference.label, ratio,
                     faster ? reference.label : side.label, low, high,
                     1e3 * (faster ? side : reference).timing.median,
                     1e3 * (faster ? reference : side).timing.median);
}

// Layers are timed in only a few steps, which other programs may have disturbed.
bool disturbed(const TwinSideRecord& side) {
  const ProfileRecord& p = side.profile;
  return side.timing.median > 0 && p.forward + p.backward + p.update > 2 * side.timing.median;
}

std::string disturbedSentence(const TwinSideRecord& side) {
  if (!disturbed(side)) return {};
  const ProfileRecord& p = side.profile;
  return fmt::format(
      "The layer times of {} come from steps that took {:.3f} ms instead of the usual {:.3f} ms; do not "
      "compare them.",
      side.label, 1e3 * (p.forward + p.backward + p.update), 1e3 * side.timing.median);
}

// Names the layer whose time differs most between two sides.
std::string layerSentence(const TwinSideRecord& reference, const TwinSideRecord& side) {
  // In networks of different sizes, layers of the same name are not comparable.
  if (disturbed(reference) || disturbed(side) ||
      reference.profile.memory.weights != side.profile.memory.weights)
    return {};
  double largest = 0;
  std::string text;
  for (const auto& a : reference.profile.layers)
    for (const auto& b : side.profile.layers) {
      if (a.layer != b.layer) continue;
      const double ta = a.forward + a.backward, tb = b.forward + b.backward;
      if (std::abs(ta - tb) <= largest || ta <= 0 || tb <= 0) continue;
      largest = std::abs(ta - tb);
      text = fmt::format("The layer times differ most in {}: {:.3f} ms on {}, {:.3f} ms on {}.", a.layer,
                         1e3 * ta, reference.label, 1e3 * tb, side.label);
    }
  return text;
}

// States what limits the slowest layer, and how accurate the forecast was.
std::string boundSentence(const TwinSideRecord& side) {
  const auto longest = std::ranges::max_element(side.rates, {}, &LayerRate::seconds);
  if (longest == side.rates.end() || longest->bound.empty() || disturbed(side)) return {};
  std::string text = fmt::format(
      "{}: the slowest layer, {}, is {}-bound at {:.0f}% of this machine's ceiling ({:.1f} GFLOP/s, {:.1f} "
      "GB/s).",
      side.label, longest->layer, longest->bound, 100 * longest->share,
      longest->flops / longest->seconds / 1e9, longest->bytes / longest->seconds / 1e9);
  if (side.forecast && side.timing.median > 0)
    text += fmt::format(" The forecast was {:.3f} ms per step, {:.2f}x the measured time.",
                        1e3 * *side.forecast, *side.forecast / side.timing.median);
  return text;
}

// Without a calibration, detects the most common reason for a slow GPU: its layers take about ten
// microseconds each and reach less than a tenth of the bandwidth and arithmetic of the slowest supported GPU
// (80 GB/s, 2 TFLOP/s).
std::string launchSentence(const TwinSideRecord& side) {
  constexpr double kBytesPerSecond = 8e9, kFlopsPerSecond = 2e11, kLayerSeconds = 1e-4;
  if (side.device.empty() || side.device.starts_with("cpu") || disturbed(side)) return {};
  double seconds = 0, flops = 0, bytes = 0;
  for (const LayerRate& rate : side.rates) {
    if (!rate.bound.empty()) return {};
    seconds += rate.seconds;
    flops += rate.flops;
    bytes += rate.bytes;
  }
  if (!(seconds > 0) || seconds > kLayerSeconds * static_cast<double>(side.rates.size()) ||
      flops / seconds > kFlopsPerSecond || bytes / seconds > kBytesPerSecond)
    return {};
  return fmt::format(
      "{} is underutilized: its kernels reach only {:.1f} GFLOP/s and {:.1f} GB/s, so most of the time is "
      "spent on launching them and waiting (launch-bound). A larger batch or a wider network would take "
      "little more time; `tandem calibrate` measures how much.",
      side.label, flops / seconds / 1e9, bytes / seconds / 1e9);
}

// The device was throttled by heat or by the power limit, or is no longer boosted.
std::string clockSentence(const TwinSideRecord& side) {
  constexpr double kFell = 0.9;
  if (!side.firstClock || !side.lastClock || *side.lastClock >= kFell * *side.firstClock) return {};
  return fmt::format(
      "The clock of {} fell from {:.2f} to {:.2f} GHz during the run, which suggests thermal or power "
      "throttling.",
      side.label, 1e-9 * *side.firstClock, 1e-9 * *side.lastClock);
}

std::string machineSentence(const TwinRecord& record) {
  constexpr double kBusy = 0.1;
  std::string text;
  if (record.others)
    text = fmt::format("Other programs used {:.0f}% of this machine's CPU time during the run{}.",
                       100 * *record.others,
                       *record.others > kBusy ? ", which may have slowed down the CPU sides" : "");
  if (record.window)
    text +=
        fmt::format("{}Displaying the run used {} of one CPU core.", text.empty() ? "" : " ",
                    *record.window < 0.001 ? "less than 0.1%" : fmt::format("{:.1f}%", 100 * *record.window));
  return text;
}

// The difference that was compared with the tolerance, and what it is relative to if not to the tensor itself.
std::string comparedText(const TensorParity& tensor) {
  const TensorDifference& d = tensor.difference;
  if (d.nonFinite > 0)
    return fmt::format("{} non-finite {}", d.nonFinite, d.nonFinite == 1 ? "value" : "values");
  constexpr double kRounded = 1 + 1e-6;
  const bool small = d.relative > kRounded * tensor.compared;
  return fmt::format("{:.1e}{}", tensor.compared,
                     small ? " of a tenth of the largest tensor of its kind in the layer" : "");
}

std::string paritySentence(const TwinRecord& record, std::size_t side) {
  double drift = 0, tolerance = 0;
  const TensorParity* worstTensor = nullptr;
  const TensorParity* first = nullptr;
  std::int64_t firstStep = 0;
  for (const ParityRecord& parity : record.parity)
    for (const SideParity& each : parity.sides) {
      if (each.side != side) continue;
      drift = each.weightDrift;
      tolerance = each.tolerance;
      if (each.first && !first) {
        first = &each.tensors[*each.first];
        firstStep = parity.step;
      }
      for (const TensorParity& tensor : each.tensors)
        if (tensor.kind != TensorKind::Update && (!worstTensor || tensor.compared >= worstTensor->compared))
          worstTensor = &tensor;
    }
  if (!worstTensor) return {};
  const std::string& name = record.sides[side].label;
  const std::string& reference = record.sides[0].label;
  if (first)
    return fmt::format(
        "{} differs from {} by more than rounding (tolerance {:.0e}): first in layer {}, {}, before step {} (relative "
        "difference {}).",
        name, reference, tolerance, first->layer, first->tensor, firstStep, comparedText(*first));
  if (worstTensor->compared == 0)
    return fmt::format("{} and {} are bit-identical in every compared activation, gradient and update.", name,
                       reference);
  return fmt::format(
      "{} agrees with {} up to rounding (tolerance {:.0e}): with the same weights, the largest relative "
      "difference is {}, in {}, {}. Their own weights have drifted apart by {:.1e}.",
      name, reference, tolerance, comparedText(*worstTensor), worstTensor->layer, worstTensor->tensor, drift);
}

std::string energySentence(const TwinRecord& record, const TwinSideRecord& side) {
  if (!side.joules) {
    if (side.noEnergy.empty()) return {};
    return fmt::format("The energy of {} was not measured: {}.", side.label, side.noEnergy);
  }
  std::string text =
      fmt::format("{} used {} ({:.1f} W)", side.label, joulesText(*side.joules), side.meanWatts.value_or(0));
  if (const std::size_t steps = side.timing.steps + side.timing.warmUp; steps > 0)
    text += fmt::format(", {} per step", joulesText(*side.joules / static_cast<double>(steps)));
  const double seconds = side.curve.seconds.empty() ? 0 : side.curve.seconds.back();
  if (const auto cost = moneyOf(record.tariff, side.pricePerHour, seconds, side.joules))
    text += ": " + moneyText(record.tariff, *cost);
  return text + ".";
}

}  // namespace

std::vector<std::string> findings(const TwinRecord& record) {
  std::vector<std::string> list;
  const auto add = [&](std::string sentence) {
    if (!sentence.empty()) list.push_back(std::move(sentence));
  };
  // In lock-step, the sides take turns within a step, so time and energy cannot be attributed to one side.
  if (record.mode == TwinMode::Race) add(targetSentence(record));
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    const TwinSideRecord& side = record.sides[k];
    if (!side.error.empty()) add(fmt::format("{} failed: {}", side.label, side.error));
    if (side.timing.unsteady())
      add(fmt::format(
          "The step times of {} vary widely (quartiles {:.3f} to {:.3f} ms{}): the machine was busy, "
          "throttled or shared. Treat its ratios with caution.",
          side.label, 1e3 * side.timing.low, 1e3 * side.timing.high,
          side.timing.stalled() ? fmt::format(", mean {:.3f}", 1e3 * side.timing.mean) : ""));
    if (side.dataWait > 0.1 * side.timing.median && side.timing.median > 0)
      add(fmt::format("{} spends {:.3f} ms of each {:.3f} ms step waiting for data.", side.label,
                      1e3 * side.dataWait, 1e3 * side.timing.median));
    add(disturbedSentence(side));
    add(clockSentence(side));
    add(boundSentence(side));
    add(launchSentence(side));
    add(energySentence(record, side));
    if (k == 0) continue;
    add(speedSentence(record, k));
    add(layerSentence(record.sides[0], side));
    add(paritySentence(record, k));
    for (const TwinCause& cause : record.causes)
      if (cause.side == k) add("Cause: " + cause.cause.verdict);
  }
  add(machineSentence(record));
  return list;
}

}  // namespace tandem
