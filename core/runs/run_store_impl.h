// Implementation of the store: reading (run_store.cpp) and editing runs (run_edits.cpp).
#pragma once

#include <mutex>

#include "core/runs/run_store.h"
#include "core/runs/sqlite.h"

namespace tandem {

struct RunStore::Impl {
  Impl(sqlite::Database openDatabase, sqlite::Database openReader, std::filesystem::path storeFolder)
      : database(std::move(openDatabase)), reader(std::move(openReader)), folder(std::move(storeFolder)) {}
  std::mutex mutex;  // guards database
  sqlite::Database database;
  std::mutex readerMutex;
  sqlite::Database reader;  // for long curves, so that runs can be listed meanwhile
  std::filesystem::path folder;
  bool readOnly = false;

  // Folder names come from the database and are untrusted: only a plain name inside the store is accepted.
  Result<std::filesystem::path> runFolder(const std::string& name) const;
  Error noSuchRun(std::int64_t id) const;
  Result<std::vector<RunSummary>> list(std::string_view which);
  Result<RunInfo> find(std::int64_t id);  // not in the trash
  // Sets one column of an existing run.
  Status set(std::int64_t id, std::string_view column, std::string_view value);
  // Permanently deletes runs trashed before `time` (seconds since 1970): files first, so that no orphaned
  // files remain.
  Status purge(std::int64_t time);
  Status erase(std::int64_t id, const std::filesystem::path& runFolder);
};

// Creates a folder "run-ID"; never an existing one (its database may have been moved away).
Result<std::filesystem::path> makeRunFolder(const std::filesystem::path& store, std::int64_t id);

}  // namespace tandem
