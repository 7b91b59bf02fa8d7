// The members of a ZIP archive, such as an .npz file: stored or compressed with deflate, also in the format for large files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/data/byte_source.h"

namespace tandem {

// Bytes that can be read at any position.
struct ByteBlock {
  std::uint64_t size = 0;
  // Fills `into` from a position; what is requested lies inside.
  std::function<Status(std::uint64_t position, std::span<std::uint8_t> into)> read;
};

// A regular file. Errors: NotFound, Io.
Result<ByteBlock> openBlock(const std::filesystem::path& file);
ByteBlock blockOf(std::span<const std::uint8_t> bytes);  // which must outlive it

struct ZipMember {
  std::string name;
  std::uint64_t header = 0;            // the position of its header
  std::uint64_t packed = 0, size = 0;  // bytes as stored, and unpacked
  std::uint32_t crc = 0;
  bool deflated = false;
};

// All members with names, in the order of the archive. Errors: not a ZIP archive, damaged, encrypted, or another kind of
// compression.
Result<std::vector<ZipMember>> zipMembers(const ByteBlock& archive, const std::string& where);

// The unpacked bytes of a member, whose checksum is verified at their end. `archive` is copied.
Result<std::unique_ptr<ByteSource>> openMember(const ByteBlock& archive, const ZipMember& member,
                                               const std::string& where);

}  // namespace tandem
