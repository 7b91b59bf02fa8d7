// Bounded single-producer single-consumer ring. The producer never waits: tryPush fails when full.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "core/base/check.h"

namespace tandem {

template <class T>
class SpscRing {
 public:
  explicit SpscRing(std::size_t capacity) : slots_(capacity + 1) {
    TANDEM_CHECK(capacity >= 1, "empty ring");
  }

  bool tryPush(const T& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t next = (tail + 1) % slots_.size();
    if (next == head_.load(std::memory_order_acquire)) return false;
    slots_[tail] = item;
    tail_.store(next, std::memory_order_release);
    return true;
  }

  bool tryPop(T& item) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    item = slots_[head];
    head_.store((head + 1) % slots_.size(), std::memory_order_release);
    return true;
  }

 private:
  std::vector<T> slots_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace tandem
