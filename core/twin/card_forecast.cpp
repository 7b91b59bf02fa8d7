#include "core/twin/card_forecast.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "core/ops/conv2d.h"
#include "core/ops/conv2d_dgrad.h"
#include "core/ops/conv2d_wgrad.h"
#include "core/runtime/gpu_budget.h"
#include "core/runtime/precisions.h"

namespace tandem {
namespace {

// The fast end. Small tensors stay in the L2 cache.
constexpr double kFastLaunch = 1.5e-6;                               // seconds of a kernel in a CUDA graph
constexpr double kCacheFactor = 3, kCached = 4e6, kUncached = 64e6;  // times the bandwidth, and bytes moved
// The slow end. On one H200, large products in bf16 reached 80% of the data sheet's rate and copies 90%; small and
// oddly shaped operands reach less.
constexpr double kSlowLaunch = 6e-6;
constexpr double kSlowProduct = 0.4, kSlowBandwidth = 0.7;
constexpr double kSlowOther = 0.05;      // of the fp32 rate: ops without tensor cores, such as attention
constexpr double kProductDelay = 10e-6;  // until a product has filled the card
constexpr double kReductionLength = 64;  // of a convolution at half of its rate: short sums are inefficient

RateCurve curveOf(std::vector<double> sizes, const auto& rate) {
  RateCurve curve;
  for (const double size : sizes) curve.rates.push_back(rate(size));
  curve.sizes = std::move(sizes);
  return curve;
}

bool isConvolution(const OpDef* op) {
  return op == &ops::conv2d || op == &ops::conv2d_dgrad || op == &ops::conv2d_wgrad;
}

using Plans = std::map<std::tuple<Precision, std::size_t, std::size_t>, Result<std::shared_ptr<const Plan>>>;

}  // namespace

Calibration cardCalibration(const Card& card, Precision precision, CardEnd end) {
  const double peak = card.flops(precision);
  TANDEM_CHECK(peak > 0 && card.bandwidth > 0 && card.fp32 > 0, "a card with known rates");
  Calibration c;
  c.machine = card.name;
  if (end == CardEnd::Fast) {
    c.matmul = c.conv2d = c.conv2dDgrad = c.conv2dWgrad = {{1}, {peak}};
    c.stream = {{kCached, kUncached}, {kCacheFactor * card.bandwidth, card.bandwidth}};
    c.overhead = kFastLaunch;
    c.otherFlops = card.fp32;
    return c;
  }
  const double slow = kSlowProduct * peak;
  c.matmul = curveOf({1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14},
                     [&](double flops) { return flops / (flops / slow + kProductDelay); });
  c.conv2d = curveOf({9, 27, 64, 144, 288, 576, 1152, 4608},
                     [&](double length) { return slow * length / (length + kReductionLength); });
  c.conv2dDgrad = c.conv2dWgrad = c.conv2d;
  c.stream = {{1}, {kSlowBandwidth * card.bandwidth}};
  c.overhead = kSlowLaunch;
  c.otherFlops = kSlowOther * card.fp32;
  return c;
}

std::string_view cardAssumptions() {
  return "Times are ranges from the card's data sheet, not measurements. The fast end assumes its full rates, and 1.5 us per "
         "kernel; the slow end 40% of the rate of products (less for small ones), 5% of the fp32 rate for attention and "
         "recurrent layers, 70% of the memory bandwidth, and 6 us per kernel. Loading the data is not included.";
}

double CardTime::typical() const {
  return std::sqrt(fastest * slowest);
}

std::vector<DeviceInfo> CardBackend::devices() {
  DeviceInfo info;
  info.id = kDevice;
  info.name = card_.name;
  info.totalBytes = info.freeBytes = card_.usableBytes();
  info.precisions = gpuPrecisions(card_.capability);
  return {info};
}

Error CardBackend::absent() const {
  return {ErrorCode::Unsupported, "this card is not in this machine", card_.name, {}};
}

Result<std::unique_ptr<Sensor>> CardBackend::sensor(const std::string&) {
  return absent();
}

std::size_t CardBackend::contextBytes(const std::string&) {
  return assumedContextBytes(card_.capability / 10);
}

// The fast algorithms for convolutions copy their operands to another layout.
Result<KernelChoice> CardBackend::choose(const DeviceOptions&, const OpCall& call) {
  KernelChoice choice{std::string(kDevice), 0, {}};
  if (!isConvolution(call.op)) return choice;
  for (const auto* types : {&call.inputs, &call.outputs})
    for (const TensorType& type : *types)
      if (present(type)) choice.workspaceBytes += type.bytes();
  choice.workspaceBytes = std::min(choice.workspaceBytes, workspaceLimit(card_.usableBytes()));
  return choice;
}

Result<std::unique_ptr<Session>> CardBackend::open(std::shared_ptr<const Plan>, const Cancelled&) {
  return absent();
}

Result<double> CardBackend::runOp(const DeviceOptions&, const OpCall&, std::string_view,
                                  std::span<const Tensor* const>, std::span<Tensor* const>, int) {
  return absent();
}

Result<std::vector<CardForecast>> forecastCards(const Network& network, const TrainingConfig& training,
                                                const DatasetInfo& data, std::span<const Card> cards,
                                                const Cancelled& cancelled) {
  Plans plans;  // cards differ in little that a plan depends on
  std::vector<CardForecast> list;
  for (const Card& card : cards) {
    CardForecast& forecast = list.emplace_back();
    forecast.card = card;
    forecast.batch = training.batch;
    if (card.capability < kOldestCapability) {
      forecast.problem = "CUDA 13 needs compute capability 7.5 (Turing) or higher";
      continue;
    }
    CardBackend backend(card);
    for (const PrecisionOffer& offer : gpuPrecisions(card.capability)) {
      TANDEM_TRY(checkCancelled(cancelled));
      CardTime& time = forecast.times.emplace_back();
      time.precision = offer.precision;
      if (card.flops(offer.precision) <= 0) {
        time.problem = "the list of cards does not state its rate in this precision";
        continue;
      }
      TrainingConfig there = training;
      there.device = {};
      there.device.device = CardBackend::kDevice;
      there.device.precision = offer.precision;
      there.device.deterministic = training.device.deterministic;
      const std::tuple key(offer.precision, workspaceLimit(card.usableBytes()), backend.contextBytes({}));
      auto known = plans.find(key);
      if (known == plans.end())
        known = plans.emplace(key, compile(network, there, data, backend, {.cancelled = cancelled})).first;
      if (!known->second.ok()) {
        if (known->second.error().code == ErrorCode::Cancelled) return known->second.error();
        time.problem = known->second.error().text();
        continue;
      }
      const Plan& plan = **known->second;
      const auto secondsOf = [&](CardEnd end) {
        const ProfileRecord step = forecastStep(plan, cardCalibration(card, offer.precision, end));
        return step.forward + step.backward + step.update;
      };
      time.fastest = secondsOf(CardEnd::Fast);
      time.slowest = secondsOf(CardEnd::Slow);
      StepBounds bounds = forecastBounds(plan, cardCalibration(card, offer.precision, CardEnd::Fast));
      const StepBounds slow = forecastBounds(plan, cardCalibration(card, offer.precision, CardEnd::Slow));
      bounds.compute += slow.compute;
      bounds.memory += slow.memory;
      bounds.launch += slow.launch;
      time.bound = bounds.longest();
      time.memory = plan.forecast;
      time.fits = checkFits(plan, backend).ok();
      if (!time.fits) time.largestBatch = largestFittingBatch(network, there, data, backend);
    }
  }
  return list;
}

}  // namespace tandem
