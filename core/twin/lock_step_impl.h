// Lock-step's inside: the sides and what they share (lock_step.cpp), the search for causes (cause.cpp).
#pragma once

#include "core/train/blocks.h"
#include "core/train/schedule.h"
#include "core/train/step_values.h"
#include "core/twin/lock_step.h"

namespace tandem {

// What a training step changes for good.
struct SavedBlocks {
  std::vector<std::byte> parameters, optimizer, states;
};

struct TwinSide {
  SideSpec spec;
  Backend* backend = nullptr;
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<Session> session;
  std::vector<Probe> probes;
  int lossSlot = 0;
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
  bool bytes = false;  // in which form all sides get their batches: as any of them wants
  std::unique_ptr<BatchLoader> loader;
  const Batch* batch = nullptr;  // of the next step, once it was looked at
  std::int64_t step = 0;         // done

  Status openSide(const Project& project, TwinSide& side);
  const Batch& nextBatch();
  StepInputs inputs();
  Status rehearse(TwinSide& side, const SavedBlocks& blocks);
  Result<std::vector<float>> tensorOf(TwinSide& side, const Probe& probe, const SavedBlocks& before) const;
  Result<std::vector<TensorParity>> compareTensors(TwinSide& side, const SavedBlocks& before);
};

// Marks what rounding cannot explain.
void classify(SideParity& parity);

}  // namespace tandem
