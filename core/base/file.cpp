#include "core/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace tandem {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  // Network file systems report a full disk only here.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

// Removes the temporary file unless the rename has happened.
struct Temporary {
  fs::path path;
  bool renamed = false;
  ~Temporary() {
    if (!renamed) ::unlink(path.c_str());
  }
};

bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), 1u << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string hintFor(int errnoValue) {
  switch (errnoValue) {
    case ENOSPC:
    case EDQUOT:
      return "Free some space or choose another location";
    case EACCES:
    case EPERM:
    case EROFS:
      return "Choose a location you can write to, or change the permissions";
    case EFBIG:
      return "Raise the file size limit (ulimit -f) or choose another location";
    case ENOENT:
      return "Check the path";
    default:
      return {};
  }
}

}  // namespace

Error fileError(const fs::path& path, std::string_view action, int errnoValue) {
  std::string reason = std::generic_category().message(errnoValue);
  if (errnoValue == ENOSPC) reason = "the disk is full";
  if (errnoValue == EDQUOT) reason = "the disk quota is exceeded";
  const ErrorCode code = errnoValue == ENOENT ? ErrorCode::NotFound : ErrorCode::Io;
  return {code, "cannot " + std::string(action) + ": " + reason, path.string(), hintFor(errnoValue)};
}

Result<std::string> readTextFile(const fs::path& path, std::uint64_t maxBytes) {
  if (path.empty()) return invalid("no file name was given");
  // O_NONBLOCK: opening a named pipe must not wait for a writer; regular files ignore it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    Error error = fileError(path, "read the file", errno);
    if (errno == EACCES) error.hint = "Change its permissions or choose another file";
    return error;
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return fileError(path, "read the file", errno);
  if (S_ISDIR(info.st_mode)) return invalid("is a folder, not a file", path.string(), "Choose a file");
  if (!S_ISREG(info.st_mode)) return invalid("is not a regular file", path.string(), "Choose another file");
  const auto tooLarge = [&] {
    return invalid("is larger than the limit of " + std::to_string(maxBytes) + " bytes", path.string(),
                   "Check that you chose the right file");
  };
  if (static_cast<std::uint64_t>(info.st_size) > maxBytes) return tooLarge();

  // Read to the end rather than st_size bytes: the file may grow, and /proc files report size 0.
  std::string bytes;
  std::size_t used = 0;
  while (true) {
    bytes.resize(std::max<std::size_t>(static_cast<std::size_t>(info.st_size) + 1, used + used / 2 + 4096));
    const ssize_t count = ::read(file.get(), bytes.data() + used, bytes.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fileError(path, "read the file", errno);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
    if (used > maxBytes) return tooLarge();
  }
  bytes.resize(used);
  return bytes;
}

Status writeFileAtomically(const fs::path& path, std::string_view bytes) {
  return writeFileAtomically(path, {bytes});
}

Status writeFileAtomically(const fs::path& path, std::initializer_list<std::string_view> parts) {
  if (path.filename().empty()) return invalid("is a folder, not a file", path.string(), "Add a file name");
  std::error_code ignored;
  fs::path target = path;
  if (fs::is_symlink(path, ignored)) {
    target = fs::weakly_canonical(path, ignored);
    if (ignored) return fileError(path, "follow the link", ignored.value());
  }
  struct stat old {};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode))
    return invalid("is a folder, not a file", path.string(), "Add a file name");
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");

  static std::atomic<unsigned> counter{0};
  Temporary temporary;
  // The process id and a counter make the name unique; O_EXCL refuses a planted file or link.
  temporary.path =
      folder / fmt::format(".{}.{}-{}.tmp", target.filename().string().substr(0, 200), ::getpid(), counter++);
  Descriptor file(::open(temporary.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) {
    const int reason = errno;
    temporary.renamed = true;  // not ours to remove
    Error error = fileError(path, "write the file", reason);
    if (reason == ENOENT) error.hint = "The folder " + folder.string() + " does not exist; create it first";
    return error;
  }
  if (exists && ::fchmod(file.get(), old.st_mode & 07777) != 0)
    return fileError(path, "write the file", errno);
  const auto write = [&](std::string_view part) { return writeAll(file.get(), part); };
  if (!std::ranges::all_of(parts, write) || ::fsync(file.get()) != 0 || !file.close())
    return fileError(path, "write the file", errno);
  if (::rename(temporary.path.c_str(), target.c_str()) != 0) return fileError(path, "write the file", errno);
  temporary.renamed = true;

  // Makes the rename itself durable. Some file systems cannot sync a folder (EINVAL): no error then.
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0 && ::fsync(directory.get()) != 0 && errno == EIO)
    return fileError(path, "flush the folder to disk", errno);
  return success();
}

Result<fs::path> makeTemporaryFolder(const std::string& name) {
  std::error_code problem;
  const fs::path parent = fs::temp_directory_path(problem);
  if (problem) return fileError(parent, "find the folder for temporary files", problem.value());
  std::string path = (parent / (name + "-XXXXXX")).string();
  if (!::mkdtemp(path.data())) return fileError(path, "create the folder", errno);
  return fs::path(path);
}

}  // namespace tandem
