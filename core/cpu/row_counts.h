// Fractions of the valid rows by cells, each row in one of them: for metrics that count.
#pragma once

#include <algorithm>

#include "core/base/parallel.h"
#include "core/cpu/kernel_of.h"
#include "core/ops/loss_operands.h"
#include "core/ops/step_block.h"

namespace tandem::cpu {

inline constexpr std::int32_t kNoCell = -1;

// fractions (cells): of the valid rows in each cell. cellOf(scores of a row, label) is called in parallel.
template <class CellOf>
auto rowCounts(std::int64_t rows, std::int64_t columns, std::int64_t cells, int threads, CellOf cellOf) {
  return kernelOf(
      [=](const Operands& o) {
        const float* x = o.input<float>(ops::LossIn::kPrediction);
        const std::int32_t* labels = o.input<std::int32_t>(ops::LossIn::kTarget);
        const std::int64_t valid = validRows(o.input<float>(ops::LossIn::kStep), rows);
        auto* cellOfRow = static_cast<std::int32_t*>(o.workspace);
        parallelFor(threads, valid, kCheapGrain / columns + 1, [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) cellOfRow[r] = cellOf(x + r * columns, labels[r]);
        });
        std::int32_t* counts = cellOfRow + rows;
        std::fill_n(counts, cells, 0);
        for (std::int64_t r = 0; r < valid; ++r)
          if (cellOfRow[r] != kNoCell) ++counts[cellOfRow[r]];
        float* fractions = o.output<float>(0);
        const auto all = static_cast<float>(std::max<std::int64_t>(valid, 1));
        for (std::int64_t cell = 0; cell < cells; ++cell)
          fractions[cell] = static_cast<float>(counts[cell]) / all;
      },
      static_cast<std::size_t>(rows + cells) * sizeof(std::int32_t));
}

}  // namespace tandem::cpu
