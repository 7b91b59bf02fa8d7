// What a training run tells the outside, and to whom. Observers are called on the trainer's thread
// (readings: the sampler's) and must not block it: copy into a ring and return. Values are ready to show:
// roots (RMSE) are taken.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
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
  double wallSeconds = 0;     // since the start of training, pauses left out
  float stepSeconds = 0;      // this step: submit to result
  float dataWaitSeconds = 0;  // waited for the loader
};

struct EpochRecord {
  std::int32_t epoch = 0;
  std::int64_t step = 0;                         // last step of the epoch
  std::array<float, kReportSlots> train{};       // means over the epoch
  std::array<float, kReportSlots> validation{};  // on the validation part
  bool hasValidation = false;
  double seconds = 0;  // of the epoch, evaluation included
  double trainSeconds = 0;
  double samplesPerSecond = 0;  // training only
};

enum class TrainState : std::uint8_t { Preparing, Running, Paused, Evaluating, Finished, Stopped, Failed };
std::string_view nameOf(TrainState state);

enum class EventKind : std::uint8_t { State, Epoch, Checkpoint, LearningRate, TestResult, Note, Error };

struct TrainEvent {
  EventKind kind = EventKind::Note;
  TrainState state = TrainState::Preparing;  // State
  EpochRecord epoch;                         // Epoch; TestResult puts the test values in epoch.validation
  std::string text;                          // Checkpoint: path; LearningRate, Note: words
  Error error;                               // Error
  double rate = 0;                           // LearningRate: the base rate from the next step on
  bool byHand = false;                       // LearningRate: a person changed it, not the schedule
  std::int64_t step = 0;                     // steps done by then
  double wallSeconds = 0;
};

// Seconds a step by part and by layer, sampled now and then; memory by class.
struct ProfileRecord {
  std::int64_t step = 0;
  double forward = 0, backward = 0, update = 0;
  double transfer =
      0;  // the batch to the device; runs beside the step before it. 0: the device has the host's memory
  double telemetry = 0;  // what a step's observers took, on average since the last profile
  struct LayerTime {
    std::string layer;
    double forward = 0, backward = 0;
  };
  std::vector<LayerTime> layers;
  MemoryUse memory;
};

// What the device did, about ten times a second (device_sampler.h).
struct ReadingRecord {
  double wallSeconds = 0;  // as in StepRecord
  DeviceReading device;
  std::optional<double> joules;  // taken by the device since this run started, pauses left out
};

class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void onStart(const Plan& plan) = 0;  // once, before the first step
  virtual void onStep(const StepRecord& record) = 0;
  virtual void onEvent(const TrainEvent& event) = 0;  // never dropped
  virtual void onProfile(const ProfileRecord& record) = 0;
  // On a thread of its own, between onStart() and the event of the last state; not while paused.
  virtual void onReading(const ReadingRecord&) {}
};

}  // namespace tandem
