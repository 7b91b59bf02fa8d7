// Copies between a session's blocks and named arrays.
#pragma once

#include "core/runtime/backend.h"
#include "core/train/checkpoint.h"

namespace tandem {

// Writes initial weights and statistics, and a zero optimizer state, a part at a time: a copy of large blocks may not
// fit beside them.
Status writeInitialBlocks(const Plan& plan, Session& session, const Cancelled& cancelled = {});

// The averaged weights of a plan that has them begin as the weights, which must have been written.
Status startAverage(const Plan& plan, Session& session);

// Writes the arrays of a checkpoint. Names and shapes must match the plan; Errors name the array.
Status writeBlocks(const Plan& plan, Session& session, const Checkpoint& checkpoint);

// Writes weights alone, for an evaluation, also as the averaged ones: the state of the optimizer no longer belongs to
// them.
Status writeWeights(const Plan& plan, Session& session, const std::vector<NamedArray>& parameters,
                    const std::vector<NamedArray>& states);

// Reads weights alone: the averaged ones if the plan has them. Errors as below.
Status readWeights(const Plan& plan, Session& session, std::vector<NamedArray>& parameters,
                   std::vector<NamedArray>& states);

// Fills parameters, states and optimizer. A non-finite weight is an Error{Numeric}: such a checkpoint would
// be useless and must not replace a good one.
Status readBlocks(const Plan& plan, Session& session, Checkpoint& checkpoint);

// Checks that a run of `saved` can be resumed as `requested`: network, data, batch size, batches per update, seed, loss
// and optimizer must be equal; epochs, learning rate, schedule, device and so on may differ.
Status checkResumable(const Project& saved, const Project& requested, const std::filesystem::path& file);

// Checks that resuming would train: not all epochs are complete, and the run was not stopped early.
Status checkEpochsLeft(const Checkpoint& checkpoint, const TrainingConfig& training,
                       const std::filesystem::path& file);

}  // namespace tandem
