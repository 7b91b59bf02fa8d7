// Detects whether the process that writes a run is still alive: it holds a lock on FOLDER/run.lock, which
// the kernel releases when the process ends for any reason.
#pragma once

#include <filesystem>
#include <utility>

#include "core/base/result.h"

namespace tandem {

class LiveLock {
 public:
  static Result<LiveLock> take(const std::filesystem::path& folder);
  static bool held(const std::filesystem::path& folder);  // by any process, including this one
  LiveLock(LiveLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~LiveLock();

 private:
  explicit LiveLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tandem
