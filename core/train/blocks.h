// Between a session's blocks and named arrays.
#pragma once

#include "core/runtime/backend.h"
#include "core/train/checkpoint.h"

namespace tandem {

// Initial weights and statistics; the optimizer's state is zero.
Status writeInitialBlocks(const Plan& plan, Session& session);

// The arrays of a checkpoint. Their names and shapes must be the plan's; Errors name the array.
Status writeBlocks(const Plan& plan, Session& session, const Checkpoint& checkpoint);

// Fills parameters, states and optimizer. A weight that is not finite is an Error{Numeric}: such a
// checkpoint would be of no use and must not replace a good one.
Status readBlocks(const Plan& plan, Session& session, Checkpoint& checkpoint);

// Whether `saved` may go on as `wanted`: network, data, batch, seed and optimizer must be the same;
// epochs, learning rate, schedule, device and the like may differ.
Status checkResumable(const Project& saved, const Project& wanted, const std::filesystem::path& file);

}  // namespace tandem
