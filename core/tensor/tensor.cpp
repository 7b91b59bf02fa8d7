#include "core/tensor/tensor.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
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

namespace {

// In pages of 2 MiB, where the system allows it: a block of 100 MB then costs 50 page faults and not 25,000.
void preferHugePages(std::byte* data, std::size_t bytes) {
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t last = (begin + bytes) / kHugePage * kHugePage;
  if (first < last) static_cast<void>(::madvise(data + (first - begin), last - first, MADV_HUGEPAGE));
}

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t bytes) {
  *this = make(bytes, {}).value();
}

Result<AlignedBuffer> AlignedBuffer::make(std::size_t bytes, const Cancelled& cancelled) {
  constexpr std::size_t kSlice = std::size_t{64} << 20;
  AlignedBuffer buffer;
  if (bytes == 0) return buffer;
  buffer.data_.reset(static_cast<std::byte*>(::operator new[](bytes, std::align_val_t{64})));
  buffer.size_ = bytes;
  preferHugePages(buffer.data(), bytes);
  for (std::size_t at = 0; at < bytes; at += kSlice) {
    TANDEM_TRY(checkCancelled(cancelled));
    std::memset(buffer.data() + at, 0, std::min(kSlice, bytes - at));
  }
  return buffer;
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
