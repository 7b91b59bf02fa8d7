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

inline Error damagedBlob() {
  return invalid("a block of recorded values is damaged", {}, "The curves of the run cannot be shown");
}

}  // namespace tandem
