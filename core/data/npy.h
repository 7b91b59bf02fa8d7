// Arrays of NumPy's .npy format. Nothing in a file is ever executed: arrays of Python objects are refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/byte_source.h"
#include "core/data/dataset.h"

namespace tandem {

struct NpyHeader {
  enum class Kind : std::uint8_t { Bool, Signed, Unsigned, Float };
  Kind kind = Kind::Float;
  int bytes = 4;  // of a value
  bool bigEndian = false;
  bool fortran = false;             // the first index varies fastest
  std::vector<std::int64_t> shape;  // empty: a single value
  std::int64_t elements = 1;

  bool isFloat() const { return kind == Kind::Float; }
  bool isByte() const { return kind == Kind::Unsigned && bytes == 1; }
  std::string type() const;  // "float32", "uint8"
};

struct NpyArray {
  NpyHeader header;
  std::vector<std::uint8_t> bytes;  // values in the order of this machine, the last index varying fastest

  double at(std::size_t index) const;
};

// Errors: not an .npy file, damaged, a kind of values other than numbers, more values than the source or the memory can
// hold. `source` is at the first value afterwards.
Result<NpyHeader> readNpyHeader(ByteSource& source, const std::string& where);
Result<NpyArray> readNpy(ByteSource& source, const std::string& where, const LoadProgress& progress);

}  // namespace tandem
