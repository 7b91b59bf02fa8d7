#include "core/tensor/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace tandem {

std::size_t sizeOf(DType dtype) {
  switch (dtype) {
    case DType::F64:
      return 8;
    case DType::F32:
    case DType::I32:
      return 4;
    case DType::F16:
    case DType::BF16:
      return 2;
    case DType::U8:
      return 1;
  }
  return 0;
}

std::string_view nameOf(DType dtype) {
  switch (dtype) {
    case DType::F32:
      return "f32";
    case DType::F16:
      return "f16";
    case DType::BF16:
      return "bf16";
    case DType::F64:
      return "f64";
    case DType::I32:
      return "i32";
    case DType::U8:
      return "u8";
  }
  return "?";
}

Shape::Shape(std::span<const std::int64_t> dims) : rank_(static_cast<int>(dims.size())) {
  TANDEM_CHECK(dims.size() <= kMaxRank, "rank above 6");
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

std::int64_t Shape::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t d : dims()) count *= d;
  return count;
}

std::string Shape::text() const {
  if (rank_ == 0) return "scalar";
  std::string out;
  for (int i = 0; i < rank_; ++i) out += (i ? " x " : "") + std::to_string((*this)[i]);
  return out;
}

bool Shape::operator==(const Shape& other) const {
  return std::ranges::equal(dims(), other.dims());
}

Shape Shape::with(int axis, std::int64_t extent) const {
  Shape copy = *this;
  copy.dims_[static_cast<std::size_t>(axis < 0 ? axis + rank_ : axis)] = extent;
  return copy;
}

Shape Shape::withoutFirst() const {
  TANDEM_CHECK(rank_ >= 1, "a scalar has no first dimension");
  return Shape(dims().subspan(1));
}

Shape Shape::withFirst(std::int64_t extent) const {
  std::vector<std::int64_t> dims{extent};
  dims.insert(dims.end(), this->dims().begin(), this->dims().end());
  return Shape(dims);
}

AlignedBuffer::AlignedBuffer(std::size_t bytes)
    : data_(bytes == 0 ? nullptr : static_cast<std::byte*>(::operator new[](bytes, std::align_val_t{64}))),
      size_(bytes) {
  if (bytes != 0) std::memset(data_.get(), 0, bytes);
}

void AlignedBuffer::Free::operator()(std::byte* p) const {
  ::operator delete[](p, std::align_val_t{64});
}

Tensor Tensor::of(Shape shape, std::span<const float> values) {
  Tensor tensor({DType::F32, shape});
  TANDEM_CHECK(static_cast<std::int64_t>(values.size()) == shape.elements(), "values do not fill the shape");
  std::ranges::copy(values, tensor.as<float>().begin());
  return tensor;
}

}  // namespace tandem
