// Where a reader gets its bytes: a file, memory (tests, fuzzing), or either of them behind gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace tandem {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `into` from its start; fewer bytes than asked for only at the end.
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
  // An upper bound of what can still be read: exact for plain bytes; for gzip what the packed bytes
  // could at most unpack to.
  virtual std::uint64_t remaining() const = 0;
  virtual bool packed() const { return false; }
};

std::unique_ptr<ByteSource> openMemory(std::span<const std::uint8_t> bytes);

// A regular file, read in order. NotFound, or Io for what is no regular file or cannot be opened.
Result<std::unique_ptr<ByteSource>> openFile(const std::filesystem::path& file);

// Unpacks `packed` if it starts with gzip's magic number; otherwise hands the same bytes on.
Result<std::unique_ptr<ByteSource>> unpackGzip(std::unique_ptr<ByteSource> packed, const std::string& where);

// A whole file, not above `limit` bytes.
Result<std::vector<std::uint8_t>> readFile(const std::filesystem::path& file, std::uint64_t limit);

}  // namespace tandem
