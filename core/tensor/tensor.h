// Types and host storage of tensors. Row-major, dense; images are (N, H, W, C).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancelled.h"
#include "core/base/result.h"

namespace tandem {

enum class DType : std::uint8_t { F32, F16, BF16, F64, I32, U8 };

std::size_t sizeOf(DType dtype);
std::string_view nameOf(DType dtype);  // "f32", "bf16", ...
// The 16-bit floating-point types, as C++ types in half.h.
constexpr bool isHalf(DType dtype) {
  return dtype == DType::F16 || dtype == DType::BF16;
}

class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const std::int64_t> dims);

  int rank() const { return rank_; }
  std::int64_t operator[](int i) const { return dims_[static_cast<std::size_t>(i < 0 ? i + rank_ : i)]; }
  std::int64_t elements() const;  // 1 for a scalar (rank 0)
  std::span<const std::int64_t> dims() const { return {dims_.data(), static_cast<std::size_t>(rank_)}; }
  std::string text() const;  // "32 x 28 x 28 x 1"; "scalar" for rank 0
  bool operator==(const Shape& other) const;

  Shape with(int axis, std::int64_t extent) const;  // one dimension changed
  Shape withoutFirst() const;                       // the shape of one sample
  Shape withFirst(std::int64_t extent) const;       // a leading dimension added

 private:
  std::array<std::int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

struct TensorType {
  DType dtype = DType::F32;
  Shape shape;
  std::size_t bytes() const { return static_cast<std::size_t>(shape.elements()) * sizeOf(dtype); }
  bool operator==(const TensorType&) const = default;
};

// 64-byte aligned host memory (one cache line, one AVX-512 register), zero-initialised.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes);
  // The same for a large buffer, whose pages take seconds to be provided.
  static Result<AlignedBuffer> make(std::size_t bytes, const Cancelled& cancelled);
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(const TensorType& type) : type_(type), buffer_(type_.bytes()) {}
  static Tensor of(Shape shape, std::span<const float> values);

  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }
  std::span<std::byte> bytes() { return {buffer_.data(), buffer_.size()}; }
  std::span<const std::byte> bytes() const { return {buffer_.data(), buffer_.size()}; }
  template <class T>
  std::span<T> as() {
    TANDEM_CHECK(sizeof(T) == sizeOf(type_.dtype), "element size");
    return {reinterpret_cast<T*>(buffer_.data()), buffer_.size() / sizeof(T)};
  }
  template <class T>
  std::span<const T> as() const {
    TANDEM_CHECK(sizeof(T) == sizeOf(type_.dtype), "element size");
    return {reinterpret_cast<const T*>(buffer_.data()), buffer_.size() / sizeof(T)};
  }

 private:
  TensorType type_;
  AlignedBuffer buffer_;
};

}  // namespace tandem
