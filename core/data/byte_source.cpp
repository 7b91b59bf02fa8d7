#include "core/data/byte_source.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "core/text/units.h"

namespace tandem {
namespace {

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t count = std::min(into.size(), bytes_.size());
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_ = bytes_.subspan(count);
    return count;
  }
  std::uint64_t remaining() const override { return bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class FileSource : public ByteSource {
 public:
  FileSource(std::unique_ptr<std::FILE, CloseFile> file, std::uint64_t size, std::string where)
      : file_(std::move(file)), remaining_(size), where_(std::move(where)) {}
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t count = std::fread(into.data(), 1, into.size(), file_.get());
    if (count < into.size() && std::ferror(file_.get())) {
      return Error{ErrorCode::Io, fmt::format("cannot read the file: {}", std::strerror(errno)), where_, {}};
    }
    remaining_ -= std::min<std::uint64_t>(remaining_, count);
    return count;
  }
  std::uint64_t remaining() const override { return remaining_; }

 private:
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::uint64_t remaining_;
  std::string where_;
};

// Returns bytes that were read ahead, then the rest.
class PrefixedSource : public ByteSource {
 public:
  PrefixedSource(std::vector<std::uint8_t> prefix, std::unique_ptr<ByteSource> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t count = std::min(into.size(), prefix_.size() - used_);
    std::copy_n(prefix_.begin() + static_cast<std::ptrdiff_t>(used_), count, into.begin());
    used_ += count;
    TANDEM_ASSIGN(const std::size_t more, rest_->read(into.subspan(count)));
    return count + more;
  }
  std::uint64_t remaining() const override { return prefix_.size() - used_ + rest_->remaining(); }

 private:
  std::vector<std::uint8_t> prefix_;
  std::size_t used_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> packed, std::string where)
      : packed_(std::move(packed)), where_(std::move(where)) {
    started_ = inflateInit2(&stream_, 15 + 16) == Z_OK;  // 32 KiB window, gzip header
  }
  ~GzipSource() override {
    if (started_) inflateEnd(&stream_);
  }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (!started_)
      return Error{ErrorCode::OutOfMemory, "not enough memory to decompress the file", where_, {}};
    std::size_t count = 0;
    while (count < into.size()) {
      if (stream_.avail_in == 0) {
        TANDEM_ASSIGN(const std::size_t got, packed_->read(buffer_));
        stream_.next_in = buffer_.data();
        stream_.avail_in = static_cast<uInt>(got);
        if (got == 0) {
          if (atStart_) return count;
          return Error{ErrorCode::Io, "the gzip data is truncated", where_, "Download the file again"};
        }
      }
      if (atStart_) inflateReset(&stream_);  // gzip allows several concatenated members
      atStart_ = false;
      const std::size_t space = std::min<std::size_t>(into.size() - count, std::numeric_limits<uInt>::max());
      stream_.next_out = into.data() + count;
      stream_.avail_out = static_cast<uInt>(space);
      const int state = inflate(&stream_, Z_NO_FLUSH);
      count += space - stream_.avail_out;
      if (state == Z_STREAM_END) {
        atStart_ = true;
      } else if (state != Z_OK && state != Z_BUF_ERROR) {
        return Error{ErrorCode::Io, "the gzip data is damaged", where_, "Download the file again"};
      }
    }
    return count;
  }

  // Deflate compresses by at most 1032 : 1.
  std::uint64_t remaining() const override {
    return (packed_->remaining() + stream_.avail_in) * 1032 + (1u << 16);
  }
  bool packed() const override { return true; }

 private:
  std::unique_ptr<ByteSource> packed_;
  std::string where_;
  z_stream stream_{};
  std::array<std::uint8_t, 1 << 16> buffer_{};
  bool started_ = false, atStart_ = true;
};

}  // namespace

std::unique_ptr<ByteSource> openMemory(std::span<const std::uint8_t> bytes) {
  return std::make_unique<MemorySource>(bytes);
}

Result<std::unique_ptr<ByteSource>> openFile(const std::filesystem::path& file) {
  std::error_code code;
  const auto status = std::filesystem::status(file, code);
  if (!std::filesystem::exists(status)) {
    return Error{ErrorCode::NotFound, "the file does not exist", file.string(),
                 "Move it there, or choose another file"};
  }
  if (std::filesystem::is_directory(status)) {
    return Error{ErrorCode::Io, "this is a folder, not a file", file.string(), "Choose a file"};
  }
  if (!std::filesystem::is_regular_file(status)) {
    return Error{ErrorCode::Io, "this is not a regular file", file.string(), "Choose another file"};
  }
  std::unique_ptr<std::FILE, CloseFile> handle(std::fopen(file.c_str(), "rb"));
  const int reason = errno;
  const std::uintmax_t size = std::filesystem::file_size(file, code);
  if (!handle || code) {
    return Error{ErrorCode::Io, fmt::format("cannot open the file: {}", std::strerror(reason)), file.string(),
                 "Check its permissions, or choose another file"};
  }
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(std::move(handle), size, file.string()));
}

Result<std::unique_ptr<ByteSource>> unpackGzip(std::unique_ptr<ByteSource> packed, const std::string& where) {
  std::vector<std::uint8_t> magic(2);
  TANDEM_ASSIGN(const std::size_t got, packed->read(magic));
  magic.resize(got);
  const bool isGzip = got == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
  std::unique_ptr<ByteSource> whole = std::make_unique<PrefixedSource>(std::move(magic), std::move(packed));
  if (!isGzip) return whole;
  return std::unique_ptr<ByteSource>(std::make_unique<GzipSource>(std::move(whole), where));
}

Result<std::string> readAll(ByteSource& source, std::size_t limit, const std::string& where) {
  constexpr std::size_t kChunk = 1u << 20;
  std::string bytes;
  for (;;) {
    const std::size_t done = bytes.size();
    bytes.resize(done + kChunk);
    TANDEM_ASSIGN(const std::size_t got,
                  source.read({reinterpret_cast<std::uint8_t*>(bytes.data()) + done, kChunk}));
    bytes.resize(done + got);
    if (bytes.size() > limit)
      return Error{ErrorCode::OutOfMemory, "the file is larger than " + bytesText(static_cast<double>(limit)),
                   where, "Split it into smaller files"};
    if (got < kChunk) return bytes;
  }
}

Result<std::vector<std::uint8_t>> readFile(const std::filesystem::path& file, std::uint64_t limit) {
  TANDEM_ASSIGN(const std::unique_ptr<ByteSource> source, openFile(file));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min(limit, source->remaining())));
  TANDEM_ASSIGN(const std::size_t got, source->read(bytes));
  bytes.resize(got);
  return bytes;
}

}  // namespace tandem
