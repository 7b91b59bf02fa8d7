#include "core/twin/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/text/units.h"

namespace tandem {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kSecondsPerHour = 3600;

bool hasCurve(const TwinSideRecord& side) {
  return !side.curve.steps.empty();
}

std::optional<double> joulesAt(const TwinCurve& curve, std::size_t i) {
  if (curve.joules.empty() || !std::isfinite(curve.joules[i])) return {};
  return curve.joules[i];
}

// Rounds up to two significant digits, so that a side that reached `loss` also reached the result.
double roundedUp(double loss) {
  if (!(loss > 0)) return loss;
  const double unit = std::pow(10, std::floor(std::log10(loss)) - 1);
  return std::ceil(loss / unit - 1e-9) * unit;
}

}  // namespace

std::optional<Money> moneyOf(const Tariff& tariff, double pricePerHour, double seconds,
                             std::optional<double> joules) {
  Money cost;
  if (joules) {
    cost.amount += *joules / kJoulesPerKwh * tariff.perKwh;
    cost.energy = true;
  }
  if (pricePerHour > 0) {
    cost.amount += seconds / kSecondsPerHour * pricePerHour;
    cost.device = true;
  }
  if (!cost.energy && !cost.device) return {};
  return cost;
}

std::vector<double> smoothedLoss(const TwinCurve& curve, double steps) {
  std::vector<double> smooth;
  double sum = 0, weights = 0;  // `weights` corrects the bias of the start, as in Adam
  std::int64_t before = 0;
  for (std::size_t i = 0; i < curve.loss.size(); ++i) {
    if (!std::isfinite(curve.loss[i])) {
      smooth.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    // A curve may be thinned, so a point is weighted by the steps since the previous one.
    const auto since = static_cast<double>(std::max<std::int64_t>(1, curve.steps[i] - before));
    const double kept = steps > 0 ? std::exp(-since / steps) : 0;
    sum = kept * sum + (1 - kept) * curve.loss[i];
    weights = kept * weights + (1 - kept);
    smooth.push_back(sum / weights);
    before = curve.steps[i];
  }
  return smooth;
}

std::optional<TargetReach> reach(const TwinRecord& record, std::size_t side, double loss) {
  const TwinSideRecord& s = record.sides[side];
  const std::vector<double> smooth = smoothedLoss(s.curve);
  const auto found = std::ranges::find_if(smooth, [&](double value) { return value <= loss; });
  if (found == smooth.end()) return {};
  const auto i = static_cast<std::size_t>(found - smooth.begin());
  TargetReach result{s.curve.steps[i], s.curve.seconds[i], joulesAt(s.curve, i), {}};
  result.money = moneyOf(record.tariff, s.pricePerHour, result.seconds, result.joules);
  return result;
}

std::optional<double> commonTarget(const TwinRecord& record) {
  std::optional<double> target;
  double begin = std::numeric_limits<double>::infinity();
  for (const TwinSideRecord& side : record.sides) {
    double lowest = std::numeric_limits<double>::infinity();
    std::optional<double> first;
    for (const double loss : smoothedLoss(side.curve)) {
      if (!std::isfinite(loss)) continue;
      if (!first) first = loss;
      lowest = std::min(lowest, loss);
    }
    if (!first) continue;
    begin = std::min(begin, *first);
    target = std::max(target.value_or(lowest), lowest);
  }
  if (!target) return {};
  target = roundedUp(*target);
  if (*target >= begin) return {};
  return target;
}

std::optional<std::int64_t> stepsPerEpoch(const TwinRecord& record, std::size_t side) {
  const std::int64_t batch = record.sides[side].batch;
  if (record.samples <= 0 || batch <= 0) return {};
  return std::max<std::int64_t>(1, record.samples / batch);
}

std::vector<double> axisColumn(const TwinRecord& record, std::size_t side, CurveAxis axis) {
  const TwinSideRecord& s = record.sides[side];
  switch (axis) {
    case CurveAxis::Step:
      return {s.curve.steps.begin(), s.curve.steps.end()};
    case CurveAxis::Epoch: {
      const auto epoch = stepsPerEpoch(record, side);
      std::vector<double> epochs;
      for (const std::int64_t step : s.curve.steps)
        if (epoch) epochs.push_back(static_cast<double>(step) / static_cast<double>(*epoch));
      return epochs;
    }
    case CurveAxis::Seconds:
      return s.curve.seconds;
    case CurveAxis::Joules:
      return s.curve.joules;
    case CurveAxis::Money: {
      std::vector<double> money;
      for (std::size_t i = 0; i < s.curve.steps.size(); ++i) {
        const auto cost = moneyOf(record.tariff, s.pricePerHour, s.curve.seconds[i], joulesAt(s.curve, i));
        if (!cost) return {};
        money.push_back(cost->amount);
      }
      return money;
    }
  }
  return {};
}

std::optional<double> targetOf(const TwinRecord& record) {
  return record.targetLoss ? record.targetLoss : commonTarget(record);
}

std::string moneyText(const Tariff& tariff, const Money& cost) {
  const char* what = cost.energy && cost.device ? "" : cost.energy ? " for energy" : " for device time";
  return fmt::format("{:.3g} {}{}", cost.amount, tariff.currency, what);
}

std::string targetSentence(const TwinRecord& record) {
  const std::optional<double> target = targetOf(record);
  if (!target) return {};
  std::string text;
  for (std::size_t k = 0; k < record.sides.size(); ++k) {
    const TwinSideRecord& side = record.sides[k];
    if (!hasCurve(side)) continue;
    text += fmt::format("{}{} ", text.empty() ? "" : ", ", side.label);
    const auto reached = reach(record, k, *target);
    if (!reached) {
      text += "never";
      continue;
    }
    text += fmt::format("{:.3g} s", reached->seconds);
    if (reached->joules) text += " / " + joulesText(*reached->joules);
    if (reached->money) text += " / " + moneyText(record.tariff, *reached->money);
  }
  if (text.empty()) return {};
  return fmt::format("To reach a loss of {:.3g}: {}.", *target, text);
}

}  // namespace tandem
