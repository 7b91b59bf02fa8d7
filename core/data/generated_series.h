// Generated series: sequences of different lengths, to classify them or each of their steps, and a time series to continue.
#pragma once

#include "core/data/reader.h"

namespace tandem {

// Each sample is a wave of 12 to 32 steps, with a random period and phase. Target: its "shape" (sine, square, sawtooth).
Result<DatasetInfo> describeWaves(const DataSpec& spec);
Result<RawData> generateWaves(const DataSpec& spec, const LoadProgress& progress);

// Each sample is noise of 24 to 40 steps with one burst of 4 to 12 steps, a fast wave. Target: the "state" of each step
// (quiet, burst).
Result<DatasetInfo> describeBursts(const DataSpec& spec);
Result<RawData> generateBursts(const DataSpec& spec, const LoadProgress& progress);

// spec.count rows of one column, "value", with a trend and the periods of a day and a week of hours. spec.series describes
// the windows; without, they have 24 rows.
Result<DatasetInfo> describeSeries(const DataSpec& spec);
Result<RawData> generateSeries(const DataSpec& spec, const LoadProgress& progress);

}  // namespace tandem
