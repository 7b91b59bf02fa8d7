// A race: every side of a twin run trains independently at full speed on a separate thread, and is recorded
// like any run.
#pragma once

#include <atomic>

#include "core/runs/run_job.h"
#include "core/twin/twin_record.h"

namespace tandem {

struct RaceOptions {
  std::int64_t steps = 0;  // of each side; 0: the epochs of the project
  bool inTurn = false;     // one after another, so that sides on the same cores do not slow each other down
  // For the record.
  Tariff tariff;
  std::vector<double> pricesPerHour;  // of the sides' devices; may be shorter than sides
  std::optional<double> targetLoss;
};

class Race {
 public:
  // A side that cannot start (missing device, not enough memory) is left out with its error; returns an Error
  // only if no side can start.
  static Result<std::unique_ptr<Race>> create(const Project& project,
                                              const std::shared_ptr<const Dataset>& data,
                                              std::vector<SideSpec> sides, RunStore& store,
                                              const RaceOptions& options,
                                              const BackendLookup& lookup = installedBackends());
  ~Race();  // stops and joins

  void start();
  void pause();
  void resume();
  void stop();
  // Starts the next side if they run in turn, and writes the results of those that have ended. Call it
  // regularly; returns true when all have ended.
  bool poll();

  std::size_t sides() const;
  const SideSpec& spec(std::size_t side) const;
  std::optional<Error> error(std::size_t side) const;
  std::int64_t run(std::size_t side) const;  // in the store; 0: the side could not start
  // Whether its energy will be known: the device reports it, and no other side shares the device.
  bool readsEnergy(std::size_t side) const;
  Telemetry* telemetry(std::size_t side);  // nullptr: the side could not start
  // Valid after poll() has returned true.
  TwinRecord record() const;

 private:
  struct Impl;
  explicit Race(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether the CPU threads of all sides exceed the cores, so that the sides slow each other down.
bool sharesCores(const std::vector<SideSpec>& sides);

}  // namespace tandem
