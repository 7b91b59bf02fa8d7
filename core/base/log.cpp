#include "core/base/log.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>

#include "core/base/crash_log.h"
#include "core/base/log_file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kQueue = 8192;  // messages

class FileSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::unique_ptr<LogFile> file) : file_(std::move(file)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_->append({line.data(), line.size()});
  }
  void flush_() override {}  // nothing is buffered

 private:
  std::unique_ptr<LogFile> file_;
};

struct Log {
  std::mutex mutex;
  std::optional<LogPlace> place;
  std::shared_ptr<spdlog::details::thread_pool> pool;  // one thread
  std::shared_ptr<spdlog::logger> logger;
};

// Never destroyed: destructors of other static objects may still log.
Log& state() {
  static Log& log = *new Log;
  return log;
}

fs::path fileIn(const fs::path& folder) {
  return folder / "tandem.log";
}

LogPlace placeOf(const LogOptions& options) {
  if (options.folder.empty())
    return {{}, "the log folder is unknown: neither XDG_STATE_HOME nor HOME is set"};
  if (options.level == LogLevel::Off) return {fileIn(options.folder), "switched off by TANDEM_LOG=off"};
  return {fileIn(options.folder), {}};
}

spdlog::level::level_enum levelOf(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
    case LogLevel::Off:
      break;
  }
  return spdlog::level::off;
}

// Lines that follow the first are indented, so that every message begins with a time; text from files
// may hold control characters.
std::string oneRecord(std::string_view text) {
  std::string record;
  record.reserve(text.size());
  for (const char c : text) {
    if (c == '\n')
      record += "\n    ";
    else
      record += static_cast<unsigned char>(c) < ' ' && c != '\t' ? '?' : c;
  }
  return record;
}

void write(LogLevel level, std::string_view text) {
  std::shared_ptr<spdlog::logger> logger;
  {
    const std::lock_guard guard(state().mutex);
    logger = state().logger;
  }
  if (logger && logger->should_log(levelOf(level))) logger->log(levelOf(level), oneRecord(text));
}

std::string_view nameOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidInput:
      return "InvalidInput";
    case ErrorCode::NotFound:
      return "NotFound";
    case ErrorCode::Io:
      return "Io";
    case ErrorCode::Unsupported:
      return "Unsupported";
    case ErrorCode::OutOfMemory:
      return "OutOfMemory";
    case ErrorCode::Cancelled:
      return "Cancelled";
    case ErrorCode::DeviceLost:
      return "DeviceLost";
    case ErrorCode::Numeric:
      return "Numeric";
  }
  return "unknown";
}

}  // namespace

LogOptions defaultLogOptions() {
  LogOptions options;
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state && *state == '/')  // the XDG specification has programs ignore relative paths
    options.folder = fs::path(state) / "tandem";
  else if (home && *home)
    options.folder = fs::path(home) / ".local" / "state" / "tandem";
  const char* level = std::getenv("TANDEM_LOG");
  const std::string_view wanted = level ? level : "info";
  if (wanted == "debug") options.level = LogLevel::Debug;
  if (wanted == "warn") options.level = LogLevel::Warning;
  if (wanted == "error") options.level = LogLevel::Error;
  if (wanted == "off") options.level = LogLevel::Off;
  return options;
}

Status openLog(std::string_view program, const LogOptions& options) {
  closeLog();
  Log& log = state();
  const std::lock_guard guard(log.mutex);
  log.place = placeOf(options);
  if (!log.place->problem.empty()) return success();
  auto file = LogFile::open(log.place->file, options.maxBytes);
  if (!file.ok()) {
    log.place->problem = file.error().text();
    return std::move(file).error();
  }
  installCrashLog((*file)->descriptor(), program);
  // Signals are for the program's own threads, whose waiting they interrupt.
  log.pool = std::make_shared<spdlog::details::thread_pool>(kQueue, 1, [] {
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&blocked, signal);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  });
  log.logger = std::make_shared<spdlog::async_logger>(std::string(program),
                                                      std::make_shared<FileSink>(std::move(*file)), log.pool,
                                                      spdlog::async_overflow_policy::overrun_oldest);
  log.logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %n[%P] %l: %v",
                                                                        spdlog::pattern_time_type::utc));
  log.logger->set_level(levelOf(options.level));
  log.logger->set_error_handler([](const std::string&) {});  // nobody could read it
  static const int atExit = std::atexit(closeLog);
  (void)atExit;
  return success();
}

void closeLog() {
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  {
    const std::lock_guard guard(state().mutex);
    logger = std::move(state().logger);
    pool = std::move(state().pool);
  }
  // The last owner of the pool waits for its thread, which writes what is queued.
}

LogPlace logPlace() {
  const std::lock_guard guard(state().mutex);
  return state().place ? *state().place : placeOf(defaultLogOptions());
}

void logDebug(std::string_view text) {
  write(LogLevel::Debug, text);
}
void logInfo(std::string_view text) {
  write(LogLevel::Info, text);
}
void logWarning(std::string_view text) {
  write(LogLevel::Warning, text);
}
void logError(std::string_view text) {
  write(LogLevel::Error, text);
}

void logError(const Error& error, std::string_view context) {
  std::string text(context);
  if (!text.empty()) text += ": ";
  text += fmt::format("{} [{}", error.message, nameOf(error.code));
  if (!error.where.empty()) text += "; where: " + error.where;
  if (!error.hint.empty()) text += "; hint: " + error.hint;
  write(LogLevel::Error, text + "]");
}

}  // namespace tandem
