// What is kept of a twin run: all that its tables, plots and report show, in one JSON file that also opens
// on another machine.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/runs/run_store.h"
#include "core/twin/calibration.h"
#include "core/twin/lock_step.h"
#include "core/twin/timing.h"

namespace tandem {

struct TwinCurve {
  std::vector<std::int64_t> steps;
  std::vector<double> seconds;  // since the side started, pauses left out
  std::vector<double> loss;
  std::vector<double> joules;  // taken by the device so far; NaN: not known; empty where it was not measured
};

struct TwinSideRecord {
  std::string label;
  std::string device;    // its id: "cpu", "cuda:0"
  std::string error;     // why it failed; empty
  std::int64_t run = 0;  // of a race: its record in the RunStore
  std::int64_t batch = 0;
  StepTiming timing;
  double dataWait = 0;           // median seconds a step waited for its batch
  ProfileRecord profile;         // medians
  std::vector<LayerRate> rates;  // of the profile's layers
  double forecast = 0;           // seconds a step, from the calibration; 0: there is none
  TwinCurve curve;               // at most kMaxCurvePoints, evenly thinned
  std::string metricName;
  double metric = -1;  // on the test part; -1: none
  // Of the device, over the whole run; -1 where it was not measured, and why.
  double joules = -1, meanWatts = -1;
  double utilization = -1;                 // [0, 1], mean
  double firstClock = -1, lastClock = -1;  // Hz, medians of the first and the last third of the readings
  std::string noEnergy;
  double pricePerHour = 0;  // of the device, in the tariff's currency; 0: not said
};

// What electricity costs here.
struct Tariff {
  double perKwh = 0.30;
  std::string currency = "EUR";
};

struct TwinCause {
  std::int64_t step = 0;
  std::size_t side = 0;
  Cause cause;
};

struct TwinRecord {
  std::string name;     // of the project
  std::string mode;     // "lock-step" or "race"
  std::string started;  // ISO 8601, UTC
  std::uint64_t seed = 0;
  std::int64_t batch = 0;
  std::int64_t samples = 0;  // of the training part: an epoch; 0: not known
  std::vector<std::pair<std::string, std::string>> environment;
  std::string project;  // JSON
  std::vector<TwinSideRecord> sides;
  Tariff tariff;
  // The loss to compare at; NaN: the lowest that all sides came to (core/twin/target.h).
  double targetLoss = std::numeric_limits<double>::quiet_NaN();
  // Meanwhile, of this machine's processors; -1: not measured.
  double others = -1;                // [0, 1]: taken by other programs
  double window = -1;                // of one processor: taken by the window to show it
  std::vector<ParityRecord> parity;  // without profiles: the sides have them
  std::vector<TwinCause> causes;
};

// Of a side against side 0, by the sample.
SpeedUp speedUp(const TwinRecord& record, std::size_t side);

inline constexpr std::size_t kMaxCurvePoints = 4000;
TwinCurve thinned(const TwinCurve& curve, std::size_t points = kMaxCurvePoints);

// Times, curve and profile of a recorded run.
TwinSideRecord sideRecord(const RunCurves& curves);

// Adds what a side's plan and calibration say: rates by layer, the forecast.
void addRates(TwinSideRecord& side, const Plan& plan, Backend& backend);

// Readers treat the file as hostile. Errors name the place in the file.
std::string toJson(const TwinRecord& record);
Result<TwinRecord> twinFromJson(std::string_view text, std::string_view source);
Status saveTwin(const TwinRecord& record, const std::filesystem::path& file);
Result<TwinRecord> loadTwin(const std::filesystem::path& file);

}  // namespace tandem
