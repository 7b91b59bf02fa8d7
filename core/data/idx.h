// IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist): two zero bytes, a type, the rank, the
// extents as big-endian 32-bit numbers, then the values. Plain or compressed with gzip.
#pragma once

#include <string>
#include <vector>

#include "core/data/byte_source.h"
#include "core/data/dataset.h"

namespace tandem {

struct IdxHeader {
  std::vector<std::int64_t> extents;  // 1 to 4, all above 0
  std::int64_t elements = 0;
};

struct IdxArray {
  IdxHeader header;
  std::vector<std::uint8_t> values;
};

// Unsigned bytes only. The size in the header is checked against the file size before memory is allocated.
Result<IdxHeader> readIdxHeader(ByteSource& source, const std::string& where);
Result<IdxArray> readIdxArray(ByteSource& source, const std::string& where, const LoadProgress& progress);

// The same from memory, decompressed if necessary; for fuzzing.
Result<IdxArray> parseIdx(std::span<const std::uint8_t> bytes, const std::string& where);

}  // namespace tandem
