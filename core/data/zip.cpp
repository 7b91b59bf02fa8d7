#include "core/data/zip.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace tandem {
namespace {

constexpr std::size_t kMaxMembers = 10'000;
constexpr std::uint64_t kMaxDirectory = 16u << 20;
constexpr std::uint64_t kMostExpansion = 1032;  // of deflate
constexpr std::uint32_t kWide = 0xffffffff;     // the value is in the extra field

using Bytes = std::span<const std::uint8_t>;

std::uint64_t numberAt(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t k = count; k-- > 0;) value = value << 8 | bytes[at + k];
  return value;
}

bool hasMagic(Bytes bytes, std::size_t at, char third, char fourth) {
  const std::array<char, 4> magic{'P', 'K', third, fourth};
  return bytes.size() >= at + 4 && std::memcmp(bytes.data() + at, magic.data(), 4) == 0;
}

Error damaged(std::string_view what, const std::string& where) {
  return Error{ErrorCode::Io, fmt::format("the ZIP archive is damaged: {}", what), where,
               "Download or save the file again"};
}

Result<std::vector<std::uint8_t>> readBlock(const ByteBlock& block, std::uint64_t position,
                                            std::uint64_t count, const std::string& where) {
  if (position > block.size || count > block.size - position) return damaged("it ends too early", where);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  TANDEM_TRY(block.read(position, bytes));
  return bytes;
}

struct Directory {
  std::uint64_t members = 0, size = 0, position = 0;
};

Result<Directory> findDirectory(const ByteBlock& archive, const std::string& where) {
  constexpr std::size_t kEnd = 22, kLocator = 20, kWideEnd = 56, kMaxComment = 0xffff;
  const std::uint64_t tail = std::min<std::uint64_t>(archive.size, kEnd + kMaxComment);
  const std::uint64_t from = archive.size - tail;
  TANDEM_ASSIGN(const auto bytes, readBlock(archive, from, tail, where));
  std::optional<std::size_t> end;
  for (std::size_t at = bytes.size() < kEnd ? 0 : bytes.size() - kEnd + 1; at-- > 0 && !end;)
    if (hasMagic(bytes, at, 5, 6)) end = at;
  if (!end) return damaged("its directory is missing", where);
  Directory found{numberAt(bytes, *end + 10, 2), numberAt(bytes, *end + 12, 4),
                  numberAt(bytes, *end + 16, 4)};
  if (found.members == 0xffff || found.size == kWide || found.position == kWide) {
    if (*end < kLocator || !hasMagic(bytes, *end - kLocator, 6, 7))
      return damaged("its directory is missing", where);
    const std::uint64_t at = numberAt(bytes, *end - kLocator + 8, 8);
    TANDEM_ASSIGN(const auto wide, readBlock(archive, at, kWideEnd, where));
    if (!hasMagic(wide, 0, 6, 6)) return damaged("its directory is missing", where);
    found = {numberAt(wide, 32, 8), numberAt(wide, 40, 8), numberAt(wide, 48, 8)};
  }
  if (found.members > kMaxMembers || found.size > kMaxDirectory)
    return damaged(fmt::format("it lists more than {} files", kMaxMembers), where);
  return found;
}

// Replaces sizes and positions that need more than 32 bits.
Status readWide(Bytes extra, ZipMember& member, const std::string& where) {
  while (extra.size() >= 4) {
    const std::size_t kind = numberAt(extra, 0, 2), length = numberAt(extra, 2, 2);
    extra = extra.subspan(4);
    if (length > extra.size()) return damaged("an extra field is too long", where);
    Bytes field = extra.first(length);
    extra = extra.subspan(length);
    if (kind != 1) continue;
    for (std::uint64_t* value : {&member.size, &member.packed, &member.header}) {
      if (*value != kWide) continue;
      if (field.size() < 8) return damaged("an extra field is too short", where);
      *value = numberAt(field, 0, 8);
      field = field.subspan(8);
    }
  }
  return success();
}

class MemberSource : public ByteSource {
 public:
  MemberSource(ByteBlock archive, const ZipMember& member, std::uint64_t position, std::string where)
      : archive_(std::move(archive)),
        member_(member),
        position_(position),
        packed_(member.packed),
        remaining_(member.size),
        where_(std::move(where)) {
    started_ = !member.deflated || inflateInit2(&stream_, -15) == Z_OK;  // no header of zlib or gzip
  }
  ~MemberSource() override {
    if (started_ && member_.deflated) inflateEnd(&stream_);
  }
  MemberSource(const MemberSource&) = delete;
  MemberSource& operator=(const MemberSource&) = delete;

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (!started_)
      return Error{ErrorCode::OutOfMemory, "not enough memory to decompress the file", where_, {}};
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), remaining_)));
    if (into.empty()) return std::size_t{0};
    if (member_.deflated) {
      TANDEM_TRY(inflateInto(into));
    } else {
      TANDEM_TRY(readPacked(into));
    }
    constexpr std::size_t kPart = 1u << 30;  // zlib counts in 32 bits
    for (std::size_t at = 0; at < into.size(); at += kPart)
      crc_ = static_cast<std::uint32_t>(
          crc32(crc_, into.data() + at, static_cast<uInt>(std::min(kPart, into.size() - at))));
    remaining_ -= into.size();
    if (remaining_ == 0 && crc_ != member_.crc) return damaged("its checksum is wrong", where_);
    return into.size();
  }
  std::uint64_t remaining() const override { return remaining_; }

 private:
  Status readPacked(std::span<std::uint8_t> into) {
    if (into.size() > packed_) return damaged("it ends too early", where_);
    TANDEM_TRY(archive_.read(position_, into));
    position_ += into.size();
    packed_ -= into.size();
    return success();
  }

  Status inflateInto(std::span<std::uint8_t> into) {
    while (!into.empty()) {
      if (stream_.avail_in == 0) {
        const std::span<std::uint8_t> more = std::span(buffer_).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), packed_)));
        if (more.empty()) return damaged("it ends too early", where_);
        TANDEM_TRY(readPacked(more));
        stream_.next_in = buffer_.data();
        stream_.avail_in = static_cast<uInt>(more.size());
      }
      const std::size_t space = std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max());
      stream_.next_out = into.data();
      stream_.avail_out = static_cast<uInt>(space);
      const int state = inflate(&stream_, Z_NO_FLUSH);
      into = into.subspan(space - stream_.avail_out);
      if (state == Z_STREAM_END && !into.empty()) return damaged("it ends too early", where_);
      if (state != Z_OK && state != Z_BUF_ERROR && state != Z_STREAM_END)
        return damaged("its data cannot be decompressed", where_);
    }
    return success();
  }

  ByteBlock archive_;
  ZipMember member_;
  std::uint64_t position_, packed_, remaining_;  // of the packed bytes; bytes left, packed and unpacked
  std::string where_;
  z_stream stream_{};
  std::array<std::uint8_t, 1 << 16> buffer_{};
  std::uint32_t crc_ = 0;
  bool started_ = false;
};

}  // namespace

