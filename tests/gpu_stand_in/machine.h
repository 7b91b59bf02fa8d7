// The one device there is: its memory, its streams and what has gone wrong with it. All of it under one lock.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace tandem::stand_in {

// Work that waits in a stream.
using Work = std::function<void()>;

struct StreamState {
  std::deque<Work> queue;
  std::uint64_t enqueued = 0, executed = 0;
  bool capturing = false;
  std::vector<Work> captured;
};

// When work that has been enqueued is done. A GPU may do it at any time between its being enqueued and
// somebody's waiting for it; a program that is right gives the same results whenever that is.
enum class Pace { Late, Early, Random };

// From the environment: see CMakeLists.txt of this folder.
struct Settings {
  std::size_t memoryBytes = std::size_t{2} << 30;
  Pace pace = Pace::Late;
  std::uint64_t seed = 1;
  int computeCapability = 90;
  // The n-th kernel fails: when it is launched, or while it runs. 0: none.
  std::uint64_t failingLaunch = 0, failingRun = 0;
  int failure = 0;  // a cudaError_t
  // What NVIDIA's libraries may do and nobody has promised (runtime.cpp, cudnn.cpp, cublaslt.cpp).
  std::set<std::string> quirks;
};
const Settings& settings();
bool quirk(const std::string& name);

class Machine {
 public:
  static Machine& instance();

  std::recursive_mutex& mutex() { return mutex_; }

  // Device memory: filled with NaN, apart from everything else, not to be touched by the host.
  cudaError_t allocate(void** address, std::size_t bytes);
  cudaError_t release(void* address);
  std::size_t freeBytes() const;
  bool owns(const void* address) const;

  void* allocatePinned(std::size_t bytes);
  bool releasePinned(void* address);
  bool isPinned(const void* address) const;

  StreamState& nullStream() { return null_; }
  void add(StreamState* stream) { streams_.insert(stream); }
  void remove(StreamState* stream) { streams_.erase(stream); }

  void enqueue(StreamState& stream, Work work);
  void drain(StreamState& stream, std::uint64_t upTo);
  void drainAll();
  void step(StreamState& stream);  // one piece of its work, if there is any

  // Runs f with the device's memory accessible.
  void touch(const std::function<void()>& f);

  // A failure after which nothing works; the reason goes to stderr.
  void lose(cudaError_t error, const std::string& why);
  cudaError_t lost() const { return lost_; }
  // Forgets the failure and everything that was on the device.
  void reset();
  // Counts, and says whether this is the kernel that has to fail (settings().failingLaunch, failingRun).
  bool failsNow(std::uint64_t& count, std::uint64_t at);
  std::uint64_t launches = 0, runs = 0;

 private:
  Machine();
  void protect(bool accessible);

  std::recursive_mutex mutex_;
  std::byte* memory_ = nullptr;
  std::map<std::size_t, std::size_t> blocks_;  // offset -> bytes
  std::size_t used_ = 0;
  std::map<const std::byte*, std::size_t> pinned_;
  StreamState null_;
  std::set<StreamState*> streams_;
  int touching_ = 0;
  std::uint64_t random_ = 1;
  cudaError_t lost_ = cudaSuccess;
};

// What every entry of the runtime does: takes the lock, answers with the failure that is there, notes a new
// one as this thread's last.
cudaError_t entry(const std::function<cudaError_t(Machine&)>& f);
cudaError_t& lastError();

// nullptr stands for the null stream.
StreamState& streamOf(cudaStream_t stream);

}  // namespace tandem::stand_in

struct CUstream_st {
  std::shared_ptr<tandem::stand_in::StreamState> state;
};
