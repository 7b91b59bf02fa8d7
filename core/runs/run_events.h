// The events of a run: which training events are recorded, and their text.
#pragma once

#include "core/runs/run_store.h"

namespace tandem {

// The recorded form of an event. Absent for epochs, results and states other than pauses, which are stored
// elsewhere.
std::optional<RunEvent> runEvent(const TrainEvent& event);

// "learning rate set to 0.01", "error: disk full".
std::string textOf(const RunEvent& event);

}  // namespace tandem
