#include "core/base/log_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

// Read access too: some file systems lock only what can be read and written.
constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK;

}  // namespace

LogFile::LogFile(fs::path path, int fd, std::uint64_t maxBytes)
    : path_(std::move(path)), older_(path_), fd_(fd), maxBytes_(maxBytes) {
  older_.replace_extension(".1" + path_.extension().string());
}

LogFile::~LogFile() {
  ::close(fd_);
}

Result<std::unique_ptr<LogFile>> LogFile::open(const fs::path& path, std::uint64_t maxBytes) {
  std::error_code problem;
  fs::create_directories(path.parent_path(), problem);
  if (problem) return fileError(path.parent_path(), "create the folder", problem.value());
  const int fd = ::open(path.c_str(), kFlags, 0600);
  if (fd < 0) return fileError(path, "write the file", errno);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return invalid("is not a regular file", path.string());
  }
  return std::unique_ptr<LogFile>(new LogFile(path, fd, maxBytes));
}

bool LogFile::isCurrent() const {
  struct stat mine {
  }, named{};
  return ::fstat(fd_, &mine) == 0 && ::stat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

void LogFile::reopen() {
  const int fd = ::open(path_.c_str(), kFlags, 0600);
  if (fd < 0) return;  // the old file remains in use
  ::dup3(fd, fd_, O_CLOEXEC);
  ::close(fd);
}

void LogFile::rotate() {
  // The lock belongs to the file that is rotated: of those who found it full, only the first renames it.
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) return;  // somebody rotates it right now
  if (isCurrent()) ::rename(path_.c_str(), older_.c_str());
  ::flock(fd_, LOCK_UN);
  reopen();
}

void LogFile::append(std::string_view line) {
  if (!isCurrent()) reopen();
  struct stat info {};
  if (::fstat(fd_, &info) == 0 && static_cast<std::uint64_t>(info.st_size) + line.size() > maxBytes_)
    rotate();
  while (::write(fd_, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace tandem