Result<ByteBlock> openBlock(const std::filesystem::path& file) {
  TANDEM_TRY(openFile(file));  // reports what is wrong with it
  const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct ::stat status {};
  if (handle < 0 || ::fstat(handle, &status) != 0) {
    const int reason = errno;
    if (handle >= 0) ::close(handle);
    return Error{
        ErrorCode::Io, fmt::format("cannot open the file: {}", std::strerror(reason)), file.string(), {}};
  }
  const auto closing = std::shared_ptr<const int>(new int(handle), [](const int* each) {
    ::close(*each);
    delete each;
  });
  const auto read = [closing, where = file.string()](std::uint64_t position,
                                                     std::span<std::uint8_t> into) -> Status {
    while (!into.empty()) {
      const ssize_t got = ::pread(*closing, into.data(), into.size(), static_cast<off_t>(position));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        return Error{ErrorCode::Io, fmt::format("cannot read the file: {}", std::strerror(errno)), where, {}};
      if (got == 0) return Error{ErrorCode::Io, "the file has become shorter", where, {}};
      position += static_cast<std::uint64_t>(got);
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return success();
  };
  return ByteBlock{static_cast<std::uint64_t>(status.st_size), read};
}

ByteBlock blockOf(std::span<const std::uint8_t> bytes) {
  return {bytes.size(), [bytes](std::uint64_t position, std::span<std::uint8_t> into) -> Status {
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(position), into.size(), into.begin());
            return success();
          }};
}

Result<std::vector<ZipMember>> zipMembers(const ByteBlock& archive, const std::string& where) {
  constexpr std::size_t kHeader = 46;
  TANDEM_ASSIGN(const Directory directory, findDirectory(archive, where));
  TANDEM_ASSIGN(const auto bytes, readBlock(archive, directory.position, directory.size, where));
  std::vector<ZipMember> members;
  Bytes rest(bytes);
  for (std::uint64_t i = 0; i < directory.members; ++i) {
    if (rest.size() < kHeader || !hasMagic(rest, 0, 1, 2))
      return damaged("its directory ends too early", where);
    const std::size_t name = numberAt(rest, 28, 2), extra = numberAt(rest, 30, 2),
                      comment = numberAt(rest, 32, 2);
    if (rest.size() - kHeader < name + extra + comment) return damaged("its directory ends too early", where);
    ZipMember member;
    member.name.assign(reinterpret_cast<const char*>(rest.data()) + kHeader, name);
    member.crc = static_cast<std::uint32_t>(numberAt(rest, 16, 4));
    member.packed = numberAt(rest, 20, 4);
    member.size = numberAt(rest, 24, 4);
    member.header = numberAt(rest, 42, 4);
    TANDEM_TRY(readWide(rest.subspan(kHeader + name, extra), member, where));
    const std::uint64_t flags = numberAt(rest, 8, 2), method = numberAt(rest, 10, 2);
    rest = rest.subspan(kHeader + name + extra + comment);
    if ((flags & 1) != 0)
      return Error{ErrorCode::Unsupported, "the ZIP archive is encrypted", where,
                   "Save it without a password"};
    if (method != 0 && method != 8)
      return Error{ErrorCode::Unsupported,
                   fmt::format("the ZIP archive uses compression {}; only deflate can be read", method),
                   where, "Save it with numpy.savez or numpy.savez_compressed"};
    member.deflated = method == 8;
    const bool possible = member.packed <= archive.size &&
                          (member.deflated ? member.size <= (member.packed + 1) * kMostExpansion
                                           : member.size == member.packed);
    if (!possible) return damaged("the size of a file in it is impossible", where);
    members.push_back(std::move(member));
  }
  return members;
}

Result<std::unique_ptr<ByteSource>> openMember(const ByteBlock& archive, const ZipMember& member,
                                               const std::string& where) {
  constexpr std::size_t kHeader = 30;
  TANDEM_ASSIGN(const auto header, readBlock(archive, member.header, kHeader, where));
  if (!hasMagic(header, 0, 3, 4)) return damaged("the header of a file in it is missing", where);
  const std::uint64_t position = member.header + kHeader + numberAt(header, 26, 2) + numberAt(header, 28, 2);
  if (position > archive.size || member.packed > archive.size - position)
    return damaged("it ends too early", where);
  return std::unique_ptr<ByteSource>(std::make_unique<MemberSource>(archive, member, position, where));
}

}  // namespace tandem
