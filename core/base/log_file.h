// LogFile: lines appended to a file that several processes share. Each line is one write(2) to a
// descriptor opened with O_APPEND, so that lines never mix. A file that would grow beyond the limit
// is renamed to NAME.1.log by the process that notices first; the others switch to the new file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "core/base/result.h"

namespace tandem {

class LogFile {
 public:
  // Creates the folder and the file if they are missing.
  static Result<std::unique_ptr<LogFile>> open(const std::filesystem::path& path, std::uint64_t maxBytes);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // A line that cannot be written (the disk is full) is lost. Not thread-safe.
  void append(std::string_view line);
  // Constant for the lifetime of the object, even after a rotation, because a crash handler may hold it.
  int descriptor() const { return fd_; }

 private:
  LogFile(std::filesystem::path path, int fd, std::uint64_t maxBytes);
  bool isCurrent() const;
  void reopen();
  void rotate();

  std::filesystem::path path_, older_;
  int fd_;
  std::uint64_t maxBytes_;
};

}  // namespace tandem
