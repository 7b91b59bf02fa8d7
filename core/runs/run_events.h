// The events of a run: which of a training's are kept, and how people read them.
#pragma once

#include "core/runs/run_store.h"

namespace tandem {

// What the record keeps of it. Nothing: states but pauses, epochs and results, which are kept elsewhere.
std::optional<RunEvent> runEvent(const TrainEvent& event);

// "learning rate set to 0.01", "error: disk full".
std::string textOf(const RunEvent& event);

}  // namespace tandem
