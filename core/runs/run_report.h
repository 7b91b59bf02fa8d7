// Recorded runs as one HTML page that needs nothing else: curves, results, speed, settings, network, data,
// environment and events of each; of several, side by side, with what differs marked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/runs/run_charts.h"
#include "core/runs/run_facts.h"

namespace tandem {

// A report of a run in the making: only what the page shows is kept, so that long runs need not be in memory
// at once.
class RunReport {
 public:
  static constexpr std::size_t kMostRuns = 50;

  void add(const RecordedRun& run);
  std::string page() const;  // of at least one run

 private:
  struct Entry {
    std::string name;
    std::string words;    // HTML: tags and notes
    std::string network;  // HTML: its layers
    std::string events;   // HTML
    std::vector<RunFacts> facts;
  };
  std::string title(std::size_t k) const;  // HTML: its name, with its colour where there are several
  std::string facts() const;
  std::string networks() const;

  std::vector<Entry> entries_;
  std::vector<ChartedRun> charts_;
};

// The page. Any thread; runs are read one after the other. Errors: a run is not there, none or more than
// kMostRuns.
Result<std::string> runReport(const RunStore& store, std::span<const std::int64_t> ids);
Status writeRunReport(const RunStore& store, std::span<const std::int64_t> ids,
                      const std::filesystem::path& file);

}  // namespace tandem
