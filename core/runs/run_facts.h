// The settings and results of a run as labels and values for reports, with six significant digits.
#pragma once

#include "core/runs/run_store.h"

namespace tandem {

struct RunFact {
  std::string label, value;
  bool number = false;
};

struct RunFacts {
  std::string title;
  bool given = false;  // chosen before the run, so a difference may explain different results
  std::vector<RunFact> facts;
};

// Results, speed, settings, network, data, environment. project: from run.info, if readable.
std::vector<RunFacts> factsOf(const RecordedRun& run, const std::optional<Project>& project);

// Six significant digits; "not a number", "infinite".
std::string numberText(double value);

}  // namespace tandem
