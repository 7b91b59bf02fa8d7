// Conversions of ranges between element types, as vectorizable loops.
#pragma once

#include <cstdint>

#include "core/base/parallel.h"
#include "core/tensor/half.h"
#include "core/tensor/tensor.h"

namespace tandem::cpu {

template <class From, class To>
inline To convert(From x) {
  if constexpr (std::is_same_v<From, To>)
    return x;
  else if constexpr (std::is_class_v<From> && !std::is_floating_point_v<To>)
    return convert<float, To>(static_cast<float>(x));
  else if constexpr (std::is_class_v<To> && !std::is_floating_point_v<From>)
    return To(static_cast<float>(x));
  else
    return static_cast<To>(x);
}

template <class From, class To>
void convertRange(int threads, std::int64_t count, const From* from, To* to) {
  parallelFor(threads, count, 1 << 15, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) to[i] = convert<From, To>(from[i]);
  });
}

// Calls visit(a value of the C++ type of dtype).
template <class Visit>
auto withTypeOf(DType dtype, Visit visit) {
  switch (dtype) {
    case DType::F32:
      return visit(float{});
    case DType::F16:
      return visit(Float16{});
    case DType::BF16:
      return visit(BFloat16{});
    case DType::F64:
      return visit(double{});
    case DType::I32:
      return visit(std::int32_t{});
    case DType::U8:
      break;
  }
  return visit(std::uint8_t{});
}

}  // namespace tandem::cpu
