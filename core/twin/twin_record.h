// The record of a twin run: everything that its tables, plots and report show, in one portable JSON file.
#pragma once

#include <filesystem>
#include <optional>
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
  std::vector<double> seconds;  // since the side started, without pauses
  std::vector<double> loss;
  std::vector<double> joules;  // used by the device so far; NaN: unknown; empty if not measured
};

struct TwinSideRecord {
  std::string label;
  std::string device;    // its id: "cpu", "cuda:0"
  std::string error;     // why it failed, or empty
  std::int64_t run = 0;  // in a race: its record in the RunStore
  std::int64_t batch = 0;
  StepTiming timing;
  double dataWait = 0;             // median seconds a step waited for its batch
  ProfileRecord profile;           // medians
  std::vector<LayerRate> rates;    // of the profile's layers
  std::optional<double> forecast;  // seconds per step, from the calibration
  TwinCurve curve;                 // at most kMaxCurvePoints, evenly thinned
  std::string metricName;
  std::optional<double> metric;  // on the test set
  // Of the device, over the complete run, if measured.
  std::optional<double> joules, meanWatts;
  std::optional<double> utilization;            // [0, 1], mean
  std::optional<double> firstClock, lastClock;  // Hz, medians of the first and the last third of the readings
  std::string noEnergy;                         // why the energy was not measured
  double pricePerHour = 0;                      // of the device, in the tariff's currency; 0: not given
};

// The local price of electricity.
struct Tariff {
  double perKwh = 0.30;
  std::string currency = "EUR";
};

struct TwinCause {
  std::int64_t step = 0;
  std::size_t side = 0;
  Cause cause;
};

// Side by side on the same batches, compared tensor by tensor; or independently at full speed.
enum class TwinMode : std::uint8_t { LockStep, Race };
inline constexpr int kTwinModes = 2;
std::string_view nameOf(TwinMode mode);  // "lock-step", "race"

struct TwinRecord {
  std::string name;  // of the project
  TwinMode mode = TwinMode::LockStep;
  std::string started;  // ISO 8601, UTC
  std::uint64_t seed = 0;
  std::int64_t batch = 0;
  std::int64_t samples = 0;  // per epoch (training set); 0: unknown
  std::vector<std::pair<std::string, std::string>> environment;
  std::string project;  // JSON
  std::vector<TwinSideRecord> sides;
  Tariff tariff;
  std::optional<double> targetLoss;  // to compare at; absent: the lowest that all sides reached (target.h)
  // Load on this machine's CPU during the run, if measured.
  std::optional<double> others;      // [0, 1]: used by other programs
  std::optional<double> window;      // of one core: used by the window to display the run
  std::vector<ParityRecord> parity;  // without profiles, which the sides contain
  std::vector<TwinCause> causes;
};

// The speed of a side relative to side 0, per sample.
SpeedUp speedUp(const TwinRecord& record, std::size_t side);

inline constexpr std::size_t kMaxCurvePoints = 4000;
TwinCurve thinned(const TwinCurve& curve, std::size_t points = kMaxCurvePoints);

// Times, curve and profile of a recorded run.
TwinSideRecord sideRecord(const RunCurves& curves);

// Adds the values derived from a side's plan and calibration: rates by layer and the forecast.
void addRates(TwinSideRecord& side, const Plan& plan, Backend& backend);

// Readers treat the file as untrusted. Errors name the place in the file.
std::string toJson(const TwinRecord& record);
Result<TwinRecord> twinFromJson(std::string_view text, std::string_view source);
Status saveTwin(const TwinRecord& record, const std::filesystem::path& file);
Result<TwinRecord> loadTwin(const std::filesystem::path& file);

}  // namespace tandem
