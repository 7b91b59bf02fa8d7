// The softmax of a block of rows, shared by softmax and softmax_cross_entropy.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/cpu/vector_math.h"

namespace tandem::cpu {

// Rows per block: enough values for long vector loops, few enough to stay in the L1 cache.
inline std::int64_t softmaxBlock(std::int64_t columns) {
  return std::clamp<std::int64_t>(2048 / columns, 1, 64);
}

// y = softmax(x) of `rows` <= softmaxBlock(columns) rows. Exponentials run over the whole block, so
// that ten classes use full vectors. highest and sum (one per row) receive max(x) and sum(exp(x - max)).
inline void softmaxRows(const float* x, float* y, std::int64_t rows, std::int64_t columns, float* highest,
                        float* sum) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* from = x + r * columns;
    float* to = y + r * columns;
    float top = from[0];
#pragma omp simd reduction(max : top)
    for (std::int64_t j = 0; j < columns; ++j) top = from[j] > top ? from[j] : top;
    highest[r] = top;
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) to[j] = from[j] - top;
  }
#pragma omp simd
  for (std::int64_t i = 0; i < rows * columns; ++i) y[i] = vexp(y[i]);
  for (std::int64_t r = 0; r < rows; ++r) {
    float* to = y + r * columns;
    float total = 0;
#pragma omp simd reduction(+ : total)
    for (std::int64_t j = 0; j < columns; ++j) total += to[j];
    sum[r] = total;
    const float scale = 1.0f / total;
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) to[j] *= scale;
  }
}

}  // namespace tandem::cpu
