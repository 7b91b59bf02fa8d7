// Copies between a session's blocks and named arrays.
#pragma once

#include "core/runtime/backend.h"
#include "core/train/checkpoint.h"

namespace tandem {

// Writes initial weights and statistics, and a zero optimizer state.
Status writeInitialBlocks(const Plan& plan, Session& session);

// Writes the arrays of a checkpoint. Names and shapes must match the plan; Errors name the array.
Status writeBlocks(const Plan& plan, Session& session, const Checkpoint& checkpoint);

// Fills parameters, states and optimizer. A non-finite weight is an Error{Numeric}: such a checkpoint would
// be useless and must not replace a good one.
Status readBlocks(const Plan& plan, Session& session, Checkpoint& checkpoint);

// Checks that a run of `saved` can be resumed as `requested`: network, data, batch size, seed, loss and
// optimizer must be equal; epochs, learning rate, schedule, device and so on may differ.
Status checkResumable(const Project& saved, const Project& requested, const std::filesystem::path& file);

}  // namespace tandem
