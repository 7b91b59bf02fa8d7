// A hash that detects mistakes, not tampering: the same on every little-endian machine, at several GB/s.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace tandem {

// Four independent multiply-rotate lanes, so that the processor does not wait for each product.
class ContentHash {
 public:
  void add(std::uint64_t value) { state_ = mixed(state_ ^ value) + 0x9e3779b97f4a7c15ull; }

  void addBytes(const void* data, std::size_t size) {
    add(size);
    const auto* at = static_cast<const unsigned char*>(data);
    std::uint64_t lanes[4] = {state_, ~state_, state_ * 3, state_ * 5};
    constexpr std::size_t kBlock = 4 * sizeof(std::uint64_t);
    while (size >= kBlock) {
      std::uint64_t words[4];
      std::memcpy(words, at, kBlock);
      for (std::size_t i = 0; i < 4; ++i)
        lanes[i] = std::rotl(lanes[i] ^ words[i], 27) * 0x9e3779b97f4a7c15ull;
      at += kBlock;
      size -= kBlock;
    }
    for (const std::uint64_t lane : lanes) add(lane);
    std::uint64_t rest[4] = {};
    if (size > 0) std::memcpy(rest, at, size);
    for (const std::uint64_t word : rest) add(word);
  }

  template <class T>
  void addAll(std::span<const T> values) {
    addBytes(values.data(), values.size_bytes());
  }
  std::string text() const { return fmt::format("{:016x}", mixed(state_)); }  // 16 hexadecimal digits

 private:
  // The finalizer of MurmurHash3 (Appleby): each input bit affects about half of the output bits.
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdull;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ull;
    return x ^ x >> 33;
  }

  std::uint64_t state_ = 1;
};

}  // namespace tandem
