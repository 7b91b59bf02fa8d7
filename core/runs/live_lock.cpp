#include "core/runs/live_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/file.h"

namespace tandem {

Result<LiveLock> LiveLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "run.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return fileError(file, "write the file", errno);
  LiveLock lock(descriptor);
  // A concurrent call of held() takes the lock for an instant, so wait.
  while (::flock(descriptor, LOCK_EX) != 0)
    if (errno != EINTR) return fileError(file, "lock the file", errno);
  return lock;
}

bool LiveLock::held(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / "run.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool free = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  ::close(descriptor);
  return !free;
}

LiveLock::~LiveLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tandem
