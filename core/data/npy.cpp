#include "core/data/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include "core/data/reader.h"

namespace tandem {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kMaxHeader = 1u << 16;
constexpr std::size_t kMaxRank = 8;

Error damagedHeader(const std::string& where) {
  return Error{ErrorCode::Io, "the header of the NumPy array is damaged", where,
               "Save the array again with numpy.save"};
}

// The header's text, a Python dictionary such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderText {
 public:
  HeaderText(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  Result<NpyHeader> parse() {
    NpyHeader header;
    std::set<std::string_view> keys;
    if (!skip("{")) return damagedHeader(where_);
    while (!skip("}")) {
      const auto key = quoted();
      if (!key || !skip(":") || !keys.insert(*key).second) return damagedHeader(where_);
      if (*key == "descr") {
        TANDEM_TRY(readType(header));
      } else if (*key == "fortran_order") {
        header.fortran = skip("True");
        if (!header.fortran && !skip("False")) return damagedHeader(where_);
      } else if (*key == "shape") {
        TANDEM_TRY(readShape(header));
      } else {
        return damagedHeader(where_);
      }
      if (!skip(",") && !next("}")) return damagedHeader(where_);
    }
    blanks();
    if (!rest_.empty() || keys.size() != 3) return damagedHeader(where_);
    return header;
  }

 private:
  void blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  bool next(std::string_view what) {
    blanks();
    return rest_.starts_with(what);
  }
  bool skip(std::string_view what) {
    if (!next(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }

  std::optional<std::string_view> quoted() {
    blanks();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == rest_.npos) return std::nullopt;
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }

  Error unsupported(std::string_view what, std::string_view hint) const {
    return Error{ErrorCode::Unsupported,
                 fmt::format("the NumPy array contains {}; this is not supported", what), where_,
                 std::string(hint)};
  }

  Status readType(NpyHeader& header) {
    if (next("[")) return unsupported("records of several fields", "Save each field as a separate array");
    const auto text = quoted();
    if (!text) return damagedHeader(where_);
    std::string_view type = *text;
    if (type.empty()) return damagedHeader(where_);
    if (std::string_view("<>|=").find(type[0]) != std::string_view::npos) {
      header.bigEndian = type[0] == '>';
      type.remove_prefix(1);
    }
    if (type.empty()) return damagedHeader(where_);
    constexpr const char* kConvert = "Convert it with astype";
    switch (type[0]) {
      case 'O':
        return unsupported("Python objects, which could execute code when they are read",
                           "Convert it to an array of numbers and save it again");
      case 'U':
      case 'S':
      case 'a':
        return unsupported("texts", "Replace classes by their numbers, or save the data as a CSV file");
      case 'V':
        return unsupported("records or raw bytes", "Save each field as a separate array");
      case 'c':
        return unsupported("complex numbers", "Save the real and imaginary parts as numbers");
      case 'M':
      case 'm':
        return unsupported("dates or times", kConvert);
      case 'b':
        header.kind = NpyHeader::Kind::Bool;
        break;
      case 'i':
        header.kind = NpyHeader::Kind::Signed;
        break;
      case 'u':
        header.kind = NpyHeader::Kind::Unsigned;
        break;
      case 'f':
        header.kind = NpyHeader::Kind::Float;
        break;
      default:
        return unsupported(fmt::format("values of type \"{}\"", *text), kConvert);
    }
    const auto [end, error] = std::from_chars(type.data() + 1, type.data() + type.size(), header.bytes);
    if (error != std::errc() || end != type.data() + type.size()) return damagedHeader(where_);
    const bool power = header.bytes == 1 || header.bytes == 2 || header.bytes == 4 || header.bytes == 8;
    const bool known = header.kind == NpyHeader::Kind::Bool    ? header.bytes == 1
                       : header.kind == NpyHeader::Kind::Float ? power && header.bytes > 1
                                                               : power;
    if (known) return success();
    return unsupported(
        fmt::format("{} values of {} bytes", header.isFloat() ? "floating-point" : "integer", header.bytes),
        kConvert);
  }

  Status readShape(NpyHeader& header) {
    if (!skip("(")) return damagedHeader(where_);
    while (!skip(")")) {
      blanks();
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc() || extent < 0) return damagedHeader(where_);
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      skip("L");  // of Python 2
      if (!skip(",") && !next(")")) return damagedHeader(where_);
      header.shape.push_back(extent);
      if (header.shape.size() > kMaxRank)
        return invalid(fmt::format("the NumPy array has more than {} dimensions", kMaxRank), where_,
                       "Reshape it to samples and their values");
    }
    return success();
  }

  std::string_view rest_;
  const std::string& where_;
};

Status readFully(ByteSource& source, std::span<std::uint8_t> into, const std::string& where) {
  TANDEM_ASSIGN(const std::size_t got, source.read(into));
  if (got == into.size()) return success();
  return Error{ErrorCode::Io, "the file ends within the header of the NumPy array", where,
               "Download or save the file again"};
}

double halfValue(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0x1f) return fraction != 0 ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 0x400, exponent - 25);
}

