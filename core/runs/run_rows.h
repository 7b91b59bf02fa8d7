// The rows of a run in the database: written by the recorder and by an import, read for curves.
#pragma once

#include "core/runs/run_store.h"
#include "core/runs/sqlite.h"

namespace tandem {

// Up to kStepsPerBlob packed steps (schema.h), the first of which is `first`. Replaces a blob of that first.
Status writeSteps(sqlite::Database& database, std::int64_t run, std::int64_t first, int values,
                  std::string_view blob);
Status writeEpochs(sqlite::Database& database, std::int64_t run, const std::vector<EpochRecord>& epochs);
Status writeProfiles(sqlite::Database& database, std::int64_t run,
                     const std::vector<ProfileRecord>& profiles);
// number: of the first one among the run's events.
Status writeEvents(sqlite::Database& database, std::int64_t run, std::int64_t number,
                   const std::vector<RunEvent>& events);

Status writeReadings(sqlite::Database& database, std::int64_t run, std::int64_t number,
                     const std::vector<ReadingRecord>& readings);

// Errors: damaged rows. A run that is not there, or in the trash: nothing.
Result<std::optional<RunCurves>> readCurves(sqlite::Database& database, std::int64_t run);

// Numbers of a step that are written: one more than the largest slot.
int valueCount(const std::vector<ReportSlot>& slots);

}  // namespace tandem
