// Numbers packed into blobs of the database, little-endian.
#pragma once

#include <bit>
#include <cstring>
#include <string>

#include "core/base/result.h"

namespace tandem {

static_assert(std::endian::native == std::endian::little, "blobs hold little-endian numbers");

template <class T>
void put(std::string& blob, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  blob.append(bytes, sizeof(T));
}

template <class T>
T take(const char*& at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  at += sizeof(T);
  return value;
}

// Seven bits per byte, the lowest first; the highest bit says that more follow. Most counts of a matrix are small.
inline void putCount(std::string& blob, std::int64_t value) {
  auto rest = static_cast<std::uint64_t>(value);
  for (; rest >= 0x80; rest >>= 7) blob.push_back(static_cast<char>(rest | 0x80));
  blob.push_back(static_cast<char>(rest));
}

// Sums of the counts of any matrix fit an int64.
inline constexpr std::int64_t kLargestMatrixCount = 1'000'000'000'000;

// The number at `at`, which moves behind it; -1 if it is not complete or too large.
inline std::int64_t takeCount(const char*& at, const char* end) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; at < end && shift < 56; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      const auto count = static_cast<std::int64_t>(value);
      return count <= kLargestMatrixCount ? count : -1;
    }
  }
  return -1;
}

inline Error damagedBlob() {
  return invalid("a block of recorded values is damaged", {}, "The curves of the run cannot be shown");
}

}  // namespace tandem
