// The database rows of a run: written by the recorder and by imports, read for curves.
#pragma once

#include "core/runs/run_store.h"
#include "core/runs/sqlite.h"

namespace tandem {

// Writes up to kStepsPerBlob packed steps (schema.h) starting at `first`, replacing a blob with the same key.
Status writeSteps(sqlite::Database& database, std::int64_t run, std::int64_t first, int values,
                  std::string_view blob);
// The same for summaries of steps.
Status writeSpans(sqlite::Database& database, std::int64_t run, std::int64_t first, int values,
                  std::string_view blob);
Status writeEpochs(sqlite::Database& database, std::int64_t run, const std::vector<EpochRecord>& epochs);
Status writeProfiles(sqlite::Database& database, std::int64_t run,
                     const std::vector<ProfileRecord>& profiles);
// Of each four of the older epochs, keeps the two with the least and the greatest loss, and the one called `best`.
// Returns how many are left.
Result<std::int64_t> thinEpochs(sqlite::Database& database, std::int64_t run, int lossSlot,
                                std::int32_t best);
// Keeps every other profile.
Status thinProfiles(sqlite::Database& database, std::int64_t run);
// number: index of the first one among the run's events.
Status writeEvents(sqlite::Database& database, std::int64_t run, std::int64_t number,
                   const std::vector<RunEvent>& events);

Status writeReadings(sqlite::Database& database, std::int64_t run, std::int64_t number,
                     const std::vector<ReadingRecord>& readings);

// Errors: damaged rows. A run that is missing or in the trash gives empty curves.
Result<std::optional<RunCurves>> readCurves(sqlite::Database& database, std::int64_t run);

// Number of values written per step: the largest slot plus one.
int valueCount(const std::vector<ReportSlot>& slots);

}  // namespace tandem
