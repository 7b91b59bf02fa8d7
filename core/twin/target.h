// What it takes to come to a loss: steps, time, energy and money, from the curves of a twin's record.
//
// The loss of single steps jumps, so that a lucky batch would reach any target. What counts is the moving
// average (exponential, over kSmoothSteps steps, without the bias of its start), the same for every side and
// the one that the lab draws.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/twin/twin_record.h"

namespace tandem {

// What the losses of sides can be drawn over.
enum class CurveAxis : std::uint8_t { Step, Epoch, Seconds, Joules, Money };
inline constexpr std::size_t kCurveAxes = 5;

// x of each point of the side's curve; empty where it is not known.
std::vector<double> axisColumn(const TwinRecord& record, std::size_t side, CurveAxis axis);

// Of a side with this batch; 0: not known.
std::int64_t stepsPerEpoch(const TwinRecord& record, std::size_t side);

struct Money {
  double amount = 0;    // in the tariff's currency
  bool energy = false;  // has the price of the energy in it
  bool device = false;  // has the price of the device's hours in it
};

// joules: nothing where they were not measured. Nothing: neither energy nor a price of the device is known.
std::optional<Money> moneyOf(const Tariff& tariff, double pricePerHour, double seconds,
                             std::optional<double> joules);

struct TargetReach {
  std::int64_t step = 0;
  double seconds = 0;
  std::optional<double> joules;
  std::optional<Money> money;
};

inline constexpr double kSmoothSteps = 20;
// Losses that are no numbers are left out of the average and come out as NaN.
std::vector<double> smoothedLoss(const TwinCurve& curve, double steps = kSmoothSteps);

// Where the average is first at or below the loss; nothing: never.
std::optional<TargetReach> reach(const TwinRecord& record, std::size_t side, double loss);

// The lowest loss, to two digits, that every side with a curve has come to; nothing when there is none, or
// when a side was there from the start.
std::optional<double> commonTarget(const TwinRecord& record);

// The record's own target, else the common one.
std::optional<double> targetOf(const TwinRecord& record);

// "to reach loss 0.5: cpu 12.1 s / 420 J, gpu 1.3 s / 260 J"; the record's target, else the common one.
std::string targetSentence(const TwinRecord& record);

std::string joulesText(double joules);  // "0.42 J", "4.2 kJ"
std::string moneyText(const Tariff& tariff, const Money& cost);

}  // namespace tandem
