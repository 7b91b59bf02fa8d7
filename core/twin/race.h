// A race: every side of a twin trains on its own, at its own speed, on its own thread, and is recorded
// like any run.
#pragma once

#include <atomic>

#include "core/runs/run_store.h"
#include "core/train/telemetry.h"
#include "core/twin/twin_record.h"

namespace tandem {

struct RaceOptions {
  std::int64_t steps = 0;  // of each side; 0: as many epochs as the project says
  bool inTurn = false;     // one after another, so that sides on the same cores do not slow each other
  // For the record.
  Tariff tariff;
  std::vector<double> pricesPerHour;  // of the sides' devices; may be shorter
  double targetLoss = std::numeric_limits<double>::quiet_NaN();
};

class Race {
 public:
  // A side that cannot start (no such device, not enough memory) is left out with its error; an Error
  // only if no side can.
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
  // Starts the next side when they run in turn, writes the result of those that have ended. Call it now
  // and then; true: all have ended.
  bool poll();

  std::size_t sides() const;
  const SideSpec& spec(std::size_t side) const;
  std::optional<Error> error(std::size_t side) const;
  std::int64_t run(std::size_t side) const;  // in the store; 0: it could not start
  // Its energy will be known: the device tells it, and no other side runs there at the same time.
  bool readsEnergy(std::size_t side) const;
  Telemetry* telemetry(std::size_t side);          // nullptr: it could not start
  const Trainer* trainer(std::size_t side) const;  // nullptr: it could not start
  // After poll() said that all have ended.
  TwinRecord record() const;

 private:
  struct Impl;
  explicit Race(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Threads of the sides' CPUs together, against the cores there are: more means that they slow each other.
bool sharesCores(const std::vector<SideSpec>& sides);

}  // namespace tandem