template <class Value>
Value valueIn(const std::uint8_t* bytes) {
  Value value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// From the order in which the first index varies fastest to that in which the last one does.
std::vector<std::uint8_t> reordered(const NpyHeader& header, const std::vector<std::uint8_t>& bytes) {
  const std::size_t rank = header.shape.size(), size = static_cast<std::size_t>(header.bytes);
  std::vector<std::size_t> step(rank, 1), index(rank, 0);
  for (std::size_t d = 1; d < rank; ++d)
    step[d] = step[d - 1] * static_cast<std::size_t>(header.shape[d - 1]);
  std::vector<std::uint8_t> result(bytes.size());
  std::size_t from = 0;
  for (std::size_t to = 0; to < bytes.size(); to += size) {
    std::copy_n(bytes.data() + from * size, size, result.data() + to);
    for (std::size_t d = rank; d-- > 0;) {
      from += step[d];
      if (++index[d] < static_cast<std::size_t>(header.shape[d])) break;
      from -= step[d] * index[d];
      index[d] = 0;
    }
  }
  return result;
}

}  // namespace

std::string NpyHeader::type() const {
  constexpr const char* kNames[] = {"bool", "int", "uint", "float"};
  const std::string name = kNames[static_cast<std::size_t>(kind)];
  return kind == Kind::Bool ? name : name + std::to_string(8 * bytes);
}

double NpyArray::at(std::size_t index) const {
  const std::uint8_t* value = bytes.data() + index * static_cast<std::size_t>(header.bytes);
  using Kind = NpyHeader::Kind;
  switch (header.kind) {
    case Kind::Bool:
      return *value != 0 ? 1 : 0;
    case Kind::Signed:
      return header.bytes == 1   ? static_cast<double>(valueIn<std::int8_t>(value))
             : header.bytes == 2 ? static_cast<double>(valueIn<std::int16_t>(value))
             : header.bytes == 4 ? static_cast<double>(valueIn<std::int32_t>(value))
                                 : static_cast<double>(valueIn<std::int64_t>(value));
    case Kind::Unsigned:
      return header.bytes == 1   ? static_cast<double>(*value)
             : header.bytes == 2 ? static_cast<double>(valueIn<std::uint16_t>(value))
             : header.bytes == 4 ? static_cast<double>(valueIn<std::uint32_t>(value))
                                 : static_cast<double>(valueIn<std::uint64_t>(value));
    case Kind::Float:
      return header.bytes == 2   ? halfValue(valueIn<std::uint16_t>(value))
             : header.bytes == 4 ? static_cast<double>(valueIn<float>(value))
                                 : valueIn<double>(value);
  }
  return 0;
}

Result<NpyHeader> readNpyHeader(ByteSource& source, const std::string& where) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  std::array<std::uint8_t, 8> start{};
  TANDEM_ASSIGN(const std::size_t got, source.read(start));
  if (got < start.size() || std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0)
    return invalid("this is not a NumPy array", where);
  const int version = start[6];
  if (version < 1 || version > 3)
    return Error{ErrorCode::Unsupported, fmt::format("version {} of NumPy's format is not known", version),
                 where, "Save the array with numpy.save"};
  std::vector<std::uint8_t> length(version == 1 ? 2 : 4);
  TANDEM_TRY(readFully(source, length, where));
  std::size_t size = 0;
  for (std::size_t k = length.size(); k-- > 0;) size = size << 8 | length[k];
  if (size > kMaxHeader) return damagedHeader(where);
  std::vector<std::uint8_t> text(size);
  TANDEM_TRY(readFully(source, text, where));
  TANDEM_ASSIGN(NpyHeader header,
                HeaderText({reinterpret_cast<const char*>(text.data()), text.size()}, where).parse());
  double elements = 1;  // in double: the product may not fit 64 bits
  for (const std::int64_t extent : header.shape) elements *= static_cast<double>(extent);
  if (!(elements >= 1)) return invalid("the NumPy array is empty", where, "Save an array with values");
  const double bytes = elements * header.bytes;
  const auto available = static_cast<double>(source.remaining());
  if (bytes > available || (!source.packed() && bytes < available))
    return Error{
        ErrorCode::Io,
        fmt::format("the header of the NumPy array declares {} = {:.0f} values, but {}{:.0f} bytes follow",
                    fmt::join(header.shape, " x "), elements, source.packed() ? "at most " : "", available),
        where, "Download or save the file again"};
  TANDEM_TRY(checkMemory(bytes, where));
  for (const std::int64_t extent : header.shape) header.elements *= extent;
  return header;
}

Result<NpyArray> readNpy(ByteSource& source, const std::string& where, const LoadProgress& progress) {
  constexpr std::size_t kChunk = 4u << 20;
  NpyArray array;
  TANDEM_ASSIGN(array.header, readNpyHeader(source, where));
  const NpyHeader& header = array.header;
  const auto width = static_cast<std::size_t>(header.bytes);
  array.bytes.resize(static_cast<std::size_t>(header.elements) * width);
  for (std::size_t done = 0; done < array.bytes.size();) {
    const std::span<std::uint8_t> part =
        std::span(array.bytes).subspan(done, std::min(kChunk, array.bytes.size() - done));
    TANDEM_ASSIGN(const std::size_t got, source.read(part));
    if (got < part.size())
      return Error{ErrorCode::Io, "the file ends within the NumPy array", where,
                   "Download or save the file again"};
    done += got;
    TANDEM_TRY(report(progress, static_cast<double>(done) / static_cast<double>(array.bytes.size())));
  }
  if (header.bigEndian)
    for (std::size_t at = 0; at < array.bytes.size(); at += width)
      std::reverse(array.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                   array.bytes.begin() + static_cast<std::ptrdiff_t>(at + width));
  if (header.fortran && header.shape.size() > 1) array.bytes = reordered(header, array.bytes);
  return array;
}

}  // namespace tandem
