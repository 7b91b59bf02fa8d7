// What a run is and came to, as labels and values for reports: the numbers of its record, unrounded but for
// six digits.
#pragma once

#include "core/runs/run_store.h"

namespace tandem {

struct RunFact {
  std::string label, value;
  bool number = false;
};

struct RunFacts {
  std::string title;
  bool given = false;  // chosen before the run, so that a difference may explain one of the results
  std::vector<RunFact> facts;
};

// Results, speed, settings, network, data, environment. project: of run.info, if it can be read.
std::vector<RunFacts> factsOf(const RecordedRun& run, const std::optional<Project>& project);

// Six digits; "not a number", "infinite".
std::string numberText(double value);

}  // namespace tandem
