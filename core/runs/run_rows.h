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
// With their matrices.
Status writeEpochs(sqlite::Database& database, std::int64_t run, const std::vector<EpochRecord>& epochs);
// epoch: 0 for the test set. One per ReportMatrix of the run.
Status writeMatrices(sqlite::Database& database, std::int64_t run, std::int32_t epoch,
                     const std::vector<ClassCounts>& matrices);
Status writeProfiles(sqlite::Database& database, std::int64_t run,
                     const std::vector<ProfileRecord>& profiles);
// Of each four of the older epochs, keeps the two with the least and the greatest loss, and the one called `best`.
// Returns how many are left.
Result<std::int64_t> thinEpochs(sqlite::Database& database, std::int64_t run, int lossSlot,
                                std::int32_t best);
// Keeps the matrices of every other epoch, and those of the last one, the one called `best` and the test set.
Status thinMatrices(sqlite::Database& database, std::int64_t run, std::int32_t best);
// Keeps every other profile.
Status thinProfiles(sqlite::Database& database, std::int64_t run);
// number: index of the first one among the run's events.
Status writeEvents(sqlite::Database& database, std::int64_t run, std::int64_t number,
                   const std::vector<RunEvent>& events);

Status writeReadings(sqlite::Database& database, std::int64_t run, std::int64_t number,
                     const std::vector<ReadingRecord>& readings);

// Errors: damaged rows. A run that is missing or in the trash gives empty curves.
Result<std::optional<RunCurves>> readCurves(sqlite::Database& database, std::int64_t run);

// Adds the packed counts of an epoch, or of the test set for 0, to curves that have its record and description. Errors:
// they do not, or the counts are damaged.
Status addMatrix(RunCurves& curves, std::int32_t epoch, std::int64_t number, std::string_view blob);

// Number of values written per step: the largest slot plus one.
int valueCount(const std::vector<ReportSlot>& slots);

}  // namespace tandem
