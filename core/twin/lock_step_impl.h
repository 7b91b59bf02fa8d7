// Implementation of lock-step: the sides and their shared state (lock_step.cpp), causes (cause.cpp).
#pragma once

#include "core/train/blocks.h"
#include "core/train/initial_weights.h"
#include "core/train/loss_watch.h"
#include "core/train/step_values.h"
#include "core/twin/lock_step.h"

namespace tandem {

// The persistent state that a training step changes.
struct SavedBlocks {
  std::vector<std::byte> parameters, optimizer, states;
};

struct TwinSide {
  SideSpec spec;
  Backend* backend = nullptr;
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<Session> session;
  std::vector<Probe> probes;
  float lossScale = 1;  // of the last rehearsal; a power of two
  std::optional<Error> error;

  Status save(SavedBlocks& blocks) const;
  Status load(const SavedBlocks& blocks);
  Result<StepReport> run(const StepInputs& inputs);
  const Probe* find(const TensorParity& tensor) const;
};

struct LockStep::Impl {
  std::shared_ptr<const Dataset> data;
  TrainingConfig training;
  std::vector<TwinSide> sides;
  std::vector<std::string> notes;
  bool bytes = false;  // whether all sides get batches as bytes: if any side supports it
  std::unique_ptr<BatchLoader> loader;
  const Batch* batch = nullptr;  // of the next step, once fetched
  std::int64_t step = 0;         // completed

  Status openSide(const Project& project, TwinSide& side, const InitialWeights* initial);  // nullptr: none
  const Batch& nextBatch();
  StepInputs inputs();
  StepInputs rehearsalInputs();
  Status rehearse(TwinSide& side, const SavedBlocks& blocks);
  Result<std::vector<float>> tensorOf(TwinSide& side, const Probe& probe, const SavedBlocks& before) const;
  Result<std::vector<TensorParity>> compareTensors(TwinSide& side, const SavedBlocks& before);
};

// Marks differences that rounding cannot explain.
void classify(SideParity& parity);

}  // namespace tandem
