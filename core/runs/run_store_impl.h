// The store's inside: what is read and shown (run_store.cpp), what changes a run (run_edits.cpp).
#pragma once

#include <mutex>

#include "core/runs/run_store.h"
#include "core/runs/sqlite.h"

namespace tandem {

struct RunStore::Impl {
  Impl(sqlite::Database openDatabase, sqlite::Database openReader, std::filesystem::path storeFolder)
      : database(std::move(openDatabase)), reader(std::move(openReader)), folder(std::move(storeFolder)) {}
  std::mutex mutex;  // of database
  sqlite::Database database;
  std::mutex readerMutex;
  sqlite::Database reader;  // for long curves: the window lists runs meanwhile
  std::filesystem::path folder;

  // Folder names come from the database: only a plain name inside the store is believed.
  Result<std::filesystem::path> runFolder(const std::string& name) const;
  Error noSuchRun(std::int64_t id) const;
  Result<std::vector<RunSummary>> list(std::string_view which);
  Result<RunInfo> find(std::int64_t id);  // not in the trash
  // Sets one column of a run that is there.
  Status set(std::int64_t id, std::string_view column, std::string_view value);
  // Ends what has been in the trash since before `time` (seconds since 1970): files first, so that nothing
  // is left behind that nobody knows of.
  Status purge(std::int64_t time);
  Status erase(std::int64_t id, const std::filesystem::path& runFolder);
};

// A new folder "run-ID"; never one that is there already (its database may have been moved away).
Result<std::filesystem::path> makeRunFolder(const std::filesystem::path& store, std::int64_t id);

}  // namespace tandem
