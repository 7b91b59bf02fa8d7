// The log: one file for every program of Tandem, tandem.log in $XDG_STATE_HOME/tandem, read when a
// problem is reported. Messages are queued and written by a thread of the log's own, so that no caller
// waits for the disk; when the queue is full, the oldest messages are dropped. Before openLog(), and
// where the file cannot be written, every call does nothing. All functions may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

enum class LogLevel { Debug, Info, Warning, Error, Off };

struct LogOptions {
  std::filesystem::path folder;  // empty: no folder is known (HOME is not set)
  LogLevel level = LogLevel::Info;
  std::uint64_t maxBytes = 2 << 20;  // of tandem.log; tandem.1.log holds as many older ones
};

// From the environment: XDG_STATE_HOME or ~/.local/state, and TANDEM_LOG=debug|info|warn|error|off.
LogOptions defaultLogOptions();

// Starts logging for this process; called once, by main. A failure is no reason to stop: logPlace() and
// `tandem doctor` show it.
Status openLog(std::string_view program, const LogOptions& options = defaultLogOptions());
// Writes what is queued and ends logging. Also called at exit.
void closeLog();

struct LogPlace {
  std::filesystem::path file;
  std::string problem;  // why nothing is written there; empty: it is written
};
// Of the open log; where none was opened, of the default one.
LogPlace logPlace();

void logDebug(std::string_view text);
void logInfo(std::string_view text);
void logWarning(std::string_view text);
void logError(std::string_view text);
// Message, code, place and hint. `context` precedes them, for example "run 12".
void logError(const Error& error, std::string_view context = {});

}  // namespace tandem
