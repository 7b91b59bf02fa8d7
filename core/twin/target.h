// The cost of reaching a loss (steps, time, energy and money), from the curves of a twin run.
//
// The loss of single steps is noisy, so a lucky batch could reach any target. Therefore the moving average
// counts (exponential, over kSmoothSteps steps, bias-corrected), which is the same for every side and which
// the lab draws.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/twin/twin_record.h"

namespace tandem {

// The x axes for plots of the losses.
enum class CurveAxis : std::uint8_t { Step, Epoch, Seconds, Joules, Money };
inline constexpr std::size_t kCurveAxes = 5;

// The x value of each point of the side's curve; empty if unknown.
std::vector<double> axisColumn(const TwinRecord& record, std::size_t side, CurveAxis axis);

// For the batch size of this side; absent if unknown.
std::optional<std::int64_t> stepsPerEpoch(const TwinRecord& record, std::size_t side);

struct Money {
  double amount = 0;    // in the tariff's currency
  bool energy = false;  // includes the price of the energy
  bool device = false;  // includes the hourly price of the device
};

// joules: empty if not measured. Returns nothing if neither the energy nor a price of the device is known.
std::optional<Money> moneyOf(const Tariff& tariff, double pricePerHour, double seconds,
                             std::optional<double> joules);

struct TargetReach {
  std::int64_t step = 0;
  double seconds = 0;
  std::optional<double> joules;
  std::optional<Money> money;
};

inline constexpr double kSmoothSteps = 20;
// Losses that are not finite are left out of the average and yield NaN.
std::vector<double> smoothedLoss(const TwinCurve& curve, double steps = kSmoothSteps);

// The first point whose average is at or below the loss; nothing if never reached.
std::optional<TargetReach> reach(const TwinRecord& record, std::size_t side, double loss);

// The lowest loss, to two digits, that every side with a curve has reached; nothing if there is none, or if
// a side started below it.
std::optional<double> commonTarget(const TwinRecord& record);

// The record's target if set, otherwise the common one.
std::optional<double> targetOf(const TwinRecord& record);

// "To reach a loss of 0.5: cpu 12.1 s / 420 J, gpu 1.3 s / 260 J"; uses targetOf().
std::string targetSentence(const TwinRecord& record);

std::string moneyText(const Tariff& tariff, const Money& cost);

}  // namespace tandem
