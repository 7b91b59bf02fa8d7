// The devices' memory, streams and failure state, all protected by one lock.
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

// Work waiting in a stream.
using Work = std::function<void()>;

struct StreamState {
  std::deque<Work> queue;
  std::uint64_t enqueued = 0, executed = 0;
  bool capturing = false;
  std::vector<Work> captured;
};

// When enqueued work runs. A GPU may run it at any time between enqueueing and synchronization; a correct
// program gives the same results in every case.
enum class Pace { Late, Early, Random };

// From the environment; see CMakeLists.txt in this folder.
struct Settings {
  std::size_t memoryBytes = std::size_t{2} << 30;
  Pace pace = Pace::Late;
  std::uint64_t seed = 1;
  int computeCapability = 90;
  int devices = 1;               // which share memory and streams
  std::size_t contextBytes = 0;  // that the first context on a device takes
  // The n-th kernel fails at launch, or while it runs; 0: none.
  std::uint64_t failingLaunch = 0, failingRun = 0;
  int failure = 0;  // a cudaError_t
  // Possible but undocumented behaviors of NVIDIA's libraries (runtime.cpp, cudnn.cpp, cublaslt.cpp).
  std::set<std::string> quirks;
};
const Settings& settings();
bool quirk(const std::string& name);

class Machine {
 public:
  static Machine& instance();

  std::recursive_mutex& mutex() { return mutex_; }

  // Device memory: filled with NaN, in a separate mapping that the host may not access.
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
  void step(StreamState& stream);  // runs one item of its work, if any

  // Runs f while device memory is accessible.
  void touch(const std::function<void()>& f);

  // Simulates a failure after which nothing works in this process; prints the reason to stderr.
  void lose(cudaError_t error, const std::string& why);
  cudaError_t lost() const { return lost_; }
  // Creates the context of the calling thread's current device, as all but a few functions do.
  cudaError_t makeContext();
  // Counts kernels and returns whether this one must fail (settings().failingLaunch, failingRun).
  bool failsNow(std::uint64_t& count, std::uint64_t at);
  std::uint64_t launches = 0, runs = 0;

 private:
  Machine();
  void protect(bool accessible);

  std::recursive_mutex mutex_;
  std::byte* memory_ = nullptr;
  std::map<std::size_t, std::size_t> blocks_;  // offset -> bytes
  std::size_t used_ = 0;
  std::set<int> contexts_;  // devices that have one
  std::map<const std::byte*, std::size_t> pinned_;
  StreamState null_;
  std::set<StreamState*> streams_;
  int touching_ = 0;
  std::uint64_t random_ = 1;
  cudaError_t lost_ = cudaSuccess;
};

// Common to all runtime functions: takes the lock, returns an existing failure, and records a new error as
// this thread's last error. query() is for functions that need no context.
cudaError_t entry(const std::function<cudaError_t(Machine&)>& f);
cudaError_t query(const std::function<cudaError_t(Machine&)>& f);
int& currentDevice();  // of this thread
cudaError_t& lastError();

// nullptr is the null stream.
StreamState& streamOf(cudaStream_t stream);

}  // namespace tandem::stand_in

struct CUstream_st {
  std::shared_ptr<tandem::stand_in::StreamState> state;
};
