// The range of a number that users set.
#pragma once

namespace tandem {

struct ValueRange {
  double minimum = 0, maximum = 0;
};

}  // namespace tandem
