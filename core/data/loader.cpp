#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "core/base/philox.h"
#include "core/data/dataset.h"

namespace tandem {
namespace {

struct Slot {
  std::vector<AlignedBuffer> buffers;  // of each tensor
  Batch batch;
};

std::int64_t countBatches(std::int64_t rows, const BatchLoader::Options& options) {
  if (rows == 0) return 0;
  const std::int64_t whole = rows / options.batch;
  const bool partial = rows % options.batch != 0;
  return partial && (!options.dropLast || whole == 0) ? whole + 1 : whole;
}

// A tiny network trains on a batch in a few microseconds, less than it takes to wake a thread. So if batches
// are small, more of them are prefetched, up to 256 KiB, and the thread sleeps until half of them are used.
std::size_t countSlots(std::size_t batchBytes, int depth) {
  const std::size_t small = std::min<std::size_t>(64, (256u << 10) / std::max<std::size_t>(1, batchBytes));
  return std::max(static_cast<std::size_t>(depth), small);
}

}  // namespace

struct BatchLoader::Impl {
  std::shared_ptr<const Dataset> data;
  Options options;
  std::int64_t batches = 0;  // of an epoch
  std::vector<Slot> slots;

  // Used by the loader thread, and by seek() while that thread is idle.
  std::vector<std::int64_t> order;
  std::int64_t orderEpoch = -1;
  std::int64_t epoch = 0, index = 0;  // of the next batch to fill

  // Used by the reader only.
  std::int64_t readIndex = 0;  // in the epoch, of the batch that next() returns
  std::uint64_t taken = 0;
  double waitSeconds = 0;

  // Counts since the last seek: released <= taken <= produced; batch n is in slot n % slots.size(). While
  // there are batches and free slots, neither side locks the mutex. Each side announces that it will sleep
  // before it checks the other's count one last time; the other checks for the announcement after changing
  // its count. All these operations are sequentially consistent (the default of std::atomic), so at least one
  // side sees the other's change.
  std::atomic<std::uint64_t> produced{0}, released{0};
  std::atomic<bool> asleep{false};   // the thread waits for free slots
  std::atomic<bool> waiting{false};  // the reader waits for a batch
  std::atomic<bool> seeking{false}, stopping{false};

  std::mutex mutex;
  std::condition_variable filled, freed, idle;
  bool busy = false;           // guarded by the mutex, like failure
  std::exception_ptr failure;  // the exception that ended the thread

  std::thread thread;  // last: it uses all of the above

  std::size_t freeSlots() const { return slots.size() - static_cast<std::size_t>(produced - released); }
  bool worthWaking() const {
    return freeSlots() >= (waiting ? 1 : std::max<std::size_t>(1, slots.size() / 2));
  }

  void arrange(std::int64_t ofEpoch) {
    order = data->part(options.part);
    if (options.shuffle) {
      PhiloxSequence random(options.seed, stream(RandomStream::Shuffle, static_cast<std::uint64_t>(ofEpoch)));
      for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    }
    orderEpoch = ofEpoch;
  }

  void fill(Slot& slot, std::int64_t ofEpoch, std::int64_t ofIndex) {
    if (orderEpoch != ofEpoch) arrange(ofEpoch);
    const std::int64_t first = ofIndex * options.batch;
    const std::int64_t rows = std::min(options.batch, static_cast<std::int64_t>(order.size()) - first);
    const auto valid = static_cast<std::size_t>(rows);
    const auto samples = std::span(order).subspan(static_cast<std::size_t>(first), valid);
    for (std::size_t t = 0; t < options.tensors.size(); ++t) {
      const auto [tensor, asBytes] = options.tensors[t];
      AlignedBuffer& buffer = slot.buffers[t];
      if (options.transform && options.transform->changes(tensor))
        options.transform->gather(options.tensors[t], samples, ofEpoch, buffer.data());
      else if (asBytes)
        data->gatherBytes(tensor, samples, reinterpret_cast<std::uint8_t*>(buffer.data()));
      else
        data->gather(tensor, samples, buffer.data());
      const std::size_t used = buffer.size() / static_cast<std::size_t>(options.batch) * valid;
      std::memset(buffer.data() + used, 0, buffer.size() - used);
      if (data->info.isLengths(tensor)) {  // no sample is empty
        auto* const lengths = reinterpret_cast<std::int32_t*>(buffer.data());
        std::fill(lengths + valid, lengths + options.batch, 1);
      }
    }
    slot.batch.validRows = rows;
    slot.batch.index = ofIndex;
  }

