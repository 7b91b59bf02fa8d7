#include "core/runs/run_rows.h"

#include <algorithm>

#include "core/runs/blob.h"
#include "core/runs/run_codec.h"
#include "core/runs/schema.h"

namespace tandem {
namespace {

// Calls `take` for every row of a query that has the run's number as its parameter.
template <class Take>
Status forRows(sqlite::Database& database, std::string_view sql, std::int64_t run, const Take& take) {
  TANDEM_ASSIGN(sqlite::Statement query, database.prepare(sql));
  query.bind(run);
  while (true) {
    TANDEM_ASSIGN(const bool more, query.next());
    if (!more) return success();
    if (Status status = take(query); !status.ok()) {
      Error error = std::move(status).error();
      if (error.where.empty()) error.where = database.file().string();
      return error;
    }
  }
}

Status readEpoch(const sqlite::Statement& row, EpochRecord& e) {
  e.epoch = static_cast<std::int32_t>(row.integer(0));
  e.step = row.integer(1);
  TANDEM_TRY(unpackFloats(row.blob(2), e.train));
  e.hasValidation = !row.isNull(3);
  TANDEM_TRY(unpackFloats(row.blob(3), e.validation));
  e.seconds = row.number(4);
  e.trainSeconds = row.number(5);
  e.samplesPerSecond = row.number(6);
  return success();
}

Status readReading(const sqlite::Statement& row, ReadingRecord& r) {
  r.wallSeconds = row.number(0);
  r.device.utilization = row.optionalNumber(1);
  r.device.watts = row.optionalNumber(2);
  r.device.celsius = row.optionalNumber(3);
  r.device.clockHz = row.optionalNumber(4);
  if (!row.isNull(5)) r.device.memoryBytes = static_cast<std::size_t>(row.integer(5));
  r.joules = row.optionalNumber(6);
  return success();
}

Status readEvent(const sqlite::Statement& row, RunEvent& event) {
  const std::string kind = row.text(2);
  int k = 0;
  while (k < kRunEventKinds && nameOf(static_cast<RunEventKind>(k)) != kind) ++k;
  if (k == kRunEventKinds) return invalid("the record of the run's events is damaged");
  event = {row.integer(0), row.number(1), static_cast<RunEventKind>(k), row.text(3), row.number(4)};
  return success();
}

}  // namespace

std::string_view nameOf(RunEventKind kind) {
  constexpr std::string_view kNames[kRunEventKinds] = {"learning_rate", "schedule", "checkpoint", "note",
                                                       "error"};
  return kNames[static_cast<std::size_t>(kind)];
}

Status addMatrix(RunCurves& curves, std::int32_t epoch, std::int64_t number, std::string_view blob) {
  if (number < 0 || number >= std::ssize(curves.matrices)) return damagedBlob();
  std::vector<ClassCounts>* matrices = &curves.testMatrices;
  if (epoch != 0) {
    const auto record = std::ranges::lower_bound(curves.epochs, epoch, {}, &EpochRecord::epoch);
    if (record == curves.epochs.end() || record->epoch != epoch) return damagedBlob();
    matrices = &record->matrices;
  }
  const auto index = static_cast<std::size_t>(number);
  matrices->resize(curves.matrices.size());
  TANDEM_ASSIGN((*matrices)[index], unpackCounts(blob, curves.matrices[index].size()));
  return success();
}

int valueCount(const std::vector<ReportSlot>& slots) {
  int count = 0;
  for (const ReportSlot& slot : slots) count = std::max(count, slot.slot + 1);
  return count;
}

Status writeSteps(sqlite::Database& database, std::int64_t run, std::int64_t first, int values,
                  std::string_view blob) {
  TANDEM_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO steps VALUES (?,?,?,?)"));
  return insert.bind(run).bind(first).bind(std::int64_t{values}).bindBlob(blob).run();
}

Status writeSpans(sqlite::Database& database, std::int64_t run, std::int64_t first, int values,
                  std::string_view blob) {
  TANDEM_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO spans VALUES (?,?,?,?)"));
  return insert.bind(run).bind(first).bind(std::int64_t{values}).bindBlob(blob).run();
}

Result<std::int64_t> thinEpochs(sqlite::Database& database, std::int64_t run, int lossSlot,
                                std::int32_t best) {
  std::vector<std::pair<std::int32_t, float>> losses;
  const auto add = [&](const sqlite::Statement& row) -> Status {
    std::array<float, kReportSlots> values{};
    TANDEM_TRY(unpackFloats(row.blob(row.isNull(2) ? 1 : 2), values));
    losses.emplace_back(static_cast<std::int32_t>(row.integer(0)),
                        values[static_cast<std::size_t>(lossSlot)]);
    return success();
  };
  TANDEM_TRY(
      forRows(database, "SELECT epoch, train, validation FROM epochs WHERE run=? ORDER BY epoch", run, add));
  TANDEM_ASSIGN(auto remove, database.prepare("DELETE FROM epochs WHERE run=? AND epoch=?"));
  TANDEM_ASSIGN(auto removeMatrices, database.prepare("DELETE FROM matrices WHERE run=? AND epoch=?"));
  constexpr std::size_t kGroup = 4;
  std::int64_t left = std::ssize(losses);
  for (std::size_t i = 0; i + kGroup <= losses.size() - losses.size() / 4; i += kGroup) {
    const auto group = std::span(losses).subspan(i, kGroup);
    const auto [low, high] = std::ranges::minmax_element(group, {}, &std::pair<std::int32_t, float>::second);
    for (auto each = group.begin(); each != group.end(); ++each) {
      if (each == low || each == high || each->first == best) continue;
      TANDEM_TRY(remove.bind(run).bind(std::int64_t{each->first}).run());
      TANDEM_TRY(removeMatrices.bind(run).bind(std::int64_t{each->first}).run());
      --left;
    }
  }
  return left;
}

Status thinMatrices(sqlite::Database& database, std::int64_t run, std::int32_t best) {
  TANDEM_ASSIGN(auto remove,
                database.prepare("WITH older AS (SELECT DISTINCT epoch FROM matrices WHERE run=?1 AND epoch>0"
                                 " AND epoch<>?2 AND epoch<(SELECT MAX(epoch) FROM matrices WHERE run=?1))"
                                 " DELETE FROM matrices WHERE run=?1 AND epoch IN (SELECT epoch FROM"
                                 " (SELECT epoch, ROW_NUMBER() OVER (ORDER BY epoch) AS n FROM older)"
                                 " WHERE n % 2 = 0)"));
  return remove.bind(run).bind(std::int64_t{best}).run();
}

Status thinProfiles(sqlite::Database& database, std::int64_t run) {
  TANDEM_ASSIGN(
      auto remove,
      database.prepare("DELETE FROM profiles WHERE run=?1 AND step IN (SELECT step FROM (SELECT step,"
                       " ROW_NUMBER() OVER (ORDER BY step) AS n FROM profiles WHERE run=?1)"
                       " WHERE n % 2 = 0)"));
  return remove.bind(run).run();
}

Status writeEpochs(sqlite::Database& database, std::int64_t run, const std::vector<EpochRecord>& epochs) {
  TANDEM_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO epochs VALUES (?,?,?,?,?,?,?,?)"));
  for (const EpochRecord& e : epochs) {
    insert.bind(run).bind(std::int64_t{e.epoch}).bind(e.step).bindBlob(packFloats(e.train));
    e.hasValidation ? insert.bindBlob(packFloats(e.validation)) : insert.bindNull();
    TANDEM_TRY(insert.bind(e.seconds).bind(e.trainSeconds).bind(e.samplesPerSecond).run());
    TANDEM_TRY(writeMatrices(database, run, e.epoch, e.matrices));
  }
  return success();
}

Status writeMatrices(sqlite::Database& database, std::int64_t run, std::int32_t epoch,
                     const std::vector<ClassCounts>& matrices) {
  TANDEM_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO matrices VALUES (?,?,?,?)"));
  for (std::size_t number = 0; number < matrices.size(); ++number)
    TANDEM_TRY(insert.bind(run)
                   .bind(std::int64_t{epoch})
                   .bind(static_cast<std::int64_t>(number))
                   .bindBlob(packCounts(matrices[number]))
                   .run());
  return success();
}

Status writeProfiles(sqlite::Database& database, std::int64_t run,
                     const std::vector<ProfileRecord>& profiles) {
  TANDEM_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO profiles VALUES (?,?,?)"));
  for (const ProfileRecord& profile : profiles)
    TANDEM_TRY(insert.bind(run).bind(profile.step).bind(profileToJson(profile)).run());
  return success();
}

Status writeEvents(sqlite::Database& database, std::int64_t run, std::int64_t number,
                   const std::vector<RunEvent>& events) {
  TANDEM_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO events VALUES (?,?,?,?,?,?,?)"));
  for (const RunEvent& event : events)
    TANDEM_TRY(insert.bind(run)
                   .bind(number++)
                   .bind(event.step)
                   .bind(event.seconds)
                   .bind(nameOf(event.kind))
                   .bind(event.text)
                   .bind(event.value)
                   .run());
  return success();
}

Status writeReadings(sqlite::Database& database, std::int64_t run, std::int64_t number,
                     const std::vector<ReadingRecord>& readings) {
  TANDEM_ASSIGN(auto insert, database.prepare("INSERT OR REPLACE INTO readings VALUES (?,?,?,?,?,?,?,?,?)"));
  for (const ReadingRecord& r : readings) {
    insert.bind(run).bind(number++).bind(r.wallSeconds).bind(r.device.utilization);
    insert.bind(r.device.watts).bind(r.device.celsius).bind(r.device.clockHz);
    r.device.memoryBytes ? insert.bind(static_cast<std::int64_t>(*r.device.memoryBytes)) : insert.bindNull();
    TANDEM_TRY(insert.bind(r.joules).run());
  }
  return success();
}

Result<std::optional<RunCurves>> readCurves(sqlite::Database& database, std::int64_t run) {
  // A read transaction gives a consistent snapshot while a recorder may write.
  TANDEM_ASSIGN(auto snapshot, sqlite::Transaction::beginReading(database));
  RunCurves curves;
  bool found = false;
  TANDEM_TRY(forRows(database, "SELECT slots, matrices FROM runs WHERE id=? AND trashed IS NULL", run,
                     [&](const sqlite::Statement& row) -> Status {
                       found = true;
                       TANDEM_ASSIGN(curves.slots, slotsFromJson(row.text(0)));
                       TANDEM_ASSIGN(curves.matrices, matricesFromJson(row.text(1)));
                       return success();
                     }));
  if (!found) return std::optional<RunCurves>();
  TANDEM_TRY(forRows(database, "SELECT value_count, records FROM steps WHERE run=? ORDER BY first", run,
                     [&](const sqlite::Statement& row) {
                       const std::int64_t values = row.integer(0);
                       return readSteps(row.blob(1), values, curves.steps);
                     }));
  TANDEM_TRY(forRows(database, "SELECT value_count, records FROM spans WHERE run=? ORDER BY first", run,
                     [&](const sqlite::Statement& row) {
                       const std::int64_t values = row.integer(0);
                       return readSpans(row.blob(1), values, curves.thinned);
                     }));
  TANDEM_TRY(forRows(
      database,
      "SELECT epoch, step, train, validation, seconds, train_seconds, samples_per_second FROM epochs"
      " WHERE run=? ORDER BY epoch",
      run, [&](const sqlite::Statement& row) { return readEpoch(row, curves.epochs.emplace_back()); }));
  TANDEM_TRY(forRows(database,
                     "SELECT epoch, number, counts FROM matrices WHERE run=? ORDER BY epoch, number", run,
                     [&](const sqlite::Statement& row) {
                       const auto epoch = static_cast<std::int32_t>(row.integer(0));
                       return addMatrix(curves, epoch, row.integer(1), row.blob(2));
                     }));
  TANDEM_TRY(forRows(database, "SELECT record FROM profiles WHERE run=? ORDER BY step", run,
                     [&](const sqlite::Statement& row) -> Status {
                       TANDEM_ASSIGN(auto profile, profileFromJson(row.text(0)));
                       curves.profiles.push_back(std::move(profile));
                       return success();
                     }));
  TANDEM_TRY(forRows(
      database, "SELECT step, seconds, kind, text, value FROM events WHERE run=? ORDER BY number", run,
      [&](const sqlite::Statement& row) { return readEvent(row, curves.events.emplace_back()); }));
  TANDEM_TRY(forRows(
      database,
      "SELECT seconds, utilization, watts, celsius, clock, memory, joules FROM readings WHERE run=?"
      " ORDER BY number",
      run, [&](const sqlite::Statement& row) { return readReading(row, curves.readings.emplace_back()); }));
  TANDEM_TRY(snapshot.commit());
  return std::optional<RunCurves>(std::move(curves));
}

}  // namespace tandem
