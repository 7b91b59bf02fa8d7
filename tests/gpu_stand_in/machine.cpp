#include "tests/gpu_stand_in/machine.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) static_cast<void>(0)
#endif

namespace tandem::stand_in {
namespace {

constexpr std::size_t kAlign = 512, kGap = 512;  // between blocks, for the address sanitizer
constexpr int kUnwritten = 0xFF;                 // NaN in every floating-point type

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Settings readSettings() {
  Settings s;
  if (const std::string v = variable("TANDEM_STAND_IN_MIB"); !v.empty()) s.memoryBytes = std::stoull(v) << 20;
  if (const std::string v = variable("TANDEM_STAND_IN_CAPABILITY"); !v.empty())
    s.computeCapability = std::stoi(v);
  if (const std::string v = variable("TANDEM_STAND_IN_DEVICES"); !v.empty()) s.devices = std::stoi(v);
  if (const std::string v = variable("TANDEM_STAND_IN_CONTEXT_MIB"); !v.empty())
    s.contextBytes = std::stoull(v) << 20;
  const std::string pace = variable("TANDEM_STAND_IN_PACE");
  if (pace == "early") s.pace = Pace::Early;
  if (pace.starts_with("random")) {
    s.pace = Pace::Random;
    if (pace.size() > 7) s.seed = std::stoull(pace.substr(7));
  }
  unsigned long long count = 0;
  const std::string fail = variable("TANDEM_STAND_IN_FAIL");
  if (std::sscanf(fail.c_str(), "launch:%llu:%d", &count, &s.failure) == 2)
    s.failingLaunch = count;
  else if (std::sscanf(fail.c_str(), "run:%llu:%d", &count, &s.failure) == 2)
    s.failingRun = count;
  std::istringstream quirks(variable("TANDEM_STAND_IN_QUIRKS"));
  for (std::string word; std::getline(quirks, word, ',');) s.quirks.insert(word);
  return s;
}

std::size_t rounded(std::size_t bytes) {
  return (bytes + kAlign - 1) / kAlign * kAlign + kGap;
}

}  // namespace

const Settings& settings() {
  static const Settings read = readSettings();
  return read;
}

bool quirk(const std::string& name) {
  return settings().quirks.contains(name);
}

Machine& Machine::instance() {
  // Never destroyed, as a driver outlives the program's last call.
  static Machine* const machine = new Machine;
  return *machine;
}

Machine::Machine() : random_(settings().seed) {
  void* region =
      mmap(nullptr, settings().memoryBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) {
    std::perror("stand-in: reserving device memory");
    std::abort();
  }
  memory_ = static_cast<std::byte*>(region);
  ASAN_POISON_MEMORY_REGION(memory_, settings().memoryBytes);
}

cudaError_t Machine::allocate(void** address, std::size_t bytes) {
  const std::size_t needed = rounded(bytes);
  std::size_t at = 0;
  for (const auto& [offset, size] : blocks_) {
    if (offset - at >= needed) break;
    at = offset + size;
  }
  if (at + needed > settings().memoryBytes || needed > freeBytes()) return cudaErrorMemoryAllocation;
  blocks_[at] = needed;
  used_ += needed;
  *address = memory_ + at;
  ASAN_UNPOISON_MEMORY_REGION(memory_ + at, bytes);
  touch([&] { std::memset(memory_ + at, kUnwritten, bytes); });
  return cudaSuccess;
}

cudaError_t Machine::release(void* address) {
  const auto it = owns(address)
                      ? blocks_.find(static_cast<std::size_t>(static_cast<std::byte*>(address) - memory_))
                      : blocks_.end();
  if (it == blocks_.end()) return cudaErrorInvalidValue;
  ASAN_POISON_MEMORY_REGION(memory_ + it->first, it->second);
  madvise(memory_ + it->first, it->second, MADV_DONTNEED);
  used_ -= it->second;
  blocks_.erase(it);
  return cudaSuccess;
}

std::size_t Machine::freeBytes() const {
  return settings().memoryBytes - used_;
}

cudaError_t Machine::makeContext() {
  if (contexts_.contains(currentDevice())) return cudaSuccess;
  if (currentDevice() == 0 && quirk("busy_0")) return cudaErrorDevicesUnavailable;
  if (freeBytes() < settings().contextBytes) return cudaErrorMemoryAllocation;
  contexts_.insert(currentDevice());
  used_ += settings().contextBytes;
  return cudaSuccess;
}

bool Machine::owns(const void* address) const {
  const auto* p = static_cast<const std::byte*>(address);
  return p >= memory_ && p < memory_ + settings().memoryBytes;
}

void* Machine::allocatePinned(std::size_t bytes) {
  auto* p = static_cast<std::byte*>(std::aligned_alloc(kAlign, (bytes + kAlign - 1) / kAlign * kAlign));
  if (p) pinned_[p] = bytes;
  return p;
}

bool Machine::releasePinned(void* address) {
  if (pinned_.erase(static_cast<std::byte*>(address)) == 0) return false;
  std::free(address);
  return true;
}

bool Machine::isPinned(const void* address) const {
  const auto* p = static_cast<const std::byte*>(address);
  auto it = pinned_.upper_bound(p);
  if (it == pinned_.begin()) return false;
  --it;
  return p < it->first + it->second;
}

void Machine::enqueue(StreamState& stream, Work work) {
  if (stream.capturing) {
    stream.captured.push_back(std::move(work));
    return;
  }
  stream.queue.push_back(std::move(work));
  ++stream.enqueued;
  if (settings().pace == Pace::Early) drain(stream, stream.enqueued);
  if (settings().pace != Pace::Random) return;
  const auto next = [&] { return (random_ = random_ * 6364136223846793005u + 1442695040888963407u) >> 33; };
  for (StreamState* each : streams_)
    for (std::uint64_t n = next() % 4; n > 0; --n) step(*each);
}

void Machine::step(StreamState& stream) {
  if (stream.executed < stream.enqueued) drain(stream, stream.executed + 1);
}

void Machine::drain(StreamState& stream, std::uint64_t upTo) {
  touch([&] {
    while (stream.executed < upTo && !stream.queue.empty()) {
      const Work work = std::move(stream.queue.front());
      stream.queue.pop_front();
      if (lost_ == cudaSuccess) work();
      ++stream.executed;
    }
  });
}

void Machine::drainAll() {
  drain(null_, null_.enqueued);
  for (StreamState* stream : std::set(streams_)) drain(*stream, stream->enqueued);
}

void Machine::touch(const std::function<void()>& f) {
  if (touching_++ == 0) protect(true);
  f();
  if (--touching_ == 0) protect(false);
}

void Machine::protect(bool accessible) {
  if (blocks_.empty()) return;
  const auto& [last, size] = *blocks_.rbegin();
  constexpr std::size_t kPage = 4096;
  const std::size_t extent = (last + size + kPage - 1) / kPage * kPage;
  if (mprotect(memory_, extent, accessible ? PROT_READ | PROT_WRITE : PROT_NONE) != 0) {
    std::perror("stand-in: protecting device memory");
    std::abort();
  }
}

void Machine::lose(cudaError_t error, const std::string& why) {
  if (lost_ != cudaSuccess) return;
  lost_ = error;
  std::fprintf(stderr, "stand-in: %s\n", why.c_str());
}

bool Machine::failsNow(std::uint64_t& count, std::uint64_t at) {
  return ++count == at;
}

cudaError_t& lastError() {
  thread_local cudaError_t last = cudaSuccess;
  return last;
}

int& currentDevice() {
  thread_local int current = 0;
  return current;
}

cudaError_t entry(const std::function<cudaError_t(Machine&)>& f) {
  return query([&](Machine& machine) {
    const cudaError_t error = machine.makeContext();
    return error == cudaSuccess ? f(machine) : error;
  });
}

cudaError_t query(const std::function<cudaError_t(Machine&)>& f) {
  Machine& machine = Machine::instance();
  const std::lock_guard lock(machine.mutex());
  cudaError_t error = machine.lost();
  if (error == cudaSuccess) error = f(machine);
  if (machine.lost() != cudaSuccess) error = machine.lost();
  if (error != cudaSuccess) lastError() = error;
  return error;
}

StreamState& streamOf(cudaStream_t stream) {
  return stream ? *stream->state : Machine::instance().nullStream();
}

}  // namespace tandem::stand_in
