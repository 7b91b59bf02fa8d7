// How consecutive rows of a table form samples: windows of a time series, or whole sequences. Part of the project file.
#pragma once

#include <cstdint>
#include <string>

namespace tandem {

struct SeriesSpec {
  static constexpr std::int64_t kMaxSteps = 100'000, kMaxAhead = 1000, kMaxStride = 1'000'000;

  // Rows of a window. Of whole sequences, of which only the first rows are used: 0 is as many as the longest has. 0 rows
  // without `whole`: each row is a separate sample.
  std::int64_t steps = 0;
  // Of windows: the targets are `ahead` rows, from the one that is `horizon` rows after the last of the window; the next
  // window begins `stride` rows after the one before.
  std::int64_t horizon = 1, ahead = 1, stride = 1;
  // Whether a window contains the targets' own values as features.
  bool pastTargets = true;
  // Each group is one sample with the target of its last row, or with that of each row.
  bool whole = false, eachStep = false;
  std::string
      group;  // the column whose value names the series that a row belongs to; empty: there is one series
  std::string
      order;  // a column of time stamps or numbers, which must not decrease within a series; empty: not checked

  bool isSet() const { return steps > 0 || whole; }
  bool isWindows() const { return isSet() && !whole; }
  bool readsPast() const { return isWindows() && pastTargets; }
  // Rows from the first of a window to the last of its targets.
  std::int64_t reach() const { return whole ? 1 : steps + horizon + ahead - 1; }
  bool operator==(const SeriesSpec&) const = default;
};

// The rows that a window of a series covers with its targets: from `begin` to before `end`, counted in the series.
struct SeriesSpan {
  std::int32_t series = 0;
  std::int64_t begin = 0, end = 0;
};

}  // namespace tandem
