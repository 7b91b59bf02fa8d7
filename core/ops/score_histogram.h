// score_histogram: how often the score of a class lies in each interval, for rows of other classes and of this one, as
// fractions of the valid rows. The score is the log odds of the class: log(p / (1 - p)) of its softmax, or the logit of
// a single column, which is that of class 1 against class 0. The intervals are 1/256 wide up to log odds of 4, 1/64 up to
// 12 and 1/16 up to 44, so that they separate scores near 0 and 1 as well as those near one half. A NaN counts as the
// lowest score.
#pragma once

#include "core/base/philox.h"
#include "core/ops/loss_operands.h"
#include "core/ops/op.h"

namespace tandem::ops {

inline constexpr std::int64_t kScoreBins = 4096;

TANDEM_HD inline std::int64_t scoreBin(float score) {
  constexpr std::int64_t kHalf = kScoreBins / 2;
  if (!(score > -44)) return 0;
  const float size = score < 0 ? -score : score;
  std::int64_t bin = kHalf - 1;
  if (size < 4)
    bin = static_cast<std::int64_t>(size * 256);
  else if (size < 12)
    bin = 1024 + static_cast<std::int64_t>((size - 4) * 64);
  else if (size < 44)
    bin = 1536 + static_cast<std::int64_t>((size - 12) * 16);
  return score < 0 ? kHalf - 1 - bin : kHalf + bin;
}

// Operands (LossIn): scores (n, c), labels i32 (n), step block. Attribute: class (1), below max(c, 2).
// Result: f32 (2, kScoreBins), of the other classes and of this one.
extern const OpDef score_histogram;

}  // namespace tandem::ops