  void work() {
    const auto wanted = [&] { return stopping || (!seeking && worthWaking()); };
    std::unique_lock lock(mutex);
    while (!stopping) {
      while (!wanted()) {
        asleep = true;
        if (!wanted()) freed.wait(lock);
        asleep = false;
      }
      busy = true;
      lock.unlock();
      while (!stopping && !seeking && freeSlots() > 0) {
        fill(slots[produced % slots.size()], epoch, index);
        if (++index == batches) {
          index = 0;
          ++epoch;
        }
        ++produced;
        if (waiting) {
          const std::lock_guard wake(mutex);
          filled.notify_one();
        }
      }
      lock.lock();
      busy = false;
      idle.notify_one();
    }
  }

  // The thread's top-level function: an exception is passed to the reader.
  void run() {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      busy = false;
      filled.notify_one();
      idle.notify_one();
    }
  }
};

BatchLoader::BatchLoader(std::shared_ptr<const Dataset> data, Options options)
    : impl_(std::make_unique<Impl>()) {
  TANDEM_CHECK(data && options.batch >= 1 && options.depth >= 1, "BatchLoader options");
  TANDEM_CHECK(!options.transform || options.part == SplitPart::Train,
               "only training samples are transformed");
  impl_->data = std::move(data);
  impl_->batches = countBatches(static_cast<std::int64_t>(impl_->data->part(options.part).size()), options);
  if (options.tensors.empty())
    for (std::size_t i = 0; i < impl_->data->info.tensors(); ++i) options.tensors.push_back({i, false});
  impl_->options = options;
  if (impl_->batches == 0) return;
  const DatasetInfo& info = impl_->data->info;
  std::vector<std::size_t> sizes;
  for (const BatchTensor& each : impl_->options.tensors) {
    const DataTensor& tensor = info.tensor(each.index);
    sizes.push_back((each.bytes ? tensor.byteType(options.batch) : tensor.type(options.batch)).bytes());
  }
  impl_->slots.resize(countSlots(std::reduce(sizes.begin(), sizes.end()), options.depth));
  for (Slot& slot : impl_->slots) {
    for (const std::size_t size : sizes) slot.buffers.emplace_back(size);
    for (AlignedBuffer& buffer : slot.buffers) slot.batch.tensors.push_back(buffer.data());
  }
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

BatchLoader::~BatchLoader() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->freed.notify_one();
  impl_->thread.join();
}

std::int64_t BatchLoader::batchesPerEpoch() const {
  return impl_->batches;
}

void BatchLoader::seek(std::int64_t epoch, std::int64_t batchIndex) {
  Impl& s = *impl_;
  TANDEM_CHECK(epoch >= 0 && batchIndex >= 0 && batchIndex <= s.batches, "seek outside the epoch");
  TANDEM_CHECK(s.taken == s.released, "seek while batches are held");
  if (s.batches == 0) return;
  std::unique_lock lock(s.mutex);
  s.seeking = true;
  s.idle.wait(lock, [&] { return !s.busy; });
  s.readIndex = batchIndex;
  s.produced = s.taken = s.released = 0;
  s.epoch = batchIndex == s.batches ? epoch + 1 : epoch;
  s.index = batchIndex == s.batches ? 0 : batchIndex;
  s.seeking = false;
  s.freed.notify_one();
}

const Batch* BatchLoader::next() {
  Impl& s = *impl_;
  if (s.readIndex == s.batches) {
    s.readIndex = 0;
    return nullptr;
  }
  TANDEM_CHECK(s.taken - s.released < static_cast<std::uint64_t>(s.options.depth), "too many batches held");
  if (s.produced == s.taken) {
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock lock(s.mutex);
    s.waiting = true;
    s.freed.notify_one();
    s.filled.wait(lock, [&] { return s.produced > s.taken || s.failure; });
    s.waiting = false;
    s.waitSeconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (s.produced == s.taken) std::rethrow_exception(s.failure);
  }
  ++s.readIndex;
  return &s.slots[s.taken++ % s.slots.size()].batch;
}

void BatchLoader::release(const Batch* batch) {
  Impl& s = *impl_;
  TANDEM_CHECK(s.released < s.taken && batch == &s.slots[s.released % s.slots.size()].batch,
               "batches are released in the order they were taken");
  ++s.released;
  if (s.asleep && s.worthWaking() && s.asleep.exchange(false)) {
    const std::lock_guard lock(s.mutex);
    s.freed.notify_one();
  }
}

double BatchLoader::takeWaitSeconds() {
  return std::exchange(impl_->waitSeconds, 0.0);
}

}  // namespace tandem
