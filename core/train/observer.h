// The records of a training run and the interface of their observers. Observers are called on the trainer's
// thread (readings: on the sampler's) and must not block it: copy into a ring and return. Values are ready
// for display: square roots (RMSE) are taken.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/runtime/plan.h"
#include "core/runtime/sensor.h"

namespace tandem {

struct StepRecord {
  std::int64_t step = 0;   // optimizer steps since the start of the run, from 1
  std::int32_t epoch = 0;  // from 1
  std::int32_t rows = 0;
  std::array<float, kReportSlots> values{};  // by ReportSlot::slot
  float learningRate = 0;
  double wallSeconds = 0;     // since the start of training, without pauses
  float stepSeconds = 0;      // this step: submit to result
  float dataWaitSeconds = 0;  // time spent waiting for the loader
};

struct EpochRecord {
  std::int32_t epoch = 0;
  std::int64_t step = 0;                         // last step of the epoch
  std::array<float, kReportSlots> train{};       // means over the epoch
  std::array<float, kReportSlots> validation{};  // on the validation set
  bool hasValidation = false;
  std::vector<ClassCounts> matrices;  // on the validation set, by Plan::matrices; empty without one
  double seconds = 0;                 // of the epoch, including evaluation
  double trainSeconds = 0;
  double samplesPerSecond = 0;  // training only
};

// The epoch with the best monitored value so far.
struct BestEpoch {
  std::int32_t epoch = 0;  // 0: not known, because no epoch is complete or an older file does not state it
  std::string metric;      // "validation loss", "training accuracy"
  double value = 0;

  bool known() const { return epoch > 0; }
  std::string text() const;  // "best epoch 2, validation loss 0.3897"
  bool operator==(const BestEpoch&) const = default;
};

enum class TrainState : std::uint8_t { Preparing, Running, Paused, Evaluating, Finished, Stopped, Failed };
std::string_view nameOf(TrainState state);

struct StateChange {
  TrainState state = TrainState::Preparing;
};
struct EpochEnd {
  EpochRecord record;
  BestEpoch best;  // so far
};
struct CheckpointWritten {
  std::filesystem::path file;
};
struct RateChange {
  double rate = 0;  // the base rate from the next step on
  std::string text;
  bool byHand = false;  // by the user, not by the schedule
};
struct TestResult {
  std::int32_t epoch = 0;  // whose weights were tested
  std::array<float, kReportSlots> values{};
  std::vector<ClassCounts> matrices;  // by Plan::matrices
};
struct Note {
  std::string text;
};

struct TrainEvent {
  using What = std::variant<StateChange, EpochEnd, CheckpointWritten, RateChange, TestResult, Note, Error>;
  std::int64_t step = 0;  // steps completed so far
  double wallSeconds = 0;
  What what;
};

// Seconds per step by part and by layer, sampled occasionally; memory by category.
struct ProfileRecord {
  std::int64_t step = 0;
  double forward = 0, backward = 0, update = 0;
  // The copy of the batch to the device, concurrent with the previous step; 0 if the device uses host memory.
  double transfer = 0;
  double telemetry = 0;  // of the observers per step, averaged since the last profile
  struct LayerTime {
    std::string layer;
    double forward = 0, backward = 0;
  };
  std::vector<LayerTime> layers;
  MemoryUse memory;
};

// A reading of the device, about ten times per second (device_sampler.h).
struct ReadingRecord {
  double wallSeconds = 0;  // as in StepRecord
  DeviceReading device;
  std::optional<double> joules;  // used by the device since this run started, without pauses
};

class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void onStart(const Plan& plan) = 0;  // once, before the first step
  virtual void onStep(const StepRecord& record) = 0;
  virtual void onEvent(const TrainEvent& event) = 0;  // never dropped
  virtual void onProfile(const ProfileRecord& record) = 0;
  // Called on a separate thread, between onStart() and the event of the final state; not while paused.
  virtual void onReading(const ReadingRecord&) {}
};

}  // namespace tandem
