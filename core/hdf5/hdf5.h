// A thin RAII layer over HDF5's C library, for checkpoints and model files.
//
// Writing builds the file in memory; commit() writes it atomically: temporary file, fsync, rename. So a full
// disk or a killed process never destroys a file, and HDF5 itself never sees a failing disk. Reading treats
// the file as untrusted: only hard links are followed, external and virtual storage is refused, and sizes are
// checked against what the file can hold before anything is allocated. Errors name the file and the object.
// Paths inside a file may contain '/': "conv1/kernel".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"

namespace tandem {

template <class T>
struct Hdf5Array {
  Shape shape;
  std::vector<T> values;
};

// How an array is read in parts.
struct Hdf5Values {
  enum class Kind : std::uint8_t { Signed, Unsigned, Float };
  Kind kind = Kind::Float;
  std::size_t bytes = 4;  // of a value: 1, 2, 4 or 8; half precision is read as single precision
  Shape shape;
};

// Where an array lies in its file.
struct Hdf5Place {
  Shape shape;
  // Of its first byte, if the values are floats in memory layout, in one piece. Otherwise they must be read.
  std::optional<std::uint64_t> offset;
};

// A group of a file (the root is a group, too). Keeps the file open during its lifetime.
class Hdf5Group {
 public:
  Hdf5Group(Hdf5Group&&) noexcept;
  Hdf5Group& operator=(Hdf5Group&&) noexcept;
  ~Hdf5Group();

  // Writing. Missing intermediate groups are created. T: float, double, std::int32_t, std::int64_t.
  Result<Hdf5Group> createGroup(const std::string& path);
  template <class T>
  Status write(const std::string& path, const Shape& shape, std::span<const T> values);
  Status setText(const std::string& attribute, std::string_view text);  // scalar, variable length, UTF-8
  // One-dimensional array of fixed-length strings, padded with zeros, as h5py writes NumPy's 'S' arrays
  // (Keras: layer_names, weight_names). An attribute holds at most 64 KB.
  Status setTexts(const std::string& attribute, std::span<const std::string> texts);
  Status setNumber(const std::string& attribute, double value);
  Status setInteger(const std::string& attribute, std::int64_t value);

  // Reading.
  bool has(const std::string& path) const;  // a group or dataset reached over hard links only
  bool hasAttribute(const std::string& attribute) const;
  Result<std::vector<std::string>> names() const;  // of all children
  Result<Hdf5Group> group(const std::string& path) const;
  // The number types of the file are converted to T; a rank above Shape::kMaxRank is an Error.
  template <class T>
  Result<Hdf5Array<T>> read(const std::string& path) const;
  bool isGroup(const std::string& path) const;  // reached over hard links only
  Result<Hdf5Values> valuesOf(const std::string& path) const;
  // Calls take() with the bytes of the values, in the order of this machine, for a few samples at a time: the elements of
  // the first dimension.
  Status readParts(const std::string& path, const std::function<void(std::string_view)>& take) const;
  Result<Hdf5Place> placeOf(const std::string& path) const;
  Result<std::string> text(const std::string& attribute) const;  // fixed or variable length
  Result<std::vector<std::string>> texts(const std::string& attribute) const;
  Result<double> number(const std::string& attribute) const;
  Result<std::int64_t> integer(const std::string& attribute) const;

 private:
  friend class Hdf5File;
  struct State;
  struct OpenArray;
  Result<OpenArray> openArray(const std::string& path) const;
  explicit Hdf5Group(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Hdf5File {
 public:
  // userBlock: bytes reserved before the HDF5 part, for a custom signature: 0, or 512 times a power of two.
  // expectedBytes: of the arrays, if there are many; they may be more.
  static Result<Hdf5File> create(const std::filesystem::path& file, std::size_t userBlock = 0,
                                 std::size_t expectedBytes = 0);
  static Result<Hdf5File> open(const std::filesystem::path& file);
  Hdf5File(Hdf5File&&) noexcept;
  Hdf5File& operator=(Hdf5File&&) noexcept;
  ~Hdf5File();  // nothing is written without commit()

  Hdf5Group& root();
  // Writes a created file. makeHead computes the user block (at most userBlock bytes) from the HDF5 part.
  using MakeHead = std::string (*)(std::string_view body);
  Status commit(MakeHead makeHead = nullptr);

 private:
  struct State;
  explicit Hdf5File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem
