// The byte source of a reader: a file, memory (tests, fuzzing), or either one compressed with gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace tandem {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `into` from its start; returns fewer bytes than requested only at the end.
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
  // An upper bound on the bytes left to read: exact for plain bytes; for gzip, the most that the compressed
  // bytes could expand to.
  virtual std::uint64_t remaining() const = 0;
  virtual bool packed() const { return false; }
};

std::unique_ptr<ByteSource> openMemory(std::span<const std::uint8_t> bytes);

// A regular file, read sequentially. Errors: NotFound, or Io if it is not a regular file or cannot be opened.
Result<std::unique_ptr<ByteSource>> openFile(const std::filesystem::path& file);

// Decompresses `packed` if it starts with gzip's magic number; otherwise passes the bytes through.
Result<std::unique_ptr<ByteSource>> unpackGzip(std::unique_ptr<ByteSource> packed, const std::string& where);

// All bytes of a source; an Error if they exceed `limit`.
Result<std::string> readAll(ByteSource& source, std::size_t limit, const std::string& where);

// The content of a file, up to `limit` bytes.
Result<std::vector<std::uint8_t>> readFile(const std::filesystem::path& file, std::uint64_t limit);

}  // namespace tandem
