// Shared by the subcommands of `tandem runs`.
#pragma once

#include <vector>

#include "app/cli/command.h"

namespace tandem::cli {

struct RunsOptions {
  std::optional<std::filesystem::path> folder;
  std::vector<std::int64_t> ids;
  bool json = false;
};

// --runs and --json.
void addRunsOptions(Command command, RunsOptions& options);

// export, report, import, verify, edit, delete, restore, trash (cmd_runs_manage.cpp).
void addRunsManagement(Command runs, Chosen& chosen);

nlohmann::json toJson(const RunSummary& run);
void printTable(const std::vector<RunSummary>& runs);
// Prints a table, JSON lines, or `none` if there are no runs.
void printRuns(const std::vector<RunSummary>& runs, bool json, std::string_view none);

}  // namespace tandem::cli
