// Forecasts for cards that are not in this machine: the plan and the roofline of core/twin/calibration.h, with rates from
// the data sheet instead of measured ones.
//
// Nobody has measured the card, so each time is a range. Its fast end assumes everything that the data sheet promises,
// its slow end a share of it that programs usually exceed; both are Calibrations (cardCalibration).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancelled.h"
#include "core/compile/compile.h"
#include "core/twin/calibration.h"
#include "core/twin/cards.h"

namespace tandem {

enum class CardEnd { Fast, Slow };
// The card must state its rate in that precision.
Calibration cardCalibration(const Card& card, Precision precision, CardEnd end);

// How the ends are derived, for the user.
std::string_view cardAssumptions();

// A network on a card in one precision.
struct CardTime {
  Precision precision = Precision::Fp32;
  std::string problem;              // why there is no forecast; the rest is then empty
  double fastest = 0, slowest = 0;  // seconds per step
  std::string bound;                // what takes most of them: "compute", "memory", "launch"
  MemoryUse memory;
  bool fits = false;
  std::int64_t largestBatch = 0;  // if it does not fit: the largest batch that does; 0: none

  // The geometric mean of both ends, for sorting.
  double typical() const;
};

struct CardForecast {
  Card card;
  std::string problem;          // why the card cannot be used at all
  std::vector<CardTime> times;  // of the precisions that it offers, in the order of kPrecisions
  std::int64_t batch = 0;
};

// Of all these cards. Errors: cancelled. What one card cannot do is its problem, and no error.
Result<std::vector<CardForecast>> forecastCards(const Network& network, const TrainingConfig& training,
                                                const DatasetInfo& data, std::span<const Card> cards,
                                                const Cancelled& cancelled = {});

// Backend of that card: describes it and accepts every op, so that networks can be compiled for it. It opens no session.
class CardBackend : public Backend {
 public:
  static constexpr std::string_view kDevice = "card";

  explicit CardBackend(const Card& card) : card_(card) {}

  std::string_view name() const override { return kDevice; }
  std::vector<std::pair<std::string, std::string>> facts() override { return {}; }
  std::string unusable() override { return {}; }
  std::vector<DeviceInfo> devices() override;
  Result<std::unique_ptr<Sensor>> sensor(const std::string& device) override;
  bool prefersBytes() const override { return true; }
  int depth() const override { return 2; }  // as CUDA sessions
  std::size_t contextBytes(const std::string& device) override;
  Result<KernelChoice> choose(const DeviceOptions& options, const OpCall& call) override;
  Result<std::unique_ptr<Session>> open(std::shared_ptr<const Plan> plan,
                                        const Cancelled& cancelled) override;
  Result<double> runOp(const DeviceOptions& options, const OpCall& call, std::string_view kernel,
                       std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
                       int repeat) override;
  std::vector<std::string> kernels(const OpDef&) override { return {}; }

 private:
  Error absent() const;

  Card card_;
};

}  // namespace tandem
