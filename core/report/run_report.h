// Recorded runs as one self-contained HTML page: curves, results, speed, settings, network, data, environment
// and events of each. Several runs are shown side by side with their differences marked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/report/run_charts.h"
#include "core/runs/run_facts.h"

namespace tandem {

// A report under construction. Only what the page shows is stored, so that long runs need not be in memory
// at the same time.
class RunReport {
 public:
  static constexpr std::size_t kMaxRuns = 50;

  void add(const RecordedRun& run);
  std::string page() const;  // needs at least one run

 private:
  struct Entry {
    std::string name;
    std::string words;    // HTML: tags and notes
    std::string network;  // HTML: its layers
    std::string events;   // HTML
    std::string classes;  // HTML: confusion matrices; empty without any
    std::vector<RunFacts> facts;
  };
  std::string title(std::size_t k) const;  // HTML: the name, with its colour if there are several runs
  std::string classes() const;
  std::string facts() const;
  std::string networks() const;

  std::vector<Entry> entries_;
  std::vector<ChartedRun> charts_;
};

// Builds the page. Callable from any thread; runs are read one after another. Errors: a missing run, no runs,
// or more than kMaxRuns.
Result<std::string> runReport(const RunStore& store, std::span<const std::int64_t> ids);
Status writeRunReport(const RunStore& store, std::span<const std::int64_t> ids,
                      const std::filesystem::path& file);

}  // namespace tandem
