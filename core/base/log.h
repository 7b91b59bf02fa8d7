// The log: one file for all Tandem programs, tandem.log in $XDG_STATE_HOME/tandem, to accompany problem
// reports. Messages are queued and written by a separate thread, so that no caller waits for the disk; when
// the queue is full, the oldest messages are dropped. Before openLog(), or if the file cannot be written,
// calls do nothing. All functions may be called from any thread.
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
  std::uint64_t maxBytes = 2 << 20;  // of tandem.log; the same for tandem.1.log, which holds older messages
};

// From the environment: XDG_STATE_HOME or ~/.local/state, and TANDEM_LOG=debug|info|warn|error|off.
LogOptions defaultLogOptions();

// Starts logging for this process; called once, by main. A failure should not stop the program:
// logPlace() and `tandem doctor` show it.
Status openLog(std::string_view program, const LogOptions& options = defaultLogOptions());
// Writes the queued messages and ends logging. Also called at exit.
void closeLog();

struct LogPlace {
  std::filesystem::path file;
  std::string problem;  // why it cannot be written; empty if it can
};
// The location of the open log, or of the default one if none is open.
LogPlace logPlace();

void logDebug(std::string_view text);
void logInfo(std::string_view text);
void logWarning(std::string_view text);
void logError(std::string_view text);
// Message, code, place and hint. `context` precedes them, for example "run 12".
void logError(const Error& error, std::string_view context = {});

}  // namespace tandem
