#include "core/hdf5/isolate.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/hdf5/hdf5_handle.h"

namespace tandem {
namespace {

// A pipe that is closed by its destructor.
struct Pipe {
  int ends[2] = {-1, -1};
  bool open() { return ::pipe2(ends, O_CLOEXEC) == 0; }
  void close(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  ~Pipe() {
    close(0);
    close(1);
  }
};

Error systemError(const char* what) {
  return {ErrorCode::Io, std::string(what) + ": " + std::strerror(errno), {}, {}};
}

void sendAll(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(to, bytes.data(), bytes.size());
    if (sent < 0 && errno != EINTR) ::_exit(1);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Never returns and runs none of the parent's handlers, which would flush its files and report its crashes.
[[noreturn]] void runChild(const std::function<void(const SendBytes&)>& work, int to) {
  for (const int crash : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(crash, SIG_DFL);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  hdf5::renewLockAfterFork();
  try {
    work([to](std::string_view bytes) { sendAll(to, bytes); });
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

enum class End { Complete, Silent, TooMuch, Failed };

End receive(int from, std::chrono::seconds patience, std::size_t maxBytes, std::string& received) {
  std::string part(std::size_t{1} << 18, '\0');
  for (;;) {
    pollfd waiting{from, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(patience).count()));
    if (ready == 0) return End::Silent;
    const ssize_t got = ready < 0 ? -1 : ::read(from, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return End::Failed;
    if (got == 0) return End::Complete;
    if (received.size() + static_cast<std::size_t>(got) > maxBytes) return End::TooMuch;
    received.append(part.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<std::string> runIsolated(const std::function<void(const SendBytes&)>& work,
                                std::chrono::seconds patience, std::size_t maxBytes) {
  Pipe pipe;
  if (!pipe.open()) return systemError("cannot create a pipe to a child process");
  pid_t child = 0;
  {
    const hdf5::Library library;  // so that no other thread is inside the library in the child's copy
    child = ::fork();
    if (child == 0) runChild(work, pipe.ends[1]);
  }
  if (child < 0) return systemError("cannot start a child process");
  pipe.close(1);

  std::string received;
  const End end = receive(pipe.ends[0], patience, maxBytes, received);
  if (end != End::Complete) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string hint = "The file is damaged; save it again";
  if (end == End::Silent) return invalid("reading it timed out", {}, hint);
  if (end == End::TooMuch) return invalid("it declares more data than it holds", {}, hint);
  if (end == End::Failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return invalid("the HDF5 library failed to read it", {}, hint);
  return received;
}

}  // namespace tandem
